"""Which cells are open where masscan cannot go, by what nmap says of them."""

from pathlib import Path

from functions.core.coverage import Answer, Method
from functions.core.messages import PinnedHost
from functions.core.model import Protocol
from tests.scanner_image.cells_of import answers, cells
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_tools import NMAP_HEAD, FakeTools, nmap_host
from tests.scanner_image.fakes import chunk_spec

LOCAL = chunk_spec("10.55.0.0-10.55.0.2", ports="1-3")
SAMPLES = Path(__file__).parent / "samples"


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
