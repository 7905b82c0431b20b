"""Cells that are asked by connections: what the inventory knows to be open, and what is to be confirmed."""

from collections import Counter

import pytest

from functions.core.coverage import Answer, Method
from functions.core.model import Protocol
from functions.core.profile import CONFIRM
from tests.scanner_image.cells_of import cells
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_connections import answering
from tests.scanner_image.fake_tools import ACCOUNT, DONE, FakeTools, nmap_host
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
