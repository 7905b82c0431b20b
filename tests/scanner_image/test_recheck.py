"""Cells that are asked by connections: what the inventory knows to be open, and what is to be confirmed."""

from collections import Counter

import pytest

from functions.core.coverage import Answer, Method
from functions.core.errors import ScannerFailed
from functions.core.messages import HostLine
from functions.core.model import Protocol
from functions.core.profile import CONFIRM, PROFILES
from scanner_image import discovery
from tests.scanner_image.cells_of import cells
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_connections import answering
from tests.scanner_image.fake_tools import ACCOUNT, DONE, UNSENT, FakeTools, nmap_host
from tests.scanner_image.fakes import chunk_spec
from tests.scanner_image.one_found import FOUND, SPEC


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


@pytest.mark.parametrize(("answering_ports", "answer"), [(4, Answer.NOT_OPEN), (5, Answer.NOT_COVERED)])
def test_known_ports_that_answer_belie_a_sweep_that_heard_none_of_them(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch, answering_ports: int, answer: Answer
) -> None:
    """At most so many may have opened since."""
    ports = range(8001, 8001 + answering_ports)
    known = [{"asset": "10.9.1.3", "protocol": "tcp", "port": port} for port in ports]
    spec = chunk_spec("10.9.1.0-10.9.1.3", ports="22,8001-8005", known=known)
    answering(monkeypatch, Answer.OPEN)
    fake_tools.install(masscan=f"{ACCOUNT}; {DONE}")

    document = stage.run(spec)

    covered = cells(spec, document.coverage)
    assert covered["10.9.1.0", 22].answer == answer
    assert {("10.9.1.3", port) for port in ports} <= document.open
    assert document.trailer.outcome == ("partial" if answer == Answer.NOT_COVERED else "complete")
    assert ("drops its probes" in document.trailer.reason) == (answer == Answer.NOT_COVERED)


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


def first_and_then(tools: FakeTools, first: str, then: str) -> str:
    """An nmap that says one thing when it is run first, and another from then on."""
    once = f"{tools.directory}/ran-once"
    return f"if [ -e {once} ]; then\n{then}\nelse touch {once}\n{first}\nfi"


@pytest.mark.parametrize(
    ("then", "answer"),
    [
        (nmap_host("10.55.0.2", open_ports="53"), Answer.OPEN),
        (nmap_host("10.55.0.2", closed="53"), Answer.REFUSED),
        (nmap_host("10.55.0.2", silent="53"), Answer.NO_ANSWER),
        ("", Answer.NOT_COVERED),
    ],
)
def test_known_udp_ports_of_which_nmap_heard_nothing_are_asked_once_more(
    stage: Stage, fake_tools: FakeTools, then: str, answer: Answer
) -> None:
    """Those alone; what is said of others by the way counts for nothing. Silence without the second look is no answer."""
    known = [{"asset": f"10.55.0.{host}", "protocol": "udp", "port": 53} for host in (1, 2)]
    spec = chunk_spec("10.55.0.1-10.55.0.2", ports="53,161", protocol=Protocol.UDP, known=known)
    first = (nmap_host("10.55.0.1", open_ports="53", closed="161"), nmap_host("10.55.0.2", silent="53,161"))
    beside = nmap_host("10.55.0.1", closed="53", silent="161")
    fake_tools.install(
        nmap=first_and_then(fake_tools, fake_tools.whole_nmap(*first), fake_tools.whole_nmap(beside, then))
    )

    document = stage.run(spec)

    covered = {cell: line.answer for cell, line in cells(spec, document.coverage).items()}
    assert covered == {
        ("10.55.0.1", 53): Answer.OPEN,
        ("10.55.0.1", 161): Answer.REFUSED,
        ("10.55.0.2", 53): answer,
        ("10.55.0.2", 161): Answer.NO_ANSWER,
    }
    assert document.open == {("10.55.0.1", 53)} | ({("10.55.0.2", 53)} if answer == Answer.OPEN else set())
    assert [command.argv[command.argv.index("-p") + 1] for command in document.trailer.commands] == ["53,161", "53"]
    assert document.trailer.outcome == ("partial" if answer == Answer.NOT_COVERED else "complete")


def test_an_open_udp_port_that_is_heard_by_the_way_counts(stage: Stage, fake_tools: FakeTools) -> None:
    known = [{"asset": "10.55.0.1", "protocol": "udp", "port": 53}]
    spec = chunk_spec("10.55.0.1-10.55.0.2", ports="53", protocol=Protocol.UDP, known=known)
    first, then = (
        fake_tools.whole_nmap(*(nmap_host(f"10.55.0.{host}", **said) for host in (1, 2)))
        for said in ({"silent": "53"}, {"open_ports": "53"})
    )
    fake_tools.install(nmap=first_and_then(fake_tools, first, then))

    document = stage.run(spec)

    assert document.open == {("10.55.0.1", 53), ("10.55.0.2", 53)}


def test_a_refusal_over_udp_stands_against_a_second_look_that_hears_nothing(
    stage: Stage, fake_tools: FakeTools
) -> None:
    known = [{"asset": "10.55.0.1", "protocol": "udp", "port": 53}]
    first, then = (
        fake_tools.whole_nmap(nmap_host("10.55.0.1", **said)) for said in ({"closed": "53"}, {"silent": "53"})
    )
    fake_tools.install(nmap=first_and_then(fake_tools, first, then))

    document = stage.run(chunk_spec("10.55.0.1", ports="53", protocol=Protocol.UDP, known=known))

    assert len(document.trailer.commands) == 2
    assert {line.answer for line in document.coverage} == {Answer.REFUSED}


@pytest.mark.parametrize(
    ("answer", "stands"),
    [(Answer.NO_ANSWER, Answer.REFUSED), (Answer.OPEN, Answer.OPEN), (Answer.REFUSED, Answer.REFUSED)],
)
def test_a_refusal_that_nmap_heard_stands_against_a_connection_that_hears_nothing(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch, answer: Answer, stands: Answer
) -> None:
    asked = answering(monkeypatch, answer)
    fake_tools.install(nmap=fake_tools.whole_nmap(nmap_host("10.55.0.1", closed="22")))
    known = [{"asset": "10.55.0.1", "protocol": "tcp", "port": 22}]

    document = stage.run(chunk_spec("10.55.0.1", ports="22", known=known))

    assert asked
    assert {line.answer for line in document.coverage} == {stands}


def test_a_known_port_that_was_silent_and_not_asked_again_is_not_covered(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own machine failed the connection."""
    answering(monkeypatch, Answer.NOT_COVERED)
    fake_tools.install(nmap=fake_tools.whole_nmap(nmap_host("10.55.0.1", silent="22-23")))
    known = [{"asset": "10.55.0.1", "protocol": "tcp", "port": 22}]
    spec = chunk_spec("10.55.0.1", ports="22-23", known=known)

    document = stage.run(spec)

    covered = cells(spec, document.coverage)
    assert covered["10.55.0.1", 22].answer == Answer.NOT_COVERED
    assert "not asked to the end a second time" in covered["10.55.0.1", 22].reason
    assert covered["10.55.0.1", 23].answer == Answer.NO_ANSWER


@pytest.mark.parametrize(("profile", "reason"), [("standard", "arp-response"), ("discovery", "open-port")])
def test_a_host_that_was_down_for_nmap_and_answers_a_connection_is_up(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch, profile: str, reason: str
) -> None:
    answering(monkeypatch, Answer.OPEN)
    down = '<host><status state="down" reason="no-response"/><address addr="10.55.0.1" addrtype="ipv4"/></host>'
    up = nmap_host("10.55.0.1", open_ports="22").replace("user-set", "arp-response")
    fake_tools.install(nmap=first_and_then(fake_tools, fake_tools.whole_nmap(down), fake_tools.whole_nmap(up)))
    known = [{"asset": "10.55.0.1", "protocol": "tcp", "port": 22}]

    document = stage.run(chunk_spec("10.55.0.1", ports="22", known=known, profile=profile))

    (host,) = (line for line in document.lines if isinstance(line, HostLine))
    assert (host.up, host.reason) == (True, reason)
    assert document.open == {("10.55.0.1", 22)}


def test_known_ports_that_were_silent_are_asked_again_though_discovery_failed_elsewhere(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ScannerFailed("no more processes")

    asked = answering(monkeypatch, Answer.OPEN)
    monkeypatch.setattr(discovery, "sweep", fail)
    fake_tools.install(nmap=fake_tools.whole_nmap(nmap_host("10.55.0.1", silent="22")))
    known = [{"asset": "10.55.0.1", "protocol": "tcp", "port": 22}]

    document = stage.run(chunk_spec("10.55.0.1", "10.9.1.1", ports="22", known=known))

    assert asked == [("10.55.0.1", 22)]
    assert document.open == {("10.55.0.1", 22)}
    assert "no more processes" in document.trailer.reason


def test_an_absence_that_a_router_tells_of_stands(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel tells it as it tells a route of its own that is missing, which says nothing of the cell."""
    answering(monkeypatch, Answer.NOT_COVERED)
    gone = nmap_host("10.55.0.1", silent="22").replace("no-response", "net-unreach")
    fake_tools.install(nmap=fake_tools.whole_nmap(gone))
    known = [{"asset": "10.55.0.1", "protocol": "tcp", "port": 22}]

    document = stage.run(chunk_spec("10.55.0.1", ports="22", known=known))

    assert {line.answer for line in document.coverage} == {Answer.HOST_DOWN}
    assert document.trailer.outcome == "complete"


def test_a_second_look_that_is_broken_off_leaves_no_verdict(stage: Stage, fake_tools: FakeTools) -> None:
    known = [{"asset": "10.55.0.1", "protocol": "udp", "port": 53}]
    silent = fake_tools.whole_nmap(nmap_host("10.55.0.1", silent="53,161"))
    fake_tools.install(nmap=first_and_then(fake_tools, silent, f"touch {fake_tools.directory}/ran-again; sleep 60"))
    spec = chunk_spec("10.55.0.1", ports="53,161", protocol=Protocol.UDP, known=known)

    document = stage.run(spec, once=lambda: fake_tools.ran("again"), halt="the task was told to end")

    covered = cells(spec, document.coverage)
    assert covered["10.55.0.1", 53].answer == Answer.NOT_COVERED
    assert covered["10.55.0.1", 161].answer == Answer.NO_ANSWER
    assert document.trailer.outcome == "partial"


def test_known_udp_ports_that_all_answer_are_asked_once(stage: Stage, fake_tools: FakeTools) -> None:
    known = [{"asset": "10.55.0.1", "protocol": "udp", "port": 53}]
    fake_tools.install(nmap=fake_tools.whole_nmap(nmap_host("10.55.0.1", open_ports="53")))

    document = stage.run(chunk_spec("10.55.0.1", ports="53", protocol=Protocol.UDP, known=known))

    assert len(document.trailer.commands) == 1


def test_udp_that_nobody_could_ask_is_not_asked_again(stage: Stage, fake_tools: FakeTools) -> None:
    known = [{"asset": "10.55.0.1", "protocol": "udp", "port": 53}]
    fake_tools.install(raw=False)

    document = stage.run(chunk_spec("10.55.0.1", ports="53", protocol=Protocol.UDP, known=known))

    assert document.trailer.commands == ()
    assert document.trailer.outcome == "partial"


def test_a_second_look_at_udp_that_could_not_send_leaves_no_verdict(stage: Stage, fake_tools: FakeTools) -> None:
    known = [{"asset": "10.55.0.1", "protocol": "udp", "port": 53}]
    silent = fake_tools.whole_nmap(nmap_host("10.55.0.1", silent="53"))
    fake_tools.install(nmap=first_and_then(fake_tools, silent, f"{UNSENT}\n{silent}"))

    document = stage.run(chunk_spec("10.55.0.1", ports="53", protocol=Protocol.UDP, known=known))

    assert {line.answer for line in document.coverage} == {Answer.NOT_COVERED}
    assert "could not send" in document.trailer.reason


@pytest.mark.parametrize(
    ("answer", "still"),
    [(Answer.OPEN, True), (Answer.NO_ANSWER, True), (Answer.HOST_DOWN, True), (Answer.REFUSED, False)],
)
def test_silence_after_an_open_port_was_heard_does_not_close_it(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch, answer: Answer, still: bool
) -> None:
    """A firewall may have begun to drop what the worker sends; a refusal is the port's own word."""
    answering(monkeypatch, answer)
    fake_tools.install(
        masscan=f"{ACCOUNT}; {FOUND}; {DONE}", nmap=fake_tools.whole_nmap(nmap_host("10.9.1.2", silent="80"))
    )
    spec = SPEC.model_copy(update={"profile": PROFILES["standard"]})

    document = stage.run(spec)

    assert document.open == ({("10.9.1.2", 80)} if still else set())
    assert cells(spec, document.coverage)["10.9.1.2", 80].answer == (Answer.OPEN if still else answer)


def test_an_open_port_that_nmap_hears_refused_and_a_connection_does_not_hear_is_closed(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, Answer.NO_ANSWER)
    fake_tools.install(
        masscan=f"{ACCOUNT}; {FOUND}; {DONE}", nmap=fake_tools.whole_nmap(nmap_host("10.9.1.2", closed="80"))
    )
    spec = SPEC.model_copy(update={"profile": PROFILES["standard"]})

    document = stage.run(spec)

    assert document.open == set()
    assert cells(spec, document.coverage)["10.9.1.2", 80].answer == Answer.REFUSED


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
