"""A scan from its plan to its end, through every step's handler."""

from typing import Any

import pytest

from functions.core.chunk import ChunkStatus
from functions.core.scan import ScanStatus
from functions.core.stop import Stop
from tests.backend import Backend
from tests.scan_workflow.rehearsal import Rehearsal

TRUTH = {("10.0.0.1", 22), ("10.0.0.2", 80)}
SLOW: dict[str, Any] = {"rate": 10, "profile": "discovery"}
"""A rate at which the little network makes several chunks."""


def inventory(backend: Backend, network: str) -> set[tuple[str, int]]:
    page = backend.exposures.list(backend.project, network, state="open")
    return {(exposure.asset, exposure.port) for exposure in page.items}


def test_a_scan_finds_what_is_there_and_completes(backend: Backend, rehearsal: Rehearsal) -> None:
    network = backend.network(**SLOW)
    rehearsal.worker.truth = TRUTH
    scan = backend.scan(network)
    assert rehearsal.run(scan)["status"] == "completed"
    ended = backend.reread(scan)
    assert ended.counts.chunks > 1
    assert (ended.counts.chunks_ingested, ended.counts.chunks_failed) == (ended.counts.chunks, 0)
    assert (ended.counts.cells, ended.counts.cells_covered, ended.counts.open_ports) == (8, 8, 2)
    assert (ended.counts.baseline, ended.counts.opened) == (2, 0)
    assert ended.started is not None
    assert ended.ended is not None
    assert inventory(backend, network.id) == TRUTH


def test_what_the_scan_has_used_is_counted_by_its_steps(backend: Backend, rehearsal: Rehearsal) -> None:
    made = backend.scan(backend.network(**SLOW))
    rehearsal.run(made)

    ended = backend.reread(made)
    assert ended.actual is not None
    used, chunks = ended.actual.usage, ended.counts.chunks
    assert used.tasks == chunks
    assert used.task_seconds >= 60 * chunks
    assert used.lambda_requests == 2 + 3 * chunks, "plan, finish, and admit, judge and ingest for each chunk"
    assert used.transitions == 4 + 7 * chunks
    assert used.lambda_gb_seconds > 0
    assert used.read_units > chunks
    assert used.write_units > 0
    assert used.s3_puts >= chunks
    assert 2 * chunks * 150 < used.log_bytes < 2 * chunks * 1500, "admit and judge write a line for each chunk"


def test_the_next_scan_of_the_network_may_start_and_carries_the_known_exposures(
    backend: Backend, rehearsal: Rehearsal
) -> None:
    network = backend.network(**SLOW)
    rehearsal.worker.truth = TRUTH
    rehearsal.run(backend.scan(network))
    assert backend.scans.live(backend.project, network.id) == ""
    items = rehearsal.plan(backend.scan(network))
    known = {(each.asset, each.port) for item in items for each in rehearsal.worker.spec(item).known}
    assert known == TRUTH


def test_a_port_that_opens_between_two_scans_is_new_and_one_that_closes_is_closed(
    backend: Backend, rehearsal: Rehearsal
) -> None:
    network = backend.network(**SLOW)
    rehearsal.worker.truth = {("10.0.0.1", 22)}
    rehearsal.run(backend.scan(network))
    rehearsal.worker.truth = {("10.0.0.2", 80)}
    second = backend.scan(network)
    rehearsal.run(second)
    counts = backend.reread(second).counts
    assert (counts.opened, counts.baseline, counts.closed) == (1, 0, 1)
    assert inventory(backend, network.id) == {("10.0.0.2", 80)}


def test_a_worker_that_dies_is_replaced_and_the_scan_completes(backend: Backend, rehearsal: Rehearsal) -> None:
    rehearsal.worker.truth = TRUTH
    rehearsal.worker.behaviours = {("00000", 1): "dies", ("00001", 1): "never claims"}
    scan = backend.scan(backend.network(**SLOW))
    assert rehearsal.run(scan)["status"] == "completed"
    assert rehearsal.worker.tasks[:4] == ["00000", "00000", "00001", "00001"]


def test_a_chunk_whose_workers_all_die_makes_the_scan_partial_and_says_why(
    backend: Backend, rehearsal: Rehearsal
) -> None:
    rehearsal.worker.behaviours = {("00000", task): "dies" for task in (1, 2, 3)}
    scan = backend.scan(backend.network(**SLOW))
    assert rehearsal.run(scan)["status"] == "partial"
    ended = backend.reread(scan)
    assert ended.counts.chunks_failed == 1
    assert "cells are not covered; chunk 00000: attempt 3 ended without a result" in ended.reason


def test_a_partial_result_makes_the_scan_partial(backend: Backend, rehearsal: Rehearsal) -> None:
    rehearsal.worker.behaviours = {("00000", 1): "saves half"}
    scan = backend.scan(backend.network("10.0.0.0/30", rate=1000, profile="discovery"))
    assert rehearsal.run(scan)["status"] == "partial"
    assert backend.reread(scan).counts.cells_covered == 4


def test_a_chunk_whose_spare_capacity_was_taken_back_is_scanned_to_its_end_on_demand(
    backend: Backend, rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEDETTE_SPOT", "true")
    rehearsal.worker.truth = TRUTH
    rehearsal.worker.behaviours = {("00000", 1): "saves half"}
    rehearsal.taken_back = {"00000"}
    scan = backend.scan(backend.network("10.0.0.0/30", rate=1000, profile="discovery"))
    assert rehearsal.run(scan)["status"] == "completed"
    assert rehearsal.worker.tasks == ["00000", "00000"]
    ended = backend.reread(scan)
    assert ended.counts.cells_covered == 8
    assert ended.actual is not None
    assert (ended.actual.usage.task_seconds, ended.actual.usage.spot_seconds) == (120, 60)


def test_a_document_that_is_none_fails_its_chunk_alone(backend: Backend, rehearsal: Rehearsal) -> None:
    rehearsal.worker.truth = TRUTH
    rehearsal.worker.behaviours = {("00000", 1): "saves rubbish"}
    scan = backend.scan(backend.network(**SLOW))
    assert rehearsal.run(scan)["status"] == "partial"
    assert "chunk 00000: Corrupt" in backend.reread(scan).reason


def test_a_scan_none_of_whose_chunks_was_scanned_fails(backend: Backend, rehearsal: Rehearsal) -> None:
    scan = backend.scan(backend.network(rate=1000))
    rehearsal.worker.behaviours = {("00000", task): "never claims" for task in (1, 2, 3)}
    assert rehearsal.run(scan)["status"] == "failed"


def test_a_scan_cancelled_midway_keeps_what_was_found(backend: Backend, rehearsal: Rehearsal) -> None:
    network = backend.network(**SLOW)
    rehearsal.worker.truth = TRUTH
    scan = backend.scan(network)
    items = rehearsal.plan(scan)
    rehearsal.chunk(items[0])
    backend.ledger.request_stop(scan.project, scan.id, "cancel", run=1)
    backend.scans.request_stop(backend.reread(scan), Stop.CANCEL, now=backend.clock())
    rehearsal.worker.behaviours = {(item["chunk"], 1): "never claims" for item in items}
    rehearsal.chunks(items[1:])
    assert rehearsal.finish(scan)["status"] == "cancelled"
    ended = backend.reread(scan)
    assert (ended.status, ended.counts.chunks_ingested) == (ScanStatus.CANCELLED, 1)
    assert all(chunk.status is ChunkStatus.CANCELLED for chunk in backend.ledger.list(scan.project, scan.id)[1:])


def test_running_every_step_twice_changes_nothing(backend: Backend, rehearsal: Rehearsal) -> None:
    network = backend.network(**SLOW)
    rehearsal.worker.truth = TRUTH
    scan = backend.scan(network)
    items = rehearsal.plan(scan)
    assert rehearsal.plan(scan) == items
    rehearsal.chunks(items)
    rehearsal.chunks(items)
    rehearsal.finish(scan)
    ended = backend.reread(scan)
    rehearsal.finish(scan)
    assert backend.reread(scan) == ended
    assert len(rehearsal.worker.tasks) == len(items), "the gate lets no task start for a chunk that has been scanned"
    assert inventory(backend, network.id) == TRUTH
