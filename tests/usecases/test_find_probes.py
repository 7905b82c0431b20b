"""Did you scan me? Found by our address, their target and the time: while it goes on, and long after."""

from datetime import datetime, timedelta

import pytest

from functions.core.chunk import Chunk
from functions.core.messages import AddressRange, PinnedHost
from functions.core.model import Protocol
from functions.core.outline import Outline
from functions.core.scan import Scan, ScanEvent
from functions.core.sending import Sending
from functions.store.sources import Sources
from functions.usecases.find_probes import FindProbes
from tests.backend import NOW, Backend

OURS = "198.51.100.9"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def find(backend: Backend) -> FindProbes:
    return FindProbes(
        sources=Sources(backend.table), scans=backend.scans, ledger=backend.ledger, results=backend.results
    )


@pytest.fixture
def scan(backend: Backend) -> Scan:
    """Of two chunks; the first is claimed, and sends from our address."""
    planned = backend.scan(backend.network("10.0.0.0/24"))
    snapshot = planned.snapshot.model_copy(
        update={"hosts": (PinnedHost(name="www.example.com", addresses=("192.0.2.80",)),)}
    )
    running = backend.scans.transition(planned, ScanEvent.START, started=NOW, snapshot=snapshot)
    backend.results.put_outlines(
        running.project,
        running.id,
        [
            Outline(
                chunk=name,
                addresses=(AddressRange(first=f"10.0.0.{first}", last=f"10.0.0.{first + 9}"),),
                hosts=hosts,
                protocol=Protocol.TCP,
                ports="22",
            )
            for name, first, hosts in (("00000", 0, ("www.example.com",)), ("00001", 10, ()))
        ],
    )
    backend.ledger.create(
        Chunk(project=running.project, scan=running.id, chunk=name, summary=f"chunk {name}", cells=10)
        for name in ("00000", "00001")
    )
    for name in ("00000", "00001"):
        where = (running.project, running.id, name)
        backend.ledger.claim(*where, run=1, now=NOW, lease_s=600, sources=(OURS,))
    return running


def end(backend: Backend, scan: Scan, at: datetime) -> None:
    """Both chunks are over and judged, and so is the scan."""
    for name in ("00000", "00001"):
        backend.ledger.fence(backend.ledger.get(scan.project, scan.id, name))
        where = {"project": scan.project, "scan": scan.id, "chunk": name, "attempt": 1}
        Sources(backend.table).record(Sending.model_validate({**where, "address": OURS, "since": NOW, "until": at}))
    backend.scans.transition(backend.reread(scan), ScanEvent.COMPLETE, ended=at)


def test_what_goes_on_now_is_found_with_who_asked(backend: Backend, find: FindProbes, scan: Scan) -> None:
    (found,) = find.by_source(source=OURS, target="10.0.0.15", at=NOW + MINUTE, project=backend.project)
    assert (found.scan, found.chunk, found.network) == (scan.id, "00001", scan.network)
    assert found.cause == scan.cause
    assert found.summary == "chunk 00001"
    assert (found.since, found.until, found.sources) == (NOW, None, (OURS,))


def test_what_is_over_is_found_by_its_time_alone(backend: Backend, find: FindProbes, scan: Scan) -> None:
    end(backend, scan, NOW + 5 * MINUTE)
    assert len(find.by_source(source=OURS, at=NOW + 10 * MINUTE)) == 2
    assert find.by_source(source=OURS, at=NOW + HOUR) == ()
    assert find.by_source(source=OURS, at=NOW - HOUR) == ()
    assert find.by_source(source="198.51.100.10", at=NOW) == ()


def test_another_project_is_told_nothing(backend: Backend, find: FindProbes, scan: Scan) -> None:
    end(backend, scan, NOW + 5 * MINUTE)
    assert find.by_source(source=OURS, at=NOW, project="01KAJ0000000000000000000P0") == ()
    assert find.by_target(project="01KAJ0000000000000000000P0", target="10.0.0.1", at=NOW) == ()


def test_a_target_is_an_address_a_hostname_or_where_a_hostname_was_pinned(
    backend: Backend, find: FindProbes, scan: Scan
) -> None:
    for target in ("10.0.0.3", "www.example.com", "WWW.example.com", "192.0.2.80"):
        (found,) = find.by_target(project=backend.project, target=target, at=NOW)
        assert found.chunk == "00000"
    assert find.by_target(project=backend.project, target="10.0.0.77", at=NOW) == ()


def test_by_target_alone_a_scan_that_is_over_is_found(backend: Backend, find: FindProbes, scan: Scan) -> None:
    end(backend, scan, NOW + 5 * MINUTE)
    assert len(find.by_target(project=backend.project, target="10.0.0.3", at=NOW)) == 1
    assert find.by_target(project=backend.project, target="10.0.0.3", at=NOW + HOUR) == ()


def test_a_deleted_scan_still_sent_what_it_sent(backend: Backend, find: FindProbes, scan: Scan) -> None:
    end(backend, scan, NOW + 5 * MINUTE)
    backend.scans.delete(scan.project, scan.id, expected=backend.reread(scan).version)
    found = find.by_source(source=OURS, at=NOW)
    assert {(each.scan, each.cause, each.network) for each in found} == {(scan.id, None, "")}
