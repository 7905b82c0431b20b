"""A discovery by nmap in several runs: what one of them says, and how it ends, decides whom the next ones ask what."""

from collections.abc import Iterator

import pytest

from functions.core.coverage import Answer
from functions.core.model import Protocol
from scanner_image import slices
from tests.scanner_image.cells_of import answers
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_tools import UNSENT, FakeTools, nmap_host
from tests.scanner_image.fakes import Document, chunk_spec

SPEC = chunk_spec("10.55.0.0-10.55.0.1", ports="1-3")
DOWN = '<host><status state="down" reason="no-response"/><address addr="10.55.0.0" addrtype="ipv4"/></host>'


@pytest.fixture(autouse=True)
def _one_port_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(slices._FIRST, Protocol.TCP, 1)


def nmap_of(tools: FakeTools, first: str, rest: str) -> str:
    """An nmap that is asked port 1 at first, then the others; it keeps whom it is asked about."""
    listed = f"cat $(echo $* | grep -o '[^ ]*targets') >> {tools.directory}/asked; echo >> {tools.directory}/asked"
    return f'{listed}\ncase "$*" in *"-p 1 "*)\n{first}\n;;\n*)\n{rest}\n;;\nesac'


def asked(tools: FakeTools) -> list[list[str]]:
    """The targets of each run."""
    return [part.split() for part in (tools.directory / "asked").read_text().strip().split("\n\n")]


def ports_asked(document: Document) -> Iterator[str]:
    for command in document.trailer.commands:
        yield command.argv[command.argv.index("-p") + 1]


def test_what_could_not_be_sent_in_one_run_ends_no_other(stage: Stage, fake_tools: FakeTools) -> None:
    hosts = ("10.55.0.0", "10.55.0.1")
    first = fake_tools.whole_nmap(nmap_host(hosts[0], closed="1"), nmap_host(hosts[1], silent="1"))
    rest = fake_tools.whole_nmap(*(nmap_host(host, open_ports="2", silent="3") for host in hosts))
    fake_tools.install(nmap=nmap_of(fake_tools, f"{UNSENT}\n{first}", rest))

    document = stage.run(SPEC)

    covered = answers(SPEC, document.coverage)
    assert list(ports_asked(document)) == ["1", "2-3"]
    assert covered == {
        (hosts[0], 1): Answer.REFUSED,
        (hosts[1], 1): Answer.NOT_COVERED,
        **{(host, port): answer for host in hosts for port, answer in ((2, Answer.OPEN), (3, Answer.NO_ANSWER))},
    }
    assert "could not send" in document.trailer.reason


def test_a_run_that_breaks_off_is_the_last(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=nmap_of(fake_tools, "exit 3", fake_tools.whole_nmap(nmap_host("10.55.0.0", closed="2-3"))))

    document = stage.run(SPEC)

    assert set(answers(SPEC, document.coverage).values()) == {Answer.NOT_COVERED}
    assert list(ports_asked(document)) == ["1"]
    assert "exit code 3" in document.trailer.reason


def test_a_host_that_is_down_is_asked_once(stage: Stage, fake_tools: FakeTools) -> None:
    """Each of its ARP questions is waited for."""
    first = fake_tools.whole_nmap(DOWN, nmap_host("10.55.0.1", closed="1"))
    fake_tools.install(nmap=nmap_of(fake_tools, first, fake_tools.whole_nmap(nmap_host("10.55.0.1", closed="2-3"))))

    document = stage.run(SPEC)

    assert asked(fake_tools) == [["10.55.0.0/31"], ["10.55.0.1/32"]]
    covered = answers(SPEC, document.coverage)
    assert {covered["10.55.0.0", port] for port in (1, 2, 3)} == {Answer.HOST_DOWN}
    assert {covered["10.55.0.1", port] for port in (1, 2, 3)} == {Answer.REFUSED}
    assert document.trailer.outcome == "complete"


def test_a_host_that_nmap_gives_up_on_holds_up_no_further_run(stage: Stage, fake_tools: FakeTools) -> None:
    slow = nmap_host("10.55.0.0").replace("<host>", '<host timedout="true">')
    first = fake_tools.whole_nmap(slow, nmap_host("10.55.0.1", closed="1"))
    fake_tools.install(nmap=nmap_of(fake_tools, first, fake_tools.whole_nmap(nmap_host("10.55.0.1", closed="2-3"))))

    document = stage.run(SPEC)

    assert asked(fake_tools) == [["10.55.0.0/31"], ["10.55.0.1/32"]]
    told = {line.reason for line in document.coverage if line.answer == Answer.NOT_COVERED}
    assert told == {"nmap gave up on a slow host"}
    assert document.trailer.outcome == "partial"


def test_who_goes_on_asks_each_host_what_it_was_not_asked(stage: Stage, fake_tools: FakeTools) -> None:
    """One host that has to begin anew makes no other."""
    slow = nmap_host("10.55.0.0").replace("<host>", '<host timedout="true">')
    first = fake_tools.whole_nmap(slow, nmap_host("10.55.0.1", closed="1"))
    fake_tools.install(nmap=nmap_of(fake_tools, first, "sleep 60"))
    stage.run(SPEC, once=lambda: stage.left.get("settled"), halt="the task was told to end")
    (fake_tools.directory / "asked").unlink()
    first = fake_tools.whole_nmap(nmap_host("10.55.0.0", closed="1"))
    rest = fake_tools.whole_nmap(*(nmap_host(f"10.55.0.{host}", closed="2-3") for host in (0, 1)))
    fake_tools.install(nmap=nmap_of(fake_tools, first, rest))

    document = stage.run(SPEC)

    assert asked(fake_tools) == [["10.55.0.0/32"], ["10.55.0.0/31"]]
    assert set(answers(SPEC, document.coverage).values()) == {Answer.REFUSED}
    assert document.trailer.outcome == "complete"
