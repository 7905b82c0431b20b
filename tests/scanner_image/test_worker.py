"""The life of an attempt, from what it asks to what it leaves behind."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from functions.core.coverage import Answer, Method
from functions.core.messages import PinnedHost
from functions.core.profile import PROFILES
from functions.core.scripts import ScriptChoice
from scanner_image import heart
from scanner_image.traffic import Traffic
from tests.scanner_image.cells_of import answers
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_connections import answering
from tests.scanner_image.fake_tools import ACCOUNT, DONE, FakeTools, discovered, nmap_host
from tests.scanner_image.fakes import chunk_spec
from tests.scanner_image.one_found import FOUND, SPEC


def test_masscan_discovers_through_a_gateway(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {DONE}")

    document = stage.run(SPEC)

    covered = answers(SPEC, document.coverage)
    assert document.trailer.outcome == "complete"
    assert document.header.mode == "raw"
    assert document.header.tools == {"nmap": "7.93", "masscan": "1.3.2"}
    assert document.open == {("10.9.1.2", 80)}
    assert covered.pop(("10.9.1.2", 80)) == Answer.OPEN
    assert set(covered.values()) == {Answer.NOT_OPEN}
    assert {line.how for line in document.coverage} == {Method.SYN}
    first, again = document.trailer.commands
    assert first.complete
    assert again.complete
    assert first.argv[0].endswith("masscan")
    assert first.argv != again.argv, "the same cells in another order"
    assert not fake_tools.ran("nmap")


def test_where_the_time_went_stands_in_the_ledger(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, Answer.OPEN)
    named = fake_tools.whole_nmap(nmap_host("10.9.1.2", open_ports="80"))
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {DONE}", nmap=named)
    known = [{"asset": "10.9.1.3", "protocol": "tcp", "port": 22}]

    stage.run(chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81", known=known, profile="standard"))

    assert stage.ledger.saved is not None
    told = {each.phase: each for each in stage.ledger.saved.times}
    assert told.keys() == {"discovery", "recheck", "identification", "upload"}
    assert told["discovery"].wall_s > 0


def test_a_port_is_identified_while_others_are_still_looked_for(stage: Stage, fake_tools: FakeTools) -> None:
    asked = f"{fake_tools.directory}/ran-nmap"
    later = f"for i in $(seq 250); do [ -e {asked} ] && {discovered('10.9.1.3', 22)} && break; sleep 0.1; done"
    named = fake_tools.whole_nmap(nmap_host("10.9.1.2", open_ports="80"), nmap_host("10.9.1.3", open_ports="22"))
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {later}; {DONE}", nmap=named)

    document = stage.run(chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81", profile="standard"))

    assert document.open == {("10.9.1.2", 80), ("10.9.1.3", 22)}
    assert document.trailer.outcome == "complete"


def test_ports_that_nobody_is_asked_about_because_there_are_so_many_are_told(
    stage: Stage, fake_tools: FakeTools
) -> None:
    found = 'for port in $(seq 1 201); do echo "Discovered open port $port/tcp on 10.9.1.2                "; done'
    fake_tools.install(
        masscan=f"{ACCOUNT}; {found}; {DONE}",
        nmap=fake_tools.whole_nmap(nmap_host("10.9.1.2", open_ports=",".join(map(str, range(1, 202))))),
    )

    document = stage.run(chunk_spec("10.9.1.0-10.9.1.3", ports="1-1000", profile="standard"))

    assert len(document.open) == 201
    told = json.dumps([event.data for event in stage.live.of("log")])
    assert "10.9.1.2 has 201 open ports: the first 200 are asked what they are" in told


def test_at_a_low_rate_one_thing_is_done_after_the_other(stage: Stage, fake_tools: FakeTools) -> None:
    asked = f"{fake_tools.directory}/ran-nmap"
    later = f"sleep 3; [ -e {asked} ] && {discovered('10.9.1.3', 22)}"
    named = fake_tools.whole_nmap(nmap_host("10.9.1.2", open_ports="80"))
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {later}; {DONE}", nmap=named)

    document = stage.run(chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81", profile="standard", rate=100))

    assert document.open == {("10.9.1.2", 80)}
    assert fake_tools.ran("nmap")


def test_what_the_interfaces_counted_is_told_where_they_are_the_attempts_own(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {DONE}")
    stage.run(SPEC)
    assert stage.ledger.saved is not None
    assert stage.ledger.saved.progress.bytes_sent is None

    counted = iter(range(1000, 100_000, 1000))
    monkeypatch.setattr(Traffic, "sent", property(lambda _traffic: next(counted)))
    own = Stage(stage.directory, shared_network=False)
    own.run(SPEC)
    assert own.ledger.saved is not None
    saved = own.ledger.saved.progress.bytes_sent
    assert saved is not None
    told = [event.data["bytes_sent"] for event in own.live.of("chunk.progress")]
    assert told
    assert [*told, saved] == sorted({*told, saved}), "live, and in the end in the ledger"


def test_what_the_interfaces_counted_is_told_with_each_heartbeat(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heart, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(Traffic, "sent", 4_400)
    fake_tools.install(masscan=f"{ACCOUNT}; sleep 1; {FOUND}; {DONE}")
    stage.shared_network = False
    stage.run(SPEC)
    assert {each.bytes_sent for each in stage.ledger.heartbeats} == {4_400}


def test_what_happens_is_told_live(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {DONE}")

    stage.run(SPEC)

    kinds = [event.type for event in stage.live.events]
    assert kinds[0] == "chunk.started"
    assert kinds[-1] == "chunk.done"
    (found,) = stage.live.of("port.found")
    assert found.topic == f"scan:{SPEC.scan}"
    assert found.data == {
        "chunk": "00000",
        "asset": "10.9.1.2",
        "address": "10.9.1.2",
        "protocol": "tcp",
        "port": 80,
    }


def test_a_machine_without_nmap_fails_the_chunk(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert stage.work(SPEC) == "failed"
    assert stage.ledger.failed == "nmap is not installed"


def test_no_text_of_a_spec_reaches_a_command_line(stage: Stage, fake_tools: FakeTools) -> None:
    hosts = (PinnedHost(name="-oN/tmp/x;id", addresses=("10.55.0.1",)),)
    fake_tools.install(nmap=fake_tools.whole_nmap(nmap_host("10.55.0.1", closed="1")))

    document = stage.run(chunk_spec(ports="1", hosts=hosts))

    (command,) = document.trailer.commands
    assert not any("-oN" in argument or "10.55" in argument for argument in command.argv)


def test_the_work_directory_is_always_removed(
    stage: Stage, fake_tools: FakeTools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fake_tools.install(masscan="kill -9 $$")

    stage.run(SPEC)

    assert not list(tmp_path.glob("vedette-*"))


def test_a_tool_gets_an_allowed_environment_and_no_way_to_the_workers(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden-from-tools")
    heard = fake_tools.directory / "heard"
    spy = f"env > {heard}; cat /proc/$PPID/environ /proc/{os.getpid()}/environ >> {heard} 2>/dev/null"
    fake_tools.install(masscan=f"{ACCOUNT}; {spy}; {DONE}")

    stage.run(SPEC)

    names = {line.partition("=")[0] for line in heard.read_text().splitlines()}
    assert names <= {"PATH", "LANG", "LD_LIBRARY_PATH", "VEDETTE_PORT", "PWD", "OLDPWD", "_", "SHLVL"}


@pytest.mark.parametrize(("asked", "raw", "guessed"), [(True, True, True), (True, False, False), (False, True, False)])
def test_a_system_is_guessed_where_it_is_asked_for_and_raw_sockets_are_to_be_had(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch, *, asked: bool, raw: bool, guessed: bool
) -> None:
    answering(monkeypatch, Answer.OPEN)
    profile = PROFILES["standard"].model_copy(update={"os_detection": asked})
    named = fake_tools.whole_nmap(nmap_host("10.9.1.2", open_ports="80"))
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {DONE}", nmap=named, raw=raw)

    commands = stage.run(SPEC.model_copy(update={"profile": profile})).trailer.commands

    identified = [command.argv for command in commands if "-sV" in command.argv]
    assert identified
    assert any("-O" in argv for argv in identified) is guessed


def test_scripts_of_the_network_are_asked_by_name(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, Answer.OPEN)
    choice = ScriptChoice(names=("http-title", "evil"), arguments={"http-title.url": "/a", "banner.timeout": 1})
    profile = PROFILES["standard"].model_copy(update={"scripts": choice})
    named = fake_tools.whole_nmap(nmap_host("10.9.1.2", open_ports="80"))
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {DONE}", nmap=named)

    commands = stage.run(SPEC.model_copy(update={"profile": profile})).trailer.commands

    argv = next(command.argv for command in commands if "--script" in command.argv)
    assert {"http-title", "ssl-cert"} <= set(argv[argv.index("--script") + 1].split(","))
    assert "evil" not in " ".join(argv)
    assert argv[argv.index("--script-args") + 1] == "http-title.url=/a"
    assert "-n" in argv
