"""An nmap that this machine did not let send: what it heard stays, its silence is no answer."""

import json
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest

from functions.core.coverage import Answer, Method
from functions.core.host_discovery import HostDiscovery
from functions.core.intervals import IntervalSet
from functions.core.messages import HostLine
from functions.core.model import Protocol
from functions.core.profile import PROFILES
from scanner_image import remembering
from scanner_image.cells import Verdict
from scanner_image.findings import Findings
from scanner_image.nmap_host import NmapHost
from scanner_image.silence import Silence
from tests.scanner_image.cells_of import answers
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_tools import ACCOUNT, DONE, NMAP_END, NMAP_HEAD, UNSENT, FakeTools, nmap_host
from tests.scanner_image.fakes import Document, chunk_spec
from tests.scanner_image.one_found import FOUND, HANG

LOCAL = chunk_spec("10.55.0.0-10.55.0.2", ports="1-3")
FOUR = chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81")
SAMPLES = Path(__file__).parent / "samples"
CUT = (
    "printf 'sendto in send_ip_packet_sd: sendto(5, packet, 44, 0, 10.5' >&2; sleep 0.3; "
    "echo '5.0.1, 16) => Operation not permitted' >&2"
)
MUCH = "seq 5000 | sed 's/^/WARNING: /' >&2"
WHY = "nmap: could not send: Operation not permitted"
DOWN = '<host><status state="down" reason="{}"/><address addr="10.55.0.2" addrtype="ipv4"/></host>'
HOSTS = (
    nmap_host("10.55.0.0", open_ports="2", closed="1,3"),
    nmap_host("10.55.0.1", closed="1-2", silent="3"),
    DOWN.format("no-response"),
)
HEARD = {("10.55.0.0", 1), ("10.55.0.0", 2), ("10.55.0.0", 3), ("10.55.0.1", 1), ("10.55.0.1", 2)}


def saying(*hosts: str, before: str = "true", after: str = "true") -> str:
    """An nmap that tells of `hosts` and ends well, and does something `before` and `after`."""
    return f"{before}; printf '%s' '{NMAP_HEAD}{''.join(hosts)}'; {after}; printf '%s' '{NMAP_END}'"


def covered(document: Document) -> set[tuple[str, int]]:
    return {cell for cell, answer in answers(LOCAL, document.coverage).items() if answer != Answer.NOT_COVERED}


@pytest.mark.parametrize(
    "nmap",
    [
        saying(*HOSTS, before=UNSENT),
        saying(*HOSTS, before=f"{MUCH}; {UNSENT}"),
        saying(*HOSTS, before=CUT),
        saying(*HOSTS, after=f"sleep 0.3; {UNSENT}; sleep 0.3"),
    ],
    ids=["early", "after much else", "in two pieces", "after the report of its hosts"],
)
def test_its_silence_is_no_answer_and_what_it_heard_stays(stage: Stage, fake_tools: FakeTools, nmap: str) -> None:
    fake_tools.install(nmap=nmap)

    document = stage.run(LOCAL)

    assert covered(document) == HEARD
    assert document.open == {("10.55.0.0", 2)}
    assert document.trailer.outcome == "partial"
    assert document.trailer.reason == WHY
    assert {line.reason for line in document.coverage if line.answer == Answer.NOT_COVERED} == {WHY}
    assert not any(command.complete for command in document.trailer.commands)
    assert {(line.address, line.up) for line in document.lines if isinstance(line, HostLine)} == {("10.55.0.0", True)}


def test_a_host_that_answered_somewhere_stays_known(stage: Stage, fake_tools: FakeTools) -> None:
    names = '<hostnames><hostname name="a.example.org" type="PTR"/></hostnames><ports>'
    host = nmap_host("10.55.0.0", open_ports="2", silent="1,3").replace("<ports>", names)
    fake_tools.install(nmap=saying(host, before=UNSENT))

    document = stage.run(LOCAL)

    assert covered(document) == {("10.55.0.0", 2)}
    assert [line.names for line in document.lines if isinstance(line, HostLine)] == [("a.example.org",)]


def test_what_else_it_says_on_standard_error_changes_nothing(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=saying(*HOSTS, before=MUCH))

    document = stage.run(LOCAL)

    assert document.trailer.outcome == "complete"
    assert all(command.complete for command in document.trailer.commands)
    assert {line.address for line in document.lines if isinstance(line, HostLine) and not line.up} == {"10.55.0.2"}


def test_a_host_that_the_path_called_unreachable_was_asked(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=saying(*HOSTS[:2], DOWN.format("host-unreach"), before=UNSENT))

    document = stage.run(LOCAL)

    assert covered(document) == HEARD | {("10.55.0.2", port) for port in (1, 2, 3)}


def test_udp_that_could_not_be_sent_is_not_open_or_filtered(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=f"{UNSENT}; cat {SAMPLES / 'nmap_udp.xml'}")
    spec = chunk_spec("127.0.0.1", ports="53,67-68,111,123,137,161,500", protocol=Protocol.UDP)

    document = stage.run(spec, admit_loopback=True)

    told = {port: answer for (_, port), answer in answers(spec, document.coverage).items()}
    assert {port for port in told if told[port] == Answer.NOT_COVERED} == {161, 500}
    assert (told[53], told[67], told[123]) == (Answer.OPEN, Answer.REFUSED, Answer.FILTERED)


def test_one_that_broke_off_besides_says_both(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=f"{saying(*HOSTS, before=UNSENT)}; exit 3")

    document = stage.run(LOCAL)

    assert covered(document) == HEARD
    assert "ended with exit code 3" in document.trailer.reason
    assert "could not send: Operation not permitted" in document.trailer.reason


def test_hosts_that_it_may_not_have_asked_are_not_called_absent(stage: Stage, fake_tools: FakeTools) -> None:
    given = HostDiscovery.model_validate({"by": ["icmp"], "silent": "host_down"})
    profile = PROFILES["discovery"].model_copy(update={"host_discovery": given})
    down = DOWN.replace("10.55.0.2", "10.9.1.1").format("no-response")
    fake_tools.install(nmap=saying(down, before=UNSENT), masscan=f"{ACCOUNT}; {FOUND}; {DONE}")

    document = stage.run(FOUR.model_copy(update={"profile": profile}))

    assert set(answers(FOUR, document.coverage).values()) == {Answer.OPEN, Answer.NOT_OPEN}
    assert f"each cell is asked: {WHY}" in json.dumps([event.data for event in stage.live.of("log")])


def test_ports_whose_services_could_not_be_asked_are_asked_again(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembering, "EVERY_S", 0.3)
    monkeypatch.setattr(remembering, "_EFFORT", 0)
    spec = chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81", profile="standard")
    named = nmap_host("10.9.1.2", open_ports="80").replace(
        "</port>", '<service name="http" product="nginx" method="probed" conf="10"/></port>'
    )
    fake_tools.install(masscan=f"{FOUND}; {HANG}", nmap=saying(named, before=UNSENT))
    noticed: list[str] = []

    def left_since() -> bool:
        if f"were not all identified: {WHY}" in json.dumps([event.data for event in stage.live.of("log")]):
            noticed.append(stage.left.get("saved", ""))
        return bool(noticed) and noticed[0] != noticed[-1]

    stage.run(spec, once=left_since, halt="the task was told to end")
    (fake_tools.directory / "ran-nmap").unlink()
    fake_tools.install(masscan=f"{ACCOUNT}; {DONE}", nmap=saying(named))

    document = stage.run(spec)

    assert fake_tools.ran("nmap")
    assert document.trailer.outcome == "complete"
    assert document.observations[0].service.product == "nginx"


def test_what_another_tool_heard_meanwhile_is_not_taken_back() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    found = Findings(LOCAL, clock=lambda: at, announce=lambda *_: None)
    address, ports, silent = ip_address("10.55.0.0"), IntervalSet(((1, 3),)), Verdict(Answer.NO_ANSWER, Method.SYN)
    silence = Silence(found)
    found.cells.mark(address, ports, silent, at=at)
    silence.heard(NmapHost(up=True), address, ports, silent)
    found.opened(address, 2, Method.SYN)

    silence.unsent(WHY)

    assert [found.cells.answer(address, port).answer for port in (1, 2, 3)] == [
        Answer.NOT_COVERED,
        Answer.OPEN,
        Answer.NOT_COVERED,
    ]
