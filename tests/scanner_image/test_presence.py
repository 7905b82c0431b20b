"""Hosts are asked whether they are there where the network says so, and silence is told as what it is."""

import json
from pathlib import Path

import pytest

from functions.core.coverage import Answer, Method
from functions.core.host_discovery import HostDiscovery, Question
from functions.core.messages import ChunkSpec
from functions.core.profile import PROFILES
from scanner_image import connect
from tests.scanner_image.cells_of import answers
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_tools import ACCOUNT, DONE, NMAP_END, NMAP_HEAD, FakeTools, discovered, nmap_host
from tests.scanner_image.fakes import chunk_spec
from tests.scanner_image.one_found import HANG

HOSTS = ("10.9.1.0", "10.9.1.1", "10.9.1.2", "10.9.1.3")
FOUND = f"{ACCOUNT}; {discovered('10.9.1.2', 80)}; {DONE}"
UP = '<host><status state="up" reason="echo-reply"/><address addr="10.9.1.2" addrtype="ipv4"/></host>'
DOWN = "".join(
    f'<host><status state="down" reason="no-response"/><address addr="10.9.1.{last}" addrtype="ipv4"/></host>'
    for last in (0, 1, 3)
)
LAST = DOWN[DOWN.rindex("<host>") :]
OTHER = DOWN.replace("10.9.1.0", "10.9.1.2")
WHY = "no answer to host discovery (icmp, tcp)"


def asking(**settings: object) -> dict[str, object]:
    """A profile whose network asks hosts first."""
    given = HostDiscovery.model_validate({"by": ["icmp", "tcp"], **settings})
    return {"profile": PROFILES["discovery"].model_copy(update={"host_discovery": given})}


def spec_of(*ranges: str, known: tuple[object, ...] = (), **settings: object) -> ChunkSpec:
    return chunk_spec(*ranges or ("10.9.1.0-10.9.1.3",), ports="22,80-81", known=known).model_copy(
        update=asking(**settings)
    )


def answering(fake_tools: FakeTools, *hosts: str, end: str = NMAP_END, then: str = "exit 0") -> str:
    """An nmap that keeps what it was asked and by which words, and tells of `hosts` where it is asked for hosts alone."""
    there, kept = "".join(hosts), f"{fake_tools.directory}/asked"
    return (
        f'case "$*" in *" -sn "*) echo "$*" > {kept}; printf "%s" \'{NMAP_HEAD}{there}{end}\'; {then};; esac\n'
        + fake_tools.whole_nmap(nmap_host("10.55.0.1", closed="22,80-81"))
    )


def asked(fake_tools: FakeTools) -> list[str]:
    return Path(f"{fake_tools.directory}/asked").read_text().split()


def test_the_cells_of_a_silent_host_are_not_covered_and_say_why(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=answering(fake_tools, UP, DOWN), masscan=FOUND)
    spec = spec_of()

    document = stage.run(spec)

    covered = answers(spec, document.coverage)
    assert document.open == {("10.9.1.2", 80)}
    assert {host for host, port in covered if covered[host, port] == Answer.NOT_COVERED} == set(HOSTS) - {"10.9.1.2"}
    assert {line.reason for line in document.coverage if line.answer == Answer.NOT_COVERED} == {WHY}
    assert {covered["10.9.1.2", port] for port in (22, 81)} == {Answer.NOT_OPEN}
    assert document.trailer.outcome == "partial"


def test_silent_hosts_are_down_where_the_network_says_so(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=answering(fake_tools, UP, DOWN), masscan=FOUND)
    spec = spec_of(silent="host_down")

    document = stage.run(spec)

    covered = answers(spec, document.coverage)
    assert {covered[host, 22] for host in HOSTS if host != "10.9.1.2"} == {Answer.HOST_DOWN}
    assert {line.how for line in document.coverage if line.answer == Answer.HOST_DOWN} == {Method.NONE}
    assert document.trailer.outcome == "complete"


def test_a_host_that_the_inventory_knows_is_asked_whatever_it_says(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(*_: object, **__: object) -> Answer:
        return Answer.REFUSED

    monkeypatch.setattr(connect, "ask", ask)
    fake_tools.install(nmap=answering(fake_tools, DOWN, OTHER), masscan=FOUND)
    spec = spec_of(known=({"asset": "10.9.1.2", "protocol": "tcp", "port": 22},))

    document = stage.run(spec)

    covered = answers(spec, document.coverage)
    assert document.open == {("10.9.1.2", 80)}
    assert (covered["10.9.1.2", 22], covered["10.9.1.2", 81]) == (Answer.REFUSED, Answer.NOT_OPEN)
    assert covered["10.9.1.1", 22] == Answer.NOT_COVERED


def test_where_nobody_is_there_no_port_is_asked(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=answering(fake_tools, DOWN, OTHER), masscan=FOUND)

    document = stage.run(spec_of())

    assert not fake_tools.ran("masscan")
    assert {line.answer for line in document.coverage} == {Answer.NOT_COVERED}


def test_what_host_discovery_said_before_it_broke_off_counts(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=answering(fake_tools, UP, LAST, end=""), masscan=FOUND)
    spec = spec_of()

    document = stage.run(spec)

    covered = answers(spec, document.coverage)
    assert document.open == {("10.9.1.2", 80)}
    assert {host for host, port in covered if covered[host, port] == Answer.NOT_COVERED} == {"10.9.1.3"}
    assert {line.reason for line in document.coverage if line.answer == Answer.NOT_COVERED} == {WHY}
    assert {covered[host, 22] for host in ("10.9.1.0", "10.9.1.1", "10.9.1.2")} == {Answer.NOT_OPEN}
    assert "of the rest each cell is asked" in json.dumps([event.data for event in stage.live.of("log")])


def test_host_discovery_that_breaks_off_without_a_word_says_nothing_of_anybody(
    stage: Stage, fake_tools: FakeTools
) -> None:
    fake_tools.install(nmap=answering(fake_tools, end=""), masscan=FOUND)
    spec = spec_of(silent="host_down")

    document = stage.run(spec)

    assert set(answers(spec, document.coverage).values()) == {Answer.OPEN, Answer.NOT_OPEN}


def test_an_attempt_that_ends_meanwhile_keeps_what_was_said_and_asks_nobody_else(
    stage: Stage, fake_tools: FakeTools
) -> None:
    said = fake_tools.directory / "said"
    fake_tools.install(nmap=answering(fake_tools, UP, LAST, end="", then=f"touch {said}; {HANG}"), masscan=FOUND)
    spec = spec_of(silent="host_down")

    document = stage.run(spec, once=said.exists, halt="the task was told to end")

    covered = answers(spec, document.coverage)
    assert not fake_tools.ran("masscan")
    assert {host for host, port in covered if covered[host, port] == Answer.HOST_DOWN} == {"10.9.1.3"}
    assert {covered[host, 22] for host in HOSTS if host != "10.9.1.3"} == {Answer.NOT_COVERED}
    assert document.trailer.outcome == "partial"


def test_a_host_that_nmap_says_nothing_of_is_asked(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=answering(fake_tools, UP), masscan=FOUND)
    spec = spec_of(silent="host_down")

    document = stage.run(spec)

    assert set(answers(spec, document.coverage).values()) == {Answer.OPEN, Answer.NOT_OPEN}


def test_nobody_is_asked_where_the_network_does_not_say_so(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=answering(fake_tools, UP), masscan=FOUND)

    document = stage.run(chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81"))

    assert not fake_tools.ran("nmap")
    assert document.trailer.outcome == "complete"


@pytest.mark.parametrize(
    ("by", "raw", "options"),
    [
        (["icmp"], True, ["-PE", "--disable-arp-ping"]),
        (["tcp"], True, ["-PS22,443", "--disable-arp-ping"]),
        (["icmp", "tcp", "arp"], True, ["-PE", "-PS22,443", "--disable-arp-ping"]),
        (["icmp", "tcp"], False, ["-PS22,443", "--disable-arp-ping"]),
    ],
)
def test_questions_are_named_one_by_one(
    by: list[str], raw: bool, options: list[str], stage: Stage, fake_tools: FakeTools
) -> None:
    fake_tools.install(nmap=answering(fake_tools, UP), masscan=FOUND, raw=raw)

    stage.run(spec_of(by=by, tcp_ports=[22, 443]))

    argv = asked(fake_tools)
    assert [each for each in argv if each.startswith(("-P", "--disable"))] == options
    assert "-n" in argv
    assert ("--unprivileged" in argv) == (not raw)


@pytest.mark.parametrize(("by", "raw"), [(["arp"], True), (["icmp", "arp"], False)])
def test_where_no_question_can_be_put_each_cell_is_asked(
    by: list[str], raw: bool, stage: Stage, fake_tools: FakeTools
) -> None:
    reached = nmap_host("10.9.1.2", closed="22,80-81")
    fake_tools.install(nmap=fake_tools.whole_nmap(reached), masscan=FOUND, raw=raw)

    document = stage.run(spec_of("10.9.1.2", by=by))

    assert not any("-sn" in command.argv for command in document.trailer.commands)
    assert document.trailer.outcome == "complete"


def test_the_own_addresses_of_a_worker_are_there(stage: Stage, fake_tools: FakeTools) -> None:
    fake_tools.install(nmap=answering(fake_tools))

    document = stage.run(spec_of("10.55.0.1"))

    assert {line.answer for line in document.coverage} == {Answer.REFUSED}


def test_a_question_is_not_put_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        HostDiscovery(by=(Question.ICMP, Question.ICMP))
