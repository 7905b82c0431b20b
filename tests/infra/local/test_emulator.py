import socket
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.local.aws import DIRECT, REGION, root_session
from infra.local.emulator import LOCK, Emulator, free_port
from infra.local.errors import PortTakenError, StartError
from infra.local.paths import LocalPaths


def test_the_lock_names_no_host_and_hashes_everything() -> None:
    lines = LOCK.read_text().splitlines()
    assert not [line for line in lines if "://" in line]
    pinned = [line for line in lines if "==" in line]
    assert pinned
    assert all(line.endswith("\\") for line in pinned)


@pytest.mark.e2e
def test_up_when_it_is_up_changes_nothing(emulator: Emulator) -> None:
    before = emulator.daemon.running()
    assert not emulator.up()
    assert emulator.daemon.running() == before


@pytest.mark.e2e
def test_it_listens_on_loopback_alone(emulator: Emulator) -> None:
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    addresses = {line.split()[1] for line in listening if line.split()[3] == "0A"}
    assert {address for address in addresses if address.endswith(f":{emulator.port:04X}")} == {
        f"0100007F:{emulator.port:04X}"
    }


@pytest.mark.e2e
def test_it_refuses_keys_it_does_not_know(emulator: Emulator) -> None:
    stranger = boto3.Session("AKIAAAAAAAAAAAAAAAAA", "nonsense", region_name=REGION)
    with pytest.raises(ClientError, match=r"invalid|denied|not authorized"):
        stranger.client("dynamodb", endpoint_url=emulator.endpoint, config=DIRECT).list_tables()


@pytest.mark.e2e
def test_state_outlives_a_stop(tmp_path: Path) -> None:
    emulator = Emulator(LocalPaths(tmp_path), port=free_port())
    emulator.up()
    try:
        s3 = root_session().client("s3", endpoint_url=emulator.endpoint, config=DIRECT)
        s3.create_bucket(Bucket="kept")
        s3.put_object(Bucket="kept", Key="a/b", Body=b"still here")
        assert emulator.down()
        assert not emulator.healthy()
        assert emulator.up()
        assert s3.get_object(Bucket="kept", Key="a/b")["Body"].read() == b"still here"
    finally:
        emulator.down()


@pytest.mark.e2e
def test_a_port_that_something_else_holds_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=str(port)):
            Emulator(LocalPaths(tmp_path), port=port).up()


@pytest.mark.e2e
def test_a_failed_start_shows_the_end_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator(LocalPaths(tmp_path), port=free_port())
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no module named ministack' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr("infra.local.emulator.install", lambda _tools: broken)
    with pytest.raises(StartError, match="no module named ministack"):
        emulator.up()
