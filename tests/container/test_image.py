"""The scanner's image: who runs in it, what it may do, and that its tools do it."""

import json
import re

import pytest

from tests.container.engine import Engine
from tests.lab.lab import Lab

pytestmark = [pytest.mark.container, pytest.mark.timeout(1200)]

AS_ON_FARGATE = ("--rm", "--pull=never", "--read-only", "--tmpfs=/tmp:rw,exec,mode=1777")
ONLY_RAW = ("--cap-drop=ALL", "--cap-add=NET_RAW")
NO_CAPABILITY = ("--cap-drop=ALL",)

SCAN_MODE = """
import asyncio, pathlib, tempfile
from scanner_image import tools
with tempfile.TemporaryDirectory() as place:
    print(asyncio.run(tools.find(pathlib.Path(place))).mode)
"""
READ_PARENT = """
import asyncio, os, pathlib, sys
from scanner_image import child
from scanner_image.halt import Halt
async def main():
    if sys.argv[1] == "shut":
        child.shut_memory()
    limits = child.Limits(seconds=60)
    argv = ("cat", f"/proc/{os.getpid()}/environ")
    out = lambda data: os.write(1, data)
    await child.run(argv, stdout=out, stderr=out, limits=limits, halt=Halt(), directory=pathlib.Path("/tmp"))
asyncio.run(main())
"""


def python(engine: Engine, image: str, code: str, *words: str, options: tuple[str, ...] = ()) -> str:
    return engine.call(
        "run", *AS_ON_FARGATE, "--network=none", *options, "--entrypoint=python3", image, "-c", code, *words
    )


def shell(engine: Engine, image: str, script: str, *, options: tuple[str, ...] = (), network: str = "none") -> str:
    return engine.call("run", *AS_ON_FARGATE, f"--network={network}", *options, "--entrypoint=sh", image, "-c", script)


def test_the_user_is_not_root_and_nothing_is_exposed(engine: Engine, image: str) -> None:
    [found] = json.loads(engine.call("inspect", image))
    assert found["Config"]["User"] == "10001:10001"
    assert not found["Config"].get("ExposedPorts")
    assert found["Config"]["Entrypoint"] == ["python3", "-m", "scanner_image"]
    assert shell(engine, image, "id -u").strip() == "10001"


def test_exactly_the_two_copies_have_exactly_the_raw_socket_capability(engine: Engine, image: str) -> None:
    listed = shell(engine, image, "getcap -r / 2>/dev/null", options=("--user=0",)).splitlines()
    assert sorted(listed) == ["/usr/bin/masscan-raw cap_net_raw=ep", "/usr/bin/nmap-raw cap_net_raw=ep"]


def test_no_program_changes_the_user(engine: Engine, image: str) -> None:
    assert shell(engine, image, "find / -xdev -type f -perm /6000", options=("--user=0",)) == ""


def test_raw_sockets_alone_are_enough_for_a_raw_scan(engine: Engine, image: str) -> None:
    said = shell(engine, image, "nmap-raw --privileged -n -Pn -sS -p 1 127.0.0.1", options=ONLY_RAW)
    assert re.search(r"1/tcp\s+closed", said)
    assert python(engine, image, SCAN_MODE, options=ONLY_RAW).strip() == "raw"


def test_without_raw_sockets_the_worker_scans_by_connecting(engine: Engine, image: str) -> None:
    refused = engine.attempt(
        "run",
        *AS_ON_FARGATE,
        "--network=none",
        *NO_CAPABILITY,
        "--entrypoint=nmap-raw",
        image,
        "--privileged",
        "-sS",
        "127.0.0.1",
    )
    assert refused.returncode != 0
    assert python(engine, image, SCAN_MODE, options=NO_CAPABILITY).strip() == "connect"
    said = shell(engine, image, "nmap --unprivileged -n -Pn -sT -p 1 127.0.0.1", options=NO_CAPABILITY)
    assert re.search(r"1/tcp\s+closed", said)


def test_a_tool_cannot_read_its_workers_environment(engine: Engine, image: str) -> None:
    secret = ("--env=SECRET=of-the-worker",)
    assert "of-the-worker" in python(engine, image, READ_PARENT, "open", options=secret), "else this proves nothing"
    said = python(engine, image, READ_PARENT, "shut", options=secret)
    assert "of-the-worker" not in said
    assert "Permission denied" in said


def test_the_image_starts_the_worker(engine: Engine, image: str) -> None:
    ended = engine.attempt("run", *AS_ON_FARGATE, "--network=none", image)
    assert ended.returncode == 1
    assert "WorkerSettings" in ended.stderr, "it asks for its variables, of which it has none"


@pytest.mark.lab
def test_masscan_finds_its_capture_library_by_the_systems_path(engine: Engine, image: str, lab: Lab) -> None:
    address = str(lab.host("web").address)
    scan = f"masscan-raw {address} -p80 --rate 100 --wait 10"
    network = f"ns:/run/netns/{lab.worker_namespaces[0]}"
    said = shell(engine, image, f"{scan} 2>&1", options=ONLY_RAW, network=network)
    assert "vedette-pcap:" in said
    assert f"Discovered open port 80/tcp on {address}" in said
