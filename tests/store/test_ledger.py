"""The ledger: one owning attempt at a time."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest

from functions.core.chunk import CHUNK_TABLE, Chunk, ChunkCounts, ChunkEvent, ChunkStatus
from functions.core.effort import PhaseTime
from functions.core.errors import IllegalTransition, NotFound, Superseded
from functions.core.messages import Progress
from functions.store.ledger import Ledger
from functions.store.table import Table
from tests.store.examples import AT, PROJECT, SCAN, after, chunk

PROGRESS = Progress(phase="discovery", fraction=0.25, open_ports=1, probes=100, bytes_sent=5_000)


@pytest.fixture
def ledger(table: Table) -> Ledger:
    ledger = Ledger(table)
    ledger.create([chunk(0)])
    return ledger


def test_a_claim_takes_the_next_attempt_under_a_lease(ledger: Ledger) -> None:
    claimed = ledger.claim(PROJECT, SCAN, "00000", run=1, now=AT, lease_s=60)
    assert (claimed.status, claimed.attempt, claimed.lease_until) == (ChunkStatus.CLAIMED, 1, after(60))
    assert ledger.get(PROJECT, SCAN, "00000") == claimed


def test_the_next_task_is_let_go_with_the_packets_of_one_that_nobody_saw_gone(ledger: Ledger) -> None:
    """A workflow that was aborted judges no attempt."""
    first = ledger.admit(ledger.get(PROJECT, SCAN, "00000"), rate=10, not_after=None, now=AT)
    claimed = ledger.claim(PROJECT, SCAN, "00000", run=1, now=after(1), lease_s=60)
    ledger.heartbeat(claimed, now=after(2), progress=PROGRESS)
    waiting = ledger.fence(ledger.get(PROJECT, SCAN, "00000"))
    again = ledger.admit(waiting, rate=10, not_after=None, now=after(90))
    assert (first.packets, again.packets) == (0, PROGRESS.probes)
    assert (first.bytes_sent, again.bytes_sent) == (0, PROGRESS.bytes_sent)
    assert ledger.admit(again, rate=10, not_after=None, now=after(95)).packets == PROGRESS.probes


@pytest.mark.parametrize("wrong_s", [-3600, 3600])
def test_what_a_task_used_is_counted_once_whatever_its_clock_says(ledger: Ledger, wrong_s: int) -> None:
    waiting = ledger.admit(ledger.get(PROJECT, SCAN, "00000"), rate=10, not_after=None, now=AT)
    claimed = ledger.claim(PROJECT, SCAN, "00000", run=1, now=after(40 + wrong_s), lease_s=60)
    ledger.heartbeat(claimed, now=after(41 + wrong_s), progress=PROGRESS)
    gone = ledger.count_task(ledger.fence(ledger.get(PROJECT, SCAN, waiting.chunk)), now=after(100))
    assert (gone.task_s, gone.packets, gone.bytes_sent) == (100, PROGRESS.probes, PROGRESS.bytes_sent)
    again = ledger.admit(gone, rate=10, not_after=None, now=after(120))
    never_claimed = ledger.count_task(again, now=after(300))
    assert (never_claimed.task_s, never_claimed.charged_s) == (100, 160)
    assert (never_claimed.packets, never_claimed.bytes_sent) == (PROGRESS.probes, PROGRESS.bytes_sent)


def test_what_a_superseded_attempt_sent_is_not_lost_with_its_progress(ledger: Ledger) -> None:
    ledger.admit(ledger.get(PROJECT, SCAN, "00000"), rate=10, not_after=None, now=AT)
    claimed = ledger.claim(PROJECT, SCAN, "00000", run=1, now=after(1), lease_s=60)
    ledger.heartbeat(claimed, now=after(2), progress=PROGRESS)
    later = ledger.claim(PROJECT, SCAN, "00000", run=1, now=after(90), lease_s=60)
    assert (later.attempt, later.progress) == (2, None)
    assert (later.packets, later.bytes_sent) == (PROGRESS.probes, PROGRESS.bytes_sent)


def test_a_chunk_within_its_lease_cannot_be_claimed_again(ledger: Ledger) -> None:
    ledger.claim(PROJECT, SCAN, "00000", run=1, now=AT, lease_s=60)
    with pytest.raises(Superseded):
        ledger.claim(PROJECT, SCAN, "00000", run=1, now=after(59.999), lease_s=60)


def test_a_lease_that_ran_out_is_taken_over_and_the_late_worker_changes_nothing(ledger: Ledger) -> None:
    late = ledger.claim(PROJECT, SCAN, "00000", run=1, now=AT, lease_s=60)
    owner = ledger.claim(PROJECT, SCAN, "00000", run=1, now=after(60), lease_s=60)
    assert owner.attempt == 2
    with pytest.raises(Superseded):
        ledger.heartbeat(late, now=after(59), progress=PROGRESS)
    with pytest.raises(Superseded):
        ledger.save(late, result_key="late", outcome="complete")
    with pytest.raises(Superseded):
        ledger.fail(late, reason="late")
    assert ledger.get(PROJECT, SCAN, "00000") == owner


def test_a_heartbeat_keeps_progress_and_brings_the_stop_request(ledger: Ledger) -> None:
    claimed = ledger.claim(PROJECT, SCAN, "00000", run=1, now=AT, lease_s=60)
    assert ledger.heartbeat(claimed, now=after(1), progress=PROGRESS) == ""
    ledger.request_stop(PROJECT, SCAN, "cancel", run=1)
    ledger.request_stop(PROJECT, SCAN, "cancel", run=1)
    assert ledger.heartbeat(claimed, now=after(2), progress=None) == "cancel"
    kept = ledger.get(PROJECT, SCAN, "00000")
    assert (kept.heartbeat, kept.progress) == (after(2), PROGRESS)


def test_a_heartbeat_after_the_lease_is_superseded_though_nobody_took_over(ledger: Ledger) -> None:
    claimed = ledger.claim(PROJECT, SCAN, "00000", run=1, now=AT, lease_s=60)
    with pytest.raises(Superseded):
        ledger.heartbeat(claimed, now=after(60), progress=None)


def test_a_chunk_that_was_opened_again_with_its_answer_lost_is_open(ledger: Ledger) -> None:
    lost = ledger.fail(ledger.get(PROJECT, SCAN, "00000"), reason="no attempt came to a result")
    again = ledger.reopen(lost, run=2)
    assert again.status is ChunkStatus.WAITING
    assert ledger.reopen(lost, run=2) == again
    with pytest.raises(Superseded):
        ledger.reopen(lost, run=3)


def test_saving_twice_is_saving_once(ledger: Ledger) -> None:
    claimed = ledger.claim(PROJECT, SCAN, "00000", run=1, now=AT, lease_s=60)
    times = (PhaseTime(phase="discovery", wall_s=2.5, busy_s=2.0),)
    saved = ledger.save(
        claimed, result_key="key", outcome="partial", reason="a tool died", progress=PROGRESS, times=times
    )
    assert ledger.get(saved.project, saved.scan, saved.chunk).times == times
    assert ledger.save(claimed, result_key="key", outcome="partial", reason="a tool died") == saved
    with pytest.raises(Superseded):
        ledger.save(claimed, result_key="another", outcome="complete")


def test_a_fenced_worker_is_refused_and_the_next_attempt_has_the_next_number(ledger: Ledger) -> None:
    claimed = ledger.claim(PROJECT, SCAN, "00000", run=1, now=AT, lease_s=60)
    assert ledger.fence(claimed, reason="its task is gone").status is ChunkStatus.WAITING
    with pytest.raises(Superseded):
        ledger.save(claimed, result_key="late", outcome="complete")
    assert ledger.claim(PROJECT, SCAN, "00000", run=1, now=after(1), lease_s=60).attempt == 2


def test_a_claim_of_an_earlier_run_is_superseded(ledger: Ledger) -> None:
    claimed = ledger.claim(PROJECT, SCAN, "00000", run=2, now=AT, lease_s=60)
    ledger.fence(claimed)
    with pytest.raises(Superseded):
        ledger.claim(PROJECT, SCAN, "00000", run=1, now=after(1), lease_s=60)


def test_ingest_is_marked_once_with_its_counts(ledger: Ledger) -> None:
    claimed = ledger.claim(PROJECT, SCAN, "00000", run=1, now=AT, lease_s=60)
    with pytest.raises(IllegalTransition):
        ledger.mark_ingested(claimed, ChunkCounts())
    saved = ledger.save(claimed, result_key="key", outcome="complete")
    done = ledger.mark_ingested(saved, ChunkCounts(opened=1))
    assert done.counts.opened == 1
    assert ledger.mark_ingested(saved, ChunkCounts(opened=2)) == done
    with pytest.raises(IllegalTransition):
        ledger.claim(PROJECT, SCAN, "00000", run=1, now=after(100), lease_s=60)


@pytest.mark.parametrize(
    ("status", "event"), list(product(ChunkStatus, (ChunkEvent.FAIL, ChunkEvent.CANCEL, ChunkEvent.FENCE)))
)
def test_a_chunk_goes_only_where_the_table_leads(table: Table, status: ChunkStatus, event: ChunkEvent) -> None:
    ledger = Ledger(table)
    ledger.create([chunk(0, status=status, attempt=1)])
    found = ledger.get(PROJECT, SCAN, "00000")
    acts: dict[ChunkEvent, Callable[[], Chunk]] = {
        ChunkEvent.FAIL: lambda: ledger.fail(found, reason="r"),
        ChunkEvent.CANCEL: lambda: ledger.cancel(found),
        ChunkEvent.FENCE: lambda: ledger.fence(found),
    }
    act = acts[event]
    if status in CHUNK_TABLE.sources(event):
        assert act().status is CHUNK_TABLE.after(status, event)
    else:
        with pytest.raises(IllegalTransition):
            act()
        assert ledger.get(PROJECT, SCAN, "00000") == found


def test_a_repeated_plan_leaves_what_is_there_and_adds_what_is_missing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.store.ledger._GROUP", 5)
    claimed = ledger.claim(PROJECT, SCAN, "00000", run=1, now=AT, lease_s=60)
    ledger.create(chunk(number) for number in range(12))
    assert ledger.get(PROJECT, SCAN, "00000") == claimed
    assert [each.chunk for each in ledger.list(PROJECT, SCAN)] == [f"{number:05}" for number in range(12)]


def test_the_stop_request_is_no_chunk(ledger: Ledger) -> None:
    ledger.request_stop(PROJECT, SCAN, "cancel", run=1)
    assert len(ledger.list(PROJECT, SCAN)) == 1
    assert len(ledger.page(PROJECT, SCAN, limit=10).items) == 1


def test_an_unknown_chunk_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        ledger.get(PROJECT, SCAN, "99999")


def test_of_two_that_take_over_a_lease_at_once_one_wins(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = ledger.get(PROJECT, SCAN, "00000")
    ledger.claim(PROJECT, SCAN, "00000", run=1, now=AT, lease_s=60)
    monkeypatch.setattr(ledger, "get", lambda *_: stale)
    with pytest.raises(Superseded):
        ledger.claim(PROJECT, SCAN, "00000", run=1, now=AT + timedelta(seconds=1), lease_s=60)


def test_exclusions_made_since_the_plan_are_told_to_workers_and_are_no_chunk(ledger: Ledger) -> None:
    assert ledger.exclusions(PROJECT, SCAN) == ()
    ledger.narrow(PROJECT, SCAN, ("10.0.0.0/30", "printer.example.org"))
    assert ledger.exclusions(PROJECT, SCAN) == ("10.0.0.0/30", "printer.example.org")
    assert [each.chunk for each in ledger.list(PROJECT, SCAN)] == ["00000"]
    assert ledger.stop_requested(PROJECT, SCAN, run=1) == ""
