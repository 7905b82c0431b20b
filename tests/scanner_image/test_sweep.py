"""masscan over a chunk that is large enough for a sample, with a masscan that hears to order."""

from pathlib import Path

import pytest

from functions.core.coverage import Answer
from functions.core.messages import Command
from scanner_image import sweep
from scanner_image.masscan import Pass
from scanner_image.sweep import _counted
from tests.scanner_image.cells_of import answers
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_tools import ACCOUNT, DONE, FakeTools, discovered
from tests.scanner_image.fakes import Document, chunk_spec

SPEC = chunk_spec("10.9.1.0-10.9.1.255", ports="1-200", rate=20_000)
OPEN = discovered("10.9.1.2", 80)
KEPT_BACK = ACCOUNT.replace("unsent 0", "unsent 3")
REFUSALS = "seq 10 60 | sed 's/.*/Discovered closed port & on 10.9.1.3/; s/ on/\\/tcp on/'"


def in_order(tools: FakeTools, *bodies: str, looks: tuple[str, ...] = ()) -> None:
    """A masscan whose first run does the first of `bodies`, and so on; the last goes on. `looks`: likewise, of the sample alone."""
    body = _in_turn(tools.directory / "runs", bodies)
    if looks:
        body = f'case "$*" in *--shard*) {_in_turn(tools.directory / "looks", looks)};; *) {body};; esac'
    tools.install(masscan=f"{ACCOUNT}; {body}; {DONE}")


def _in_turn(runs: Path, bodies: tuple[str, ...]) -> str:
    cases = "".join(f"{number}) {body};;\n" for number, body in enumerate(bodies[:-1], 1))
    return f'echo x >> {runs}; case "$(wc -l < {runs})" in\n{cases}*) {bodies[-1]};;\nesac'


def rates(document: Document) -> list[str]:
    return [option(command, "--rate") for command in document.trailer.commands]


def option(command: Command, name: str) -> str:
    return command.argv[command.argv.index(name) + 1]


def test_a_sample_that_shows_little_leaves_it_at_the_profiles_retries(stage: Stage, fake_tools: FakeTools) -> None:
    in_order(fake_tools, REFUSALS, OPEN, REFUSALS)

    document = stage.run(SPEC)

    sampled = ["--shard" in command.argv for command in document.trailer.commands]
    assert sampled == [True, False, True, False, True]
    assert len({option(command, "--seed") for command in document.trailer.commands}) == 3
    assert document.trailer.outcome == "complete"
    assert document.open == {("10.9.1.2", 80)}
    assert stage.ledger.saved is not None
    (told,) = stage.ledger.saved.sampled
    assert (told.passes, told.known, told.lost, told.miss_rate) == (2, 51, 0, 0)
    assert {each.phase for each in stage.ledger.saved.times} == {"discovery", "verification", "upload"}


def test_a_sample_without_answers_tells_no_miss_rate_and_changes_nothing_else(
    stage: Stage, fake_tools: FakeTools
) -> None:
    in_order(fake_tools, "true")

    document = stage.run(SPEC)

    assert document.trailer.outcome == "complete"
    assert stage.ledger.saved is not None
    (told,) = stage.ledger.saved.sampled
    assert (told.passes, told.known, told.lost, told.miss_rate) == (2, 0, 0, None)


def test_without_answers_to_tell_by_a_cell_is_asked_as_often_as_the_profile_says_or_not_covered(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "_TIME_SHARE", 0)
    in_order(fake_tools, "true")

    document = stage.run(SPEC)

    assert set(answers(SPEC, document.coverage).values()) == {Answer.NOT_COVERED}
    assert "there was time to ask 1 of 2 times" in document.trailer.reason


def test_answers_that_do_not_come_again_slow_it_down(stage: Stage, fake_tools: FakeTools) -> None:
    half = REFUSALS.replace("seq 10 60", "seq 10 35")
    in_order(fake_tools, REFUSALS, OPEN, half, OPEN, REFUSALS)

    document = stage.run(SPEC)

    assert rates(document)[:3] == ["20000"] * 3
    assert 8_000 < int(rates(document)[3]) < 10_000
    assert document.trailer.outcome == "complete"


def test_a_pass_that_misses_what_looks_hear_slows_it_down(stage: Stage, fake_tools: FakeTools) -> None:
    many = "seq 1 150 | sed 's/.*/Discovered open port &\\/tcp on 10.9.1.2/'"
    in_order(fake_tools, many, OPEN, many)

    document = stage.run(SPEC)

    assert rates(document)[:3] == ["20000"] * 3
    assert int(rates(document)[3]) < 10_000
    assert len(document.open) == 150
    assert document.trailer.outcome == "complete"


def test_a_path_that_loses_most_of_what_is_known_to_come_is_not_covered(stage: Stage, fake_tools: FakeTools) -> None:
    in_order(fake_tools, REFUSALS, OPEN, "true")

    document = stage.run(SPEC)

    covered = answers(SPEC, document.coverage)
    assert covered.pop(("10.9.1.2", 80)) == Answer.OPEN
    assert set(covered.values()) == {Answer.NOT_COVERED}
    assert "100% of the answers that were known to come were lost" in document.trailer.reason


def opened(first: int, last: int) -> str:
    return f"seq {first} {last} | sed 's/.*/Discovered open port &\\/tcp on 10.9.1.2/'"


def test_hosts_that_hold_refusals_back_are_covered_where_open_ports_come_again(
    stage: Stage, fake_tools: FakeTools
) -> None:
    in_order(fake_tools, opened(81, 90), looks=(REFUSALS, "true"))

    document = stage.run(SPEC)

    assert document.trailer.outcome == "complete"
    assert len(document.open) == 10
    assert stage.ledger.saved is not None
    (told,) = stage.ledger.saved.sampled
    assert (told.known, told.lost) == (51, 51)
    assert told.miss_rate is not None
    assert 0 < told.miss_rate < 0.02


def test_where_open_ports_are_lost_too_it_is_the_path(stage: Stage, fake_tools: FakeTools) -> None:
    others = (opened(first, first + 9) for first in range(11, 101, 10))
    in_order(fake_tools, *others, looks=(REFUSALS, "true"))

    document = stage.run(SPEC)

    assert document.trailer.outcome == "partial"
    assert "a lower rate would tell" in document.trailer.reason


def test_a_port_that_only_the_sample_heard_is_open_and_asks_for_another_pass(
    stage: Stage, fake_tools: FakeTools
) -> None:
    in_order(fake_tools, f"{REFUSALS}; {OPEN}", "true", f"{REFUSALS}; {OPEN}")

    document = stage.run(SPEC)

    assert document.open == {("10.9.1.2", 80)}
    assert document.trailer.outcome == "complete"


@pytest.mark.parametrize(
    ("bodies", "known"),
    [
        (("exit 1", OPEN, REFUSALS), 0),
        ((f"{REFUSALS}; {KEPT_BACK}", OPEN, REFUSALS), 0),
        ((REFUSALS, OPEN, "exit 1", OPEN, REFUSALS), 51),
    ],
)
def test_a_sample_that_broke_off_shows_nothing(
    stage: Stage, fake_tools: FakeTools, bodies: tuple[str, ...], known: int
) -> None:
    in_order(fake_tools, *bodies)

    document = stage.run(SPEC)

    assert document.trailer.outcome == "complete"
    assert stage.ledger.saved is not None
    (told,) = stage.ledger.saved.sampled
    assert (told.known, told.passes) == (known, 2)
    assert told.miss_rate == (0 if known else None)


def test_a_pass_that_broke_off_leaves_its_silence_uncovered(stage: Stage, fake_tools: FakeTools) -> None:
    in_order(fake_tools, REFUSALS, f"{OPEN}; exit 1", REFUSALS)

    document = stage.run(SPEC)

    covered = answers(SPEC, document.coverage)
    assert covered.pop(("10.9.1.2", 80)) == Answer.OPEN
    assert set(covered.values()) == {Answer.NOT_COVERED}


def test_a_pass_that_the_interface_did_not_take_leaves_its_silence_uncovered(
    stage: Stage, fake_tools: FakeTools
) -> None:
    in_order(fake_tools, REFUSALS, f"{OPEN}; {KEPT_BACK}", REFUSALS)

    document = stage.run(SPEC)

    covered = answers(SPEC, document.coverage)
    assert covered.pop(("10.9.1.2", 80)) == Answer.OPEN
    assert set(covered.values()) == {Answer.NOT_COVERED}
    assert "3 packets were not taken by the interface" in document.trailer.reason
    assert set(rates(document)) == {"20000"}, "another rate is not to be expected to help"


def test_what_this_machine_could_not_read_is_asked_again_slower(stage: Stage, fake_tools: FakeTools) -> None:
    overrun = f"{OPEN}; {ACCOUNT.replace('unread 0', 'unread 900')}"
    in_order(fake_tools, REFUSALS, overrun, OPEN, REFUSALS)

    document = stage.run(SPEC)

    assert rates(document)[:3] == ["20000", "20000", "10000"]
    assert document.trailer.outcome == "complete"
    assert document.open == {("10.9.1.2", 80)}


def test_what_of_a_sample_this_machine_could_not_read_counts_as_lost(stage: Stage, fake_tools: FakeTools) -> None:
    half = REFUSALS.replace("seq 10 60", "seq 10 35")
    in_order(fake_tools, REFUSALS, OPEN, f"{half}; {ACCOUNT.replace('unread 0', 'unread 900')}", OPEN, REFUSALS)

    document = stage.run(SPEC)

    assert 8_000 < int(rates(document)[3]) < 10_000


def test_packets_are_counted_as_masscan_tells_them(stage: Stage, fake_tools: FakeTools) -> None:
    in_order(fake_tools, REFUSALS, OPEN, REFUSALS)

    stage.run(SPEC)

    assert stage.ledger.saved is not None
    assert stage.ledger.saved.progress is not None
    cells = 256 * 200
    looks = stage.ledger.saved.progress.probes - 2 * cells
    assert looks % 3 == 0
    assert 0 < looks // 3 <= cells // 8


def test_an_attempt_counts_only_what_it_sent_itself() -> None:
    sent: list[int] = []
    went_on = _counted(1000, Pass(rate=10, index=400), sent.append, lambda _: None)
    for fraction in (0.3, 0.5, 0.5, 1.0):
        went_on(fraction)
    assert sum(sent) == 600
