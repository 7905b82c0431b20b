"""A network that is looked at as a whole, and the rules that its reviews are asked by."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.adapters.bus import Announcement, Bus
from functions.core.alert import Alert
from functions.core.block import Block
from functions.core.coverage import Method
from functions.core.coverage_map import Segment, Stamp
from functions.core.exposure import Exposure
from functions.core.ids import new_id
from functions.core.intervals import IntervalSet
from functions.core.model import Protocol
from functions.core.network import Network
from functions.core.scan import CellRef, Scan, ScanEvent
from functions.store.coverage_maps import CoverageMaps
from functions.store.deadlines import Deadlines
from functions.store.waiting import Waiting
from functions.usecases.review_endings import ReviewEndings
from functions.usecases.review_scan import ReviewScan
from functions.usecases.review_watches import ReviewWatches
from functions.wiring.reviewing import review_network
from tests.backend import Backend
from tests.usecases.evaluating import Evaluating, FakeQueue, later

DAY = timedelta(days=1)
BLOCK = {"name": "no-ssh", "action": "block", "ports": "22"}
ALLOW = {"name": "fine", "action": "allow", "ports": "22"}
EXPECT = {"name": "must", "action": "expect", "assets": ["10.0.0.1"], "ports": "22", "protocol": "tcp"}


class FakeBus(Bus):
    def __init__(self) -> None:
        self.said: list[Announcement] = []

    def put(self, announcements: Sequence[Announcement]) -> None:
        self.said.extend(announcements)


class Reviewing(Evaluating):
    """The same network, looked at as a whole; its confirmations are remembered, not started."""

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self.confirmed: list[tuple[str, tuple[CellRef, ...]]] = []
        self.bus = FakeBus()
        self.again = FakeQueue()
        table, clock = backend.table, backend.clock
        self.of_network = review_network(table, self.again, clock=clock)
        self.coverage = CoverageMaps(table)
        self.of_scan = ReviewScan(
            scans=backend.scans,
            exposures=backend.exposures,
            coverage=self.coverage,
            alerts=backend.alerts,
            waiting=Waiting(table),
            network=self.of_network,
            settle=self.of_network.settle,
            trouble=self.of_network.trouble,
            confirm=self._confirm,
            clock=clock,
        )
        self.of_watches = ReviewWatches(
            networks=backend.networks,
            rules=self.rules,
            scans=backend.scans,
            ticks=backend.ticks,
            trouble=self.of_network.trouble,
            clock=clock,
        )
        self.endings = ReviewEndings(
            deadlines=Deadlines(table),
            alerts=backend.alerts,
            rules=self.rules,
            networks=backend.networks,
            bus=self.bus,
            live=backend.live,
            reviews=self.again,
            clock=clock,
        )

    def _confirm(self, *, project: str, network: str, scan: str, cells: Sequence[CellRef], now: datetime) -> None:
        assert (project, network, now) == (self.network.project, self.network.id, self.backend.clock())
        self.confirmed.append((scan, tuple(cells)))

    def keep(self, exposure: Exposure) -> Exposure:
        """Stored and evaluated, as ingest and the stream do."""
        self.backend.exposures.save(exposure)
        return self.change(None, exposure)

    def review(self, asset: str = "") -> None:
        cursor = ""
        while True:
            cursor = self.of_network(project=self.network.project, network=self.network.id, cursor=cursor, asset=asset)
            if not cursor:
                return

    def ended(self, event: ScanEvent = ScanEvent.COMPLETE, **fields: Any) -> Scan:
        """A scan of the whole network that has just ended, reviewed."""
        scan = self.backend.scan(self.network, id=new_id(self.backend.clock()), **fields)
        scan = self.backend.scans.transition(scan, ScanEvent.START, started=self.backend.clock())
        scan = self.backend.scans.transition(scan, event, ended=self.backend.clock())
        self.review_scan(scan)
        return scan

    def review_scan(self, scan: Scan) -> None:
        cursor = ""
        while True:
            cursor = self.of_scan(project=scan.project, scan=scan.id, cursor=cursor)
            if not cursor:
                return

    def cover(self, at: datetime, port: int = 22, asset: str = "10.0.0.1") -> None:
        block = Block.of(asset)
        offset, stamp = block.offset(asset), Stamp(at, new_id(at), "00000", 1, Method.SYN)
        segment = Segment(IntervalSet(((offset, offset),)), IntervalSet(((port, port),)), at, stamp)
        where = (self.network.project, self.network.id, block, Protocol.TCP)
        self.coverage.change(*where, lambda kept: kept.overlay([segment]))

    def mark(self, alert: Alert, name: str, until: datetime | None) -> None:
        mark = {"by": "somebody", "at": self.backend.clock(), "reason": "because", "until": until}
        self.backend.alerts.change(alert, by="somebody", event=name, text="", now=self.backend.clock(), **{name: mark})

    def resolve_by_hand(self, alert: Alert) -> None:
        done = {"by": "somebody", "at": self.backend.clock(), "reason": "gone, I think"}
        fields: dict[str, Any] = {"status": "resolved", "resolution": done}
        self.backend.alerts.change(alert, by="somebody", event="resolved", text="", now=self.backend.clock(), **fields)


def edit(at: Reviewing, **settings: Any) -> None:
    alerts = {"confirm": [], **settings}
    network = Network.model_validate({**at.network.model_dump(), "alerts": alerts})
    at.network = at.backend.networks.update(network, expected=at.network.version)


def store(at: Reviewing, before: Exposure, kind: str, **fields: Any) -> Exposure:
    """The next version, stored and evaluated."""
    after = later(before, kind, **fields)
    at.backend.exposures.save(after)
    return at.change(before, after)


@pytest.fixture
def at(backend: Backend) -> Reviewing:
    reviewing = Reviewing(backend)
    reviewing.watch()
    return reviewing
