"""What the end of a scan means as a whole: trouble that comes or goes, openings to confirm, expectations, comebacks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Protocol as Seam

from functions.core.alert import Alert, AlertStatus, AlertType
from functions.core.block import Block
from functions.core.coverage_map import CoverageMap, Stamp
from functions.core.derive import Call, Ground, identifiers, of_exposure
from functions.core.derive_wider import failure_of, of_named_cell
from functions.core.errors import NotFound
from functions.core.model import Protocol
from functions.core.policy import NamedCell, named_cells
from functions.core.scan import LIVE, CellRef, Scan, ScanStatus
from functions.core.watch import GOOD, is_whole
from functions.store.alerts import Alerts
from functions.store.coverage_maps import CoverageMaps
from functions.store.exposures import Exposures
from functions.store.scans import Scans
from functions.store.waiting import Waiting
from functions.usecases.derive_alerts import over
from functions.usecases.ground import Grounds
from functions.usecases.review_network import ReviewNetwork
from functions.usecases.settle_alerts import SettleAlerts
from functions.usecases.trouble import Trouble, is_by_hand

AT_ONCE = 500
_EXPECTATIONS, _COMEBACKS = "expectations", "comebacks"


class Confirm(Seam):
    def __call__(self, *, project: str, network: str, scan: str, cells: Sequence[CellRef], now: datetime) -> object: ...


@dataclass(frozen=True, kw_only=True)
class ReviewScan:
    scans: Scans
    exposures: Exposures
    coverage: CoverageMaps
    alerts: Alerts
    waiting: Waiting
    network: ReviewNetwork
    settle: SettleAlerts
    trouble: Trouble
    confirm: Confirm
    clock: Callable[[], datetime]

    def __call__(self, *, project: str, scan: str, cursor: str = "") -> str:
        """A page; the next cursor, empty at the end. Raises NotFound, StaleVersion, Unavailable: ask again."""
        found = self.scans.get(project, scan)
        if found.status in LIVE:
            return ""
        with self.network.grounds() as grounds:
            ground = grounds.of(project, found.network)
            return "" if ground is None else self._page(found, grounds, ground, cursor)

    def _page(self, found: Scan, grounds: Grounds, ground: Ground, cursor: str) -> str:
        phase, _, inner = cursor.partition("/")
        if not phase:
            self._whole(found, ground)
            return f"{_EXPECTATIONS}/0"
        cells = _Covered(self.coverage, ground)
        if phase == _EXPECTATIONS:
            following = self._expect(ground, cells, int(inner))
            return f"{_EXPECTATIONS}/{following}" if following else f"{_COMEBACKS}/"
        page = self.alerts.live_of_network(found.project, found.network, cursor=inner, limit=AT_ONCE)
        for alert in page.items:
            if alert.status is AlertStatus.RESOLVED and is_by_hand(alert):
                self._look_again(alert, grounds, ground, cells)
            self.network.hosts.again(alert, ground)
        return f"{_COMEBACKS}/{page.next_cursor}" if page.next_cursor else ""

    def _whole(self, scan: Scan, ground: Ground) -> None:
        if scan.kind != "scan":
            return
        if scan.status is ScanStatus.FAILED:
            self.trouble.came(ground, AlertType.SCAN_FAILED, failure_of(scan), cause=scan.id)
        if scan.status in GOOD:
            self.trouble.over(ground, AlertType.SCAN_FAILED, f"scan {scan.id} ended {scan.status}")
            if is_whole(scan, ground.network):
                self.trouble.over(ground, AlertType.NOT_WATCHED, f"scan {scan.id} ended {scan.status}")
        cells = tuple(self.waiting.of_scan(scan.project, scan.id))
        if cells:
            self.confirm(project=scan.project, network=scan.network, scan=scan.id, cells=cells, now=self.clock())

    def _expect(self, ground: Ground, covered: "_Covered", start: int) -> int:
        """Expectations of cells that were covered and never open. Where to go on; 0 at the end."""
        if AlertType.EXPECTED_CLOSED in ground.settings.silent:
            return 0
        cells = list(islice(_each_once(named_cells(ground.policy, self.clock())), start, start + AT_ONCE))
        for cell in cells:
            if not self._was_open(ground, cell) and (stamp := covered.stamp(cell.asset, cell.protocol, cell.port)):
                alert = of_named_cell(cell, stamp, ground, at=self.clock())
                self.settle([Call(alert)], project=alert.project)
        return start + AT_ONCE if len(cells) == AT_ONCE else 0

    def _was_open(self, ground: Ground, cell: NamedCell) -> bool:
        try:
            self.exposures.get(ground.network.project, ground.network.id, cell.asset, cell.protocol, cell.port)
        except NotFound:
            return False
        return True

    def _look_again(self, alert: Alert, grounds: Grounds, ground: Ground, covered: "_Covered") -> None:
        """Resolved by hand: over for good where its cause is gone; back where a scan has seen it since."""
        case = self.network.case(alert, grounds, ground)
        if case is None:
            return
        call = next((call for call in of_exposure(case) if call.alert.id == alert.id), None)
        if call is None:
            self.settle(
                [], project=alert.project, known=(alert.id, *identifiers(case.exposure)), over=partial(over, case)
            )
        elif not call.waiting and covered.since(alert):
            self.settle.come_back(alert, call)


class _Covered:
    """Coverage of the cells of one network, each block read once."""

    def __init__(self, coverage: CoverageMaps, ground: Ground) -> None:
        self._coverage = coverage
        self._network = ground.network
        self._maps: dict[tuple[Block, Protocol], CoverageMap] = {}

    def stamp(self, asset: str, protocol: Protocol, port: int) -> Stamp | None:
        """The last evidence; None for a cell that was never covered."""
        key = (Block.of(asset), protocol)
        if key not in self._maps:
            self._maps[key] = self._coverage.get(self._network.project, self._network.id, *key)
        segment = self._maps[key].covered(asset, port)
        return segment.stamp if segment else None

    def since(self, alert: Alert) -> bool:
        """Whether the alert's cell was covered after somebody resolved it."""
        if alert.protocol is None or alert.port is None or alert.resolution is None:
            return False
        stamp = self.stamp(alert.asset, alert.protocol, alert.port)
        return stamp is not None and stamp.last > alert.resolution.at


def _each_once(cells: Iterator[NamedCell]) -> Iterator[NamedCell]:
    seen = set()
    for cell in cells:
        key = (cell.asset, cell.protocol, cell.port)
        if key not in seen:
            seen.add(key)
            yield cell
