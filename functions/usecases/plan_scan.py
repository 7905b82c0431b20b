"""Plan a scan: resolve and pin its hostnames, write its chunks, open the ledger, set it running."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from functions.adapters.resolver import Resolver
from functions.adapters.results import Results
from functions.core.choice import DEADLINE, Means
from functions.core.chunk import Chunk
from functions.core.chunk_spec import cells_of, is_public, summary_of, with_known
from functions.core.confirm_plan import lost_cells, pace_of, plan_confirmation
from functions.core.cover import Cover
from functions.core.errors import IllegalTransition, InvalidInput, NotFound
from functions.core.lanes import deal
from functions.core.messages import ChunkSpec, KnownExposure, PinnedHost
from functions.core.outline import Outline
from functions.core.pinning import LeftOut
from functions.core.planner import Plan, known_by, left_out_of, names_to_pin, plan
from functions.core.ports import parse_ports
from functions.core.scan import AT_WORK, Scan, ScanCounts, ScanEvent, ScanStatus, Snapshot
from functions.core.stop import HOLDS, Stop
from functions.core.targets import parse_exclusions
from functions.store.counters import Counters
from functions.store.exposures import Exposures
from functions.store.ledger import Ledger
from functions.store.networks import Networks
from functions.store.projects import Projects
from functions.store.scans import Scans
from functions.usecases.addresses_of import addresses_of
from functions.usecases.lean_proved import LeanProved

_AT_ONCE = 16
_BATCH = 256
_MAX_REASON = 500
_WHOLE = ("targets", "ports", "protocols")
"""What a scan of a part of a network has less of."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the stage sets for every scan; see PlanSettings."""

    means: Means
    lease_s: int
    admit_loopback: bool = False
    short_rows: bool = False


@dataclass(frozen=True)
class Planned:
    """The Map's work: `index_key` names a JSON array in the bucket, empty where there is nothing to do."""

    index_key: str
    max_concurrency: int


@dataclass(frozen=True, kw_only=True)
class PlanScan:
    """Counting the chunks on the scan is the point of no return: before it a retry plans anew, after it a retry goes on."""

    scans: Scans
    networks: Networks
    projects: Projects
    counters: Counters
    exposures: Exposures
    ledger: Ledger
    results: Results
    resolver: Resolver
    lean: LeanProved
    limits: Limits

    def __call__(self, *, project: str, scan: str, run: int, now: datetime) -> Planned:
        """A scan that is held, has ended, is in a later run, or has nothing left to scan gets an empty plan. Raises NotFound."""
        found = self.scans.get(project, scan)
        if found.status is ScanStatus.PLANNED and found.stop == Stop.CANCEL:
            found = self.scans.transition(found, ScanEvent.CANCEL, ended=now, reason="cancelled before it was planned")
        if found.status not in AT_WORK or run < found.run or found.stop in HOLDS:
            return self._nothing(found, run)
        if not found.counts.chunks:
            try:
                pinned = self._lean(self._pin(found), now)
                layout = self._lay_out(pinned)
            except (InvalidInput, NotFound) as error:
                self.scans.transition(found, ScanEvent.FAIL, ended=now, reason=error.message[:_MAX_REASON])
                return self._nothing(found, run)
            found = self._write(pinned, layout)
        return self._carry_out(found, run, now)

    def _nothing(self, scan: Scan, run: int) -> Planned:
        return Planned(self.results.put_index(project=scan.project, scan=scan.id, run=run, rows=()), 1)

    def _carry_out(self, scan: Scan, run: int, now: datetime) -> Planned:
        """By the chunks as they were cut, whatever a plan of today would make of it."""
        names = [f"{index:05}" for index in range(scan.counts.chunks)]
        if scan.status is ScanStatus.PLANNED:
            self.ledger.create(self._drafts(scan, names, run))
            scan = self._started(scan, now)
        if run > 1:
            scan = self._told(scan)
            try:
                self._narrow(scan)
            except InvalidInput as error:
                return self._refused(scan, run, error.message)
            names = self._reopened(scan, run)
        if self.ledger.stop_requested(scan.project, scan.id, run=run):
            return self._nothing(scan, run)
        lanes = self._lanes(scan)
        rows = deal(names, lanes, short=self.limits.short_rows)
        key = self.results.put_index(project=scan.project, scan=scan.id, run=run, rows=rows)
        return Planned(key, lanes)

    def _refused(self, scan: Scan, run: int, why: str) -> Planned:
        """What earlier runs covered stands: the run's end derives the status from it, and tells why."""
        reason = "; ".join(each for each in (why, scan.reason) if each)[:_MAX_REASON]
        return self._nothing(self.scans.update(scan, reason=reason), run)

    def _started(self, scan: Scan, now: datetime) -> Scan:
        try:
            return self.scans.transition(scan, ScanEvent.START, started=now)
        except IllegalTransition:
            current = self.scans.get(scan.project, scan.id)
            if (current.status, current.run) == (ScanStatus.RUNNING, scan.run):
                return current  # this very step began it, and the answer was lost on its way
            raise

    def _reopened(self, scan: Scan, run: int) -> list[str]:
        """What earlier runs left, and lost where this one is to take that up; what they found open has to be asked again too."""
        left = [each for each in self.ledger.list(scan.project, scan.id) if each.is_left(redriven=scan.redriven)]
        for chunk in left:
            if scan.kind == "scan" and chunk.attempt:
                spec = self.results.get_spec(scan.project, scan.id, chunk.chunk)
                self.results.put_spec(with_known(spec, (*spec.known, *self._known(scan, spec))))
            self.ledger.reopen(chunk, run=run)
        return [chunk.chunk for chunk in left]

    def _narrow(self, scan: Scan) -> None:
        """What was excluded while nothing of the scan was live; what is excluded from now on is told to live scans.

        Raises InvalidInput for a hostname that has no address to leave out.
        """
        own = self.networks.get(scan.project, scan.network).exclusions
        excluded = self.lean.bounds.excluded(own)
        names = parse_exclusions(excluded, field="exclusions").hostnames
        addresses = addresses_of(names, self.resolver, field="exclusions")
        self.ledger.narrow(scan.project, scan.id, (*excluded, *addresses), by="run")

    def _lanes(self, scan: Scan) -> int:
        """As many chunks side by side as may send what they were cut for: what network, project and stage allow may have changed."""
        shared, asked = self.projects.limits(scan.project), scan.snapshot.rate
        rate = min(asked, self.networks.get(scan.project, scan.network).rate, shared.rate or asked)
        share = self.results.get_spec(scan.project, scan.id, "00000").rate
        together = (pace_of(rate) if scan.kind == "confirm" else rate) // share
        return max(1, min(together, self.limits.means.for_tasks(shared.max_tasks).max_tasks))

    def _told(self, scan: Scan) -> Scan:
        """What the plan left out, where how the run before ended was told."""
        if scan.reason:
            return scan
        left_out = left_out_of(scan.snapshot, admit_loopback=self.limits.admit_loopback)
        return self.scans.update(scan, reason=_noted(left_out)) if left_out else scan

    def _pin(self, scan: Scan) -> Scan:
        """With what is known of the network now, its exclusions, and the addresses that its hostnames have; not yet stored."""
        network = self.networks.get(scan.project, scan.network)
        current = self.lean.bounds.excluded(network.exclusions)
        exclusions = tuple(dict.fromkeys((*scan.snapshot.exclusions, *current)))
        whole = scan.kind == "scan" and all(getattr(scan.snapshot, name) == getattr(network, name) for name in _WHOLE)
        known = known_by(self.counters.total(scan.project, scan.network)) if whole else None
        snapshot = scan.snapshot.model_copy(update={"exclusions": exclusions, "known": known})
        names = names_to_pin(snapshot, admit_loopback=self.limits.admit_loopback)
        answers = self.resolver.resolve(names) if names else {}
        hosts = tuple(PinnedHost(name=name, addresses=found) for name, found in answers.items() if found)
        return scan.model_copy(update={"snapshot": snapshot.model_copy(update={"hosts": hosts})})

    def _lean(self, scan: Scan, now: datetime) -> Scan:
        """With what allows it now, and only those pins that it allows; not yet stored. Raises OutOfScope."""
        snapshot, bounds = scan.snapshot, self.lean.bounds
        left = bounds.left(snapshot.targets, snapshot.exclusions)
        leaned = self.lean(project=scan.project, targets=left, now=now)
        cover = bounds.cover(scan.project, at=now)
        hosts = tuple(_admitted(host, cover) if host.name in left.hostnames else host for host in snapshot.hosts)
        kept = tuple(host for host in hosts if host is not None)
        return scan.model_copy(update={"snapshot": snapshot.model_copy(update={"authorities": leaned, "hosts": kept})})

    def _lay_out(self, scan: Scan) -> Plan:
        """Raises InvalidInput."""
        shared, snapshot = self.projects.limits(scan.project), scan.snapshot
        rate = min(snapshot.rate, shared.rate or snapshot.rate)
        cut = plan_confirmation if scan.kind == "confirm" else partial(plan, known=partial(self._known, scan))
        return cut(
            project=scan.project,
            network=scan.network,
            scan=scan.id,
            snapshot=snapshot.model_copy(update={"rate": rate}),
            means=self.limits.means.for_tasks(shared.max_tasks),
            lease_s=self.limits.lease_s,
            admit_loopback=self.limits.admit_loopback,
        )

    def _known(self, scan: Scan, spec: ChunkSpec) -> Iterator[KnownExposure]:
        names = [host.name for host in spec.hosts]
        return self.exposures.known_in(scan.project, scan.network, spec.addresses, names, spec.protocol)

    def _write(self, scan: Scan, layout: Plan) -> Scan:
        """Every chunk's spec, then which cells each owns, then the scan that counts them."""
        chunks = layout.chunks
        outlines: list[Outline] = []
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="plan") as pool:
            while batch := list(islice(chunks, _BATCH)):
                list(pool.map(self.results.put_spec, batch))
                outlines += map(Outline.of, batch)
        self.results.put_outlines(scan.project, scan.id, outlines)
        counts = ScanCounts(chunks=layout.count, cells=layout.cells + _cells_lost(scan, layout))
        return self.scans.update(
            scan, snapshot=scan.snapshot, counts=counts, reason=_noted(layout.left_out, late=layout.late)
        )

    def _drafts(self, scan: Scan, names: Sequence[str], run: int) -> Iterator[Chunk]:
        """The ledger's records, by the specs as they were written, of which no more than a batch is held."""
        read = partial(self.results.get_spec, scan.project, scan.id)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="plan") as pool:
            for start in range(0, len(names), _BATCH):
                for spec in pool.map(read, names[start : start + _BATCH]):
                    yield _draft(spec, run)


def _noted(left_out: Iterable[LeftOut], *, late: str = "") -> str:
    """What whoever asked for the scan is to know of its plan."""
    told = (f"{DEADLINE} is expected to be missed: {late}",) if late else ()
    return "; ".join((*told, *(f"{each.asset} is not scanned: {each.reason}" for each in left_out)))[:_MAX_REASON]


def _admitted(host: PinnedHost, cover: Cover) -> PinnedHost | None:
    """None: no address of it may be probed."""
    kept = tuple(each for each in host.addresses if cover.admits(host.name, each))
    return PinnedHost(name=host.name, addresses=kept) if kept else None


def _draft(spec: ChunkSpec, run: int) -> Chunk:
    return Chunk(
        project=spec.project,
        scan=spec.scan,
        chunk=spec.chunk,
        run=run,
        summary=summary_of(spec),
        cells=cells_of(spec),
        public=is_public(spec),
        rate=spec.rate,
    )


def _cells_lost(scan: Scan, layout: Plan) -> int:
    if scan.kind == "confirm":
        return lost_cells(scan.snapshot, layout.left_out)
    return len(_names_lost(scan.snapshot, layout)) * _ports(scan.snapshot)


def _names_lost(snapshot: Snapshot, layout: Plan) -> list[str]:
    """Target hostnames without an address that may be scanned: their cells count, and nobody covers them."""
    had = {host.name: len(set(host.addresses)) for host in snapshot.hosts}
    left_out = Counter(each.asset for each in layout.left_out)
    return [name for name, addresses in left_out.items() if addresses >= had.get(name, 0)]


def _ports(snapshot: Snapshot) -> int:
    return sum(parse_ports(snapshot.ports, protocol=each, field="ports").count for each in snapshot.protocols)
