"""The life of an attempt, with tools that behave and tools that do not."""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions.core.addresses import Address
from functions.core.coverage import Answer, Method
from functions.core.errors import Superseded
from functions.core.messages import PinnedHost
from functions.core.model import Protocol
from functions.core.profile import CONFIRM, PROFILES
from functions.core.scripts import ScriptChoice
from scanner_image import connect, heart, masscan
from tests.scanner_image.cells_of import answers, cells
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_tools import ACCOUNT, DONE, NMAP_HEAD, FakeTools, discovered, nmap_host
from tests.scanner_image.fakes import Document, chunk_spec

SPEC = chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81")
LOCAL = chunk_spec("10.55.0.0-10.55.0.2", ports="1-3")
FOUND = discovered("10.9.1.2", 80)
HANG = "sleep 60"
SAMPLES = Path(__file__).parent / "samples"


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
    later = f"for i in $(seq 100); do [ -e {asked} ] && {discovered('10.9.1.3', 22)} && break; sleep 0.1; done"
    named = fake_tools.whole_nmap(nmap_host("10.9.1.2", open_ports="80"), nmap_host("10.9.1.3", open_ports="22"))
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {later}; {DONE}", nmap=named)

    document = stage.run(chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81", profile="standard"))

    assert document.open == {("10.9.1.2", 80), ("10.9.1.3", 22)}
    assert document.trailer.outcome == "complete"


def test_at_a_low_rate_one_thing_is_done_after_the_other(stage: Stage, fake_tools: FakeTools) -> None:
    asked = f"{fake_tools.directory}/ran-nmap"
    later = f"sleep 3; [ -e {asked} ] && {discovered('10.9.1.3', 22)}"
    named = fake_tools.whole_nmap(nmap_host("10.9.1.2", open_ports="80"))
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {later}; {DONE}", nmap=named)

    document = stage.run(chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81", profile="standard", rate=100))

    assert document.open == {("10.9.1.2", 80)}
    assert fake_tools.ran("nmap")


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


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("exit 1", "exit code 1"),
        ("exit 0", "before everything was sent"),
        (DONE.replace("100.00%% done, waiting 0-secs", "99.98%% done"), "before everything was sent"),
        ("kill -9 $$", "exit code -9"),
        (f"{DONE}; echo '[-] FAIL: something' >&2", "FAIL: something"),
        (f"{DONE}; {ACCOUNT.replace('dropped 0', 'dropped 7')}", "dropped 7"),
        (f"{DONE}; {ACCOUNT.replace('unread 0', 'unread 900')}", "900 were left unread"),
    ],
)
def test_a_masscan_that_did_not_finish_leaves_its_silence_uncovered(
    stage: Stage, fake_tools: FakeTools, ending: str, reason: str
) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {ending}")

    document = stage.run(SPEC)

    assert_only_the_found_is_covered(document, reason)


def test_a_masscan_without_its_capture_library_is_not_believed(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{FOUND}; {DONE}")

    assert_only_the_found_is_covered(stage.run(SPEC), "capture library")


def test_a_hung_masscan_is_killed(stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masscan, "_IDLE_S", 1.0)
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    assert_only_the_found_is_covered(stage.run(SPEC), "without output")


def test_a_deadline_ends_the_attempt_and_saves(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    document = stage.run(SPEC.model_copy(update={"deadline_s": 2}))

    assert_only_the_found_is_covered(document, "deadline of 2 s")


def test_sigterm_saves_what_is_there_at_once(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")
    began = time.monotonic()

    document = stage.run(SPEC, after_s=1.5, halt="the task was told to end")

    assert_only_the_found_is_covered(document, "told to end")
    assert time.monotonic() - began < 10


def test_a_stop_request_seen_at_a_heartbeat_stops(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heart, "HEARTBEAT_S", 0.5)
    stage.ledger.request = "cancel"
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    document = stage.run(SPEC)

    assert document.trailer.outcome == "stopped"
    assert "cancel" in document.trailer.reason
    cells(SPEC, document.coverage)


def test_a_superseded_attempt_writes_nothing(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heart, "HEARTBEAT_S", 0.5)
    stage.ledger.superseded = True
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    with pytest.raises(Superseded):
        stage.work(SPEC)

    assert stage.ledger.saved is None
    assert not list(stage.directory.iterdir())


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "224.0.0.1"])
def test_a_chunk_out_of_scope_is_refused_before_anything_runs(
    stage: Stage, fake_tools: FakeTools, address: str
) -> None:
    fake_tools.install(nmap="exit 1", masscan="exit 1")

    outcome = stage.work(chunk_spec("10.9.1.0", address, ports="80"))

    assert outcome == "failed"
    assert address in stage.ledger.failed
    assert stage.ledger.saved is None
    assert not fake_tools.ran("nmap")
    assert not fake_tools.ran("masscan")


def test_an_exclusion_made_since_the_plan_is_kept_to(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap="exit 1", masscan="exit 1")
    stage.ledger.excluded = ("10.9.1.0/30",)

    assert stage.work(chunk_spec("10.9.1.2", "10.9.1.3", ports="80")) == "failed"
    assert "10.9.1.2" in stage.ledger.failed
    assert not fake_tools.ran("masscan")


def test_what_was_excluded_or_released_since_the_plan_is_left_out_and_the_rest_is_scanned(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heart, "HEARTBEAT_S", 0.2)
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; sleep 1; {DONE}")
    stage.ledger.excluded = ("10.9.1.0/31",)

    document = stage.run(SPEC)

    covered = answers(chunk_spec("10.9.1.2-10.9.1.3", ports="22,80-81"), document.coverage)
    assert Answer.NOT_COVERED not in covered.values()
    assert document.open == {("10.9.1.2", 80)}
    assert document.trailer.outcome == "complete"
    assert "left out" in document.trailer.reason
    assert "10.9.1.0 and 1 more" in document.trailer.reason


def test_a_heartbeat_that_cannot_be_written_ends_the_attempt(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> str:
        if not stage.live.of("port.found"):
            return ""
        raise PermissionError("not allowed")

    monkeypatch.setattr(heart, "HEARTBEAT_S", 0.5)
    monkeypatch.setattr(stage.ledger, "heartbeat", denied)
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    assert_only_the_found_is_covered(stage.run(SPEC), "heartbeat failed")


def test_a_machine_without_nmap_fails_the_chunk(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert stage.work(SPEC) == "failed"
    assert stage.ledger.failed == "nmap is not installed"


def test_nmap_discovers_where_masscan_cannot(stage: Stage, fake_tools: FakeTools) -> None:
    hosts = (
        nmap_host("10.55.0.0", open_ports="2", closed="1,3"),
        nmap_host("10.55.0.1", silent="1-3"),
        nmap_host("10.55.0.2", closed="1-2", silent="3"),
    )
    fake_tools.install(nmap=fake_tools.whole_nmap(*hosts))

    document = stage.run(LOCAL)

    assert document.trailer.outcome == "complete"
    assert not fake_tools.ran("masscan")
    covered = answers(LOCAL, document.coverage)
    assert covered["10.55.0.0", 2] == Answer.OPEN
    assert covered["10.55.0.0", 1] == Answer.REFUSED
    assert covered["10.55.0.1", 1] == Answer.NO_ANSWER
    assert covered["10.55.0.2", 3] == Answer.NO_ANSWER


def test_udp_ports_come_out_as_nmap_told_them_apart(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=f"cat {SAMPLES / 'nmap_udp.xml'}")
    spec = chunk_spec("127.0.0.1", ports="53,67-68,111,123,137,161,500", protocol=Protocol.UDP)

    document = stage.run(spec, admit_loopback=True)

    assert document.trailer.outcome == "complete"
    assert {port: answer for (_, port), answer in answers(spec, document.coverage).items()} == {
        53: Answer.OPEN,
        67: Answer.REFUSED,
        68: Answer.REFUSED,
        111: Answer.HOST_DOWN,
        123: Answer.FILTERED,
        137: Answer.FILTERED,
        161: Answer.OPEN_FILTERED,
        500: Answer.OPEN_FILTERED,
    }
    assert document.open == {("127.0.0.1", 53)}, "a silent port is no observation"


def test_a_half_nmap_covers_its_finished_hosts_alone(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=f"printf '%s' '{NMAP_HEAD}{nmap_host('10.55.0.0', closed='1-3')}<host><sta'; kill -9 $$")

    document = stage.run(LOCAL)

    covered = answers(LOCAL, document.coverage)
    assert document.trailer.outcome == "partial"
    assert {covered["10.55.0.0", port] for port in (1, 2, 3)} == {Answer.REFUSED}
    assert {covered["10.55.0.1", port] for port in (1, 2, 3)} == {Answer.NOT_COVERED}


def test_an_exit_code_of_zero_alone_proves_nothing(stage: Stage, fake_tools: FakeTools) -> None:
    """nmap ends so, with a line of text, when it could not read its targets."""
    fake_tools.install(nmap=fake_tools.whole_nmap())

    document = stage.run(LOCAL)

    assert document.trailer.outcome == "partial"
    assert set(answers(LOCAL, document.coverage).values()) == {Answer.NOT_COVERED}


def test_what_nmap_says_of_other_addresses_is_not_believed(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=fake_tools.whole_nmap(nmap_host("10.55.9.9", open_ports="2")))

    document = stage.run(LOCAL)

    assert not document.observations
    cells(LOCAL, document.coverage)


def test_without_raw_sockets_it_connects(stage: Stage, fake_tools: FakeTools) -> None:
    spec = chunk_spec("10.9.1.0", ports="22")
    fake_tools.install(nmap=fake_tools.whole_nmap(nmap_host("10.9.1.0", open_ports="22")), raw=False)

    document = stage.run(spec)

    (command,) = document.trailer.commands
    assert document.header.mode == "connect"
    assert {"-sT", "--unprivileged"} <= set(command.argv)
    assert {line.how for line in document.coverage} == {Method.CONNECT}


def test_udp_without_raw_sockets_is_not_covered(stage: Stage, fake_tools: FakeTools) -> None:
    spec = chunk_spec("10.9.1.0", ports="53", protocol=Protocol.UDP)
    fake_tools.install(raw=False)

    document = stage.run(spec)

    assert document.trailer.outcome == "partial"
    (line,) = document.coverage
    assert (line.answer, line.reason[:7]) == (Answer.NOT_COVERED, "UDP nee")


def test_addresses_without_a_route_are_not_covered(stage: Stage, fake_tools: FakeTools) -> None:
    spec = chunk_spec("10.66.0.0", ports="1")
    fake_tools.install()

    (line,) = stage.run(spec).coverage

    assert line.answer == Answer.NOT_COVERED
    assert "no route" in line.reason


@pytest.mark.parametrize("answer", [Answer.OPEN, Answer.REFUSED, Answer.NO_ANSWER, Answer.HOST_DOWN])
def test_known_exposures_get_a_verdict_by_connect(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    known = [{"asset": "10.9.1.3", "protocol": "tcp", "port": 22}]
    spec = chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81", known=known)
    asked = answering(monkeypatch, answer)
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {DONE}")

    document = stage.run(spec)

    line = cells(spec, document.coverage)["10.9.1.3", 22]
    assert (line.answer, line.how) == (answer, Method.CONNECT)
    assert (("10.9.1.3", 22) in document.open) == (answer == Answer.OPEN)
    assert set(asked) == {("10.9.1.3", 22)}


def test_known_exposures_of_other_chunks_are_not_probed(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [
        {"asset": "192.0.2.7", "protocol": "tcp", "port": 22},
        {"asset": "10.9.1.3", "protocol": "tcp", "port": 23},
    ]
    asked = answering(monkeypatch, Answer.OPEN)
    fake_tools.install(masscan=f"{ACCOUNT}; {DONE}")

    stage.run(chunk_spec("10.9.1.0-10.9.1.3", ports="22", known=known))

    assert not asked


def test_a_confirmation_asks_its_cells_by_connections_and_runs_no_tool(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {22: Answer.OPEN, 80: Answer.REFUSED, 81: Answer.NO_ANSWER, 443: Answer.NOT_COVERED}
    asked = answering(monkeypatch, said)
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {DONE}")
    spec = SPEC.model_copy(update={"ports": "22,80-81,443", "profile": CONFIRM})

    document = stage.run(spec)

    covered = cells(spec, document.coverage)
    assert {port: line.answer for (_, port), line in covered.items()} == said
    assert {line.how for (_, port), line in covered.items() if port != 443} == {Method.CONNECT}
    assert Counter(asked) == {cell: 1 + (cell[1] == 81) for cell in covered}, "silence is asked twice"
    assert document.open == {(f"10.9.1.{host}", 22) for host in range(4)}
    assert document.trailer.outcome == "partial"
    assert document.trailer.commands == ()
    assert not fake_tools.ran("masscan")
    assert not fake_tools.ran("nmap")


def test_a_confirmation_of_udp_asks_nmap(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=fake_tools.whole_nmap(nmap_host("10.55.0.1", closed="53")))
    spec = chunk_spec("10.55.0.1", ports="53", protocol=Protocol.UDP)

    stage.run(spec.model_copy(update={"profile": CONFIRM}))

    assert fake_tools.ran("nmap")


def test_a_hostname_is_open_if_any_of_its_addresses_is(stage: Stage, fake_tools: FakeTools) -> None:
    hosts = (PinnedHost(name="www.example.org", addresses=("10.55.0.1", "10.55.0.2")),)
    spec = chunk_spec("10.55.0.1", ports="1-3", hosts=hosts)
    found = (
        nmap_host("10.55.0.1", open_ports="1", closed="2-3"),
        nmap_host("10.55.0.2", closed="1-2", silent="3"),
    )
    fake_tools.install(nmap=fake_tools.whole_nmap(*found))

    document = stage.run(spec)

    covered = answers(spec, document.coverage)
    assert covered["www.example.org", 1] == Answer.OPEN
    assert covered["www.example.org", 2] == Answer.REFUSED
    assert covered["www.example.org", 3] == Answer.NO_ANSWER
    assert {(line.asset, line.address) for line in document.observations} == {
        ("10.55.0.1", "10.55.0.1"),
        ("www.example.org", "10.55.0.1"),
    }


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


def assert_only_the_found_is_covered(document: Document, reason: str, outcome: str = "partial") -> None:
    covered = cells(SPEC, document.coverage)
    assert document.trailer.outcome == outcome
    assert reason in document.trailer.reason
    assert document.open == {("10.9.1.2", 80)}
    assert covered.pop(("10.9.1.2", 80)).answer == Answer.OPEN
    assert {line.answer for line in covered.values()} == {Answer.NOT_COVERED}
    assert all(line.reason for line in covered.values())


def answering(monkeypatch: pytest.MonkeyPatch, answer: Answer | Mapping[int, Answer]) -> list[tuple[str, int]]:
    """Let every connection end so, or so by its port; gives the cells that are asked."""
    asked: list[tuple[str, int]] = []

    async def ask(address: Address, port: int, *, patience_s: float) -> Answer:
        asked.append((str(address), port))
        return answer if isinstance(answer, Answer) else answer[port]

    monkeypatch.setattr(connect, "ask", ask)
    return asked


@pytest.mark.parametrize("asked", ["cancel", "pause", "halt", "end"])
def test_what_was_stopped_before_it_began_sends_nothing_and_says_so(
    stage: Stage, fake_tools: FakeTools, asked: str
) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {DONE}")
    stage.ledger.requested_before = asked

    document = stage.run(SPEC)

    assert not fake_tools.ran("masscan")
    assert document.trailer.outcome == "stopped"
    assert set(answers(SPEC, document.coverage).values()) == {Answer.NOT_COVERED}
    assert stage.ledger.saved is not None
    assert stage.ledger.saved.stop == ("" if asked == "end" else asked)


def test_an_attempt_stops_by_its_own_clock_when_the_hours_end(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")
    stage.ledger.not_after = datetime.now(UTC) + timedelta(seconds=4)

    began = time.monotonic()
    document = stage.run(SPEC)

    assert time.monotonic() - began < 30
    assert document.trailer.outcome == "stopped"
    assert "the hours in which the network may be scanned ended" in document.trailer.reason
    assert document.open == {("10.9.1.2", 80)}
    assert stage.ledger.saved is not None
    assert stage.ledger.saved.stop == "window"


def test_an_attempt_whose_authority_has_ended_sends_nothing(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {DONE}")

    document = stage.run(SPEC.model_copy(update={"not_after": datetime.now(UTC)}))

    assert not fake_tools.ran("masscan")
    assert "an authority that the scan leans on ended" in document.trailer.reason
    assert stage.ledger.saved is not None
    assert stage.ledger.saved.stop == "authority"


def test_an_attempt_keeps_to_the_rate_that_it_was_granted(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {DONE}")
    stage.ledger.granted = 77

    document = stage.run(SPEC)

    commands = document.trailer.commands
    assert {command.argv[command.argv.index("--rate") + 1] for command in commands} == {"77"}


def test_an_authority_that_ends_while_the_attempt_is_at_work_stops_it(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    document = stage.run(SPEC.model_copy(update={"not_after": datetime.now(UTC) + timedelta(seconds=2)}))

    assert fake_tools.ran("masscan")
    assert_only_the_found_is_covered(document, "authority that the scan leans on ended", outcome="stopped")


def test_an_exclusion_made_while_the_attempt_is_at_work_stops_it(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heart, "HEARTBEAT_S", 0.5)
    asked = iter([(), ()])
    monkeypatch.setattr(stage.ledger, "exclusions", lambda *_: next(asked, (SPEC.addresses[0].first,)))
    fake_tools.install(masscan=f"{ACCOUNT}; {FOUND}; {HANG}")

    document = stage.run(SPEC)

    assert document.trailer.outcome == "stopped"
    assert "is excluded" in document.trailer.reason


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
