"""Did you scan me? Which chunks may have sent what somebody saw, by our address, their target and the time."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import NamedTuple

from functions.adapters.results import Results
from functions.core.chunk import Chunk, ChunkStatus
from functions.core.errors import NotFound
from functions.core.outline import Outline, Region
from functions.core.scan import Scan
from functions.core.sending import Probing, Sending
from functions.store.ledger import Ledger
from functions.store.scans import Scans
from functions.store.sources import Sources

AROUND = timedelta(minutes=15)
"""Clocks differ, and so do logs."""
LONGEST = timedelta(hours=12)
"""Before the time asked about, an attempt may have begun so long ago."""
_RECORDS, _LIVE, _PAGES, _PAGE = 200, 50, 20, 100


class _Sent(NamedTuple):
    """`until`: None while it goes on."""

    project: str
    scan: str
    chunk: str
    attempt: int
    sources: tuple[str, ...]
    since: datetime
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class FindProbes:
    sources: Sources
    scans: Scans
    ledger: Ledger
    results: Results

    def by_source(self, *, source: str, at: datetime, project: str = "", target: str = "") -> tuple[Probing, ...]:
        """Of one project, or of all. Newest first; many at one time are told in part."""
        sent = (*self._going_on(project, source), *self._recorded(project, source, at))
        return self._told(sent, at, target)

    def by_target(self, *, project: str, target: str, at: datetime) -> tuple[Probing, ...]:
        """Of one project, from whichever address."""
        return self._told((sent for scan in self._scans_at(project, at) for sent in self._attempts(scan)), at, target)

    def _told(self, sent: Iterator[_Sent] | tuple[_Sent, ...], at: datetime, target: str) -> tuple[Probing, ...]:
        @cache
        def outlines(project: str, scan: str) -> dict[str, Outline]:
            try:
                return {each.chunk: each for each in self.results.get_outlines(project, scan)}
            except NotFound:
                return {}

        found: dict[tuple[str, str, int], Probing] = {}
        for each in sent:
            if not _overlaps(each, at) or len(found) == _PAGE:
                continue
            scan = self._scan(each.project, each.scan)
            outline = outlines(each.project, each.scan).get(each.chunk) if target else None
            if outline is None or _holds(outline, target, scan):
                found.setdefault((each.scan, each.chunk, each.attempt), self._probing(each, scan))
        return tuple(found.values())

    def _recorded(self, project: str, source: str, at: datetime) -> Iterator[_Sent]:
        records = self.sources.of(source, since=at - LONGEST, until=at + AROUND, limit=_RECORDS)
        for record in records:
            if project in ("", record.project):
                where = (record.project, record.scan, record.chunk, record.attempt)
                yield _Sent(*where, (record.address,), record.since, record.until or self._until(record))

    def _until(self, record: Sending) -> datetime | None:
        """Of one whose end nobody recorded: the last sign of life in the ledger."""
        try:
            chunk = self.ledger.get(record.project, record.scan, record.chunk)
        except NotFound:
            return record.since + LONGEST
        return None if chunk.status is ChunkStatus.CLAIMED else chunk.heartbeat or record.since

    def _going_on(self, project: str, source: str) -> Iterator[_Sent]:
        """What no judge has recorded yet."""
        for owner, scan in islice(self.scans.all_live(), _LIVE):
            if project in ("", owner):
                yield from (
                    _sent(chunk)
                    for chunk in self.ledger.list(owner, scan)
                    if chunk.status is ChunkStatus.CLAIMED and source in chunk.sources
                )

    def _scans_at(self, project: str, at: datetime) -> Iterator[Scan]:
        cursor = ""
        for _ in range(_PAGES):
            page = self.scans.list(project, limit=_PAGE, cursor=cursor)
            for scan in page.items:
                if scan.created <= at + AROUND and (scan.ended is None or scan.ended >= at - AROUND):
                    yield scan
            if not page.next_cursor or page.items[-1].created < at - 2 * LONGEST:
                return
            cursor = page.next_cursor

    def _attempts(self, scan: Scan) -> Iterator[_Sent]:
        """The last attempt of each chunk that ever had one."""
        return (_sent(chunk) for chunk in self.ledger.list(scan.project, scan.id) if chunk.claimed)

    def _scan(self, project: str, scan: str) -> Scan | None:
        try:
            return self.scans.get(project, scan)
        except NotFound:
            return None

    def _probing(self, sent: _Sent, scan: Scan | None) -> Probing:
        """Without what a deleted scan would say."""
        known = Probing(network=scan.network if scan else "", **sent._asdict())
        if scan is None:
            return known
        try:
            summary = self.ledger.get(sent.project, sent.scan, sent.chunk).summary
        except NotFound:
            summary = ""
        said = {"summary": summary, "cause": scan.cause, "authorities": scan.snapshot.authorities}
        return known.model_copy(update=said)


def _sent(chunk: Chunk) -> _Sent:
    since = chunk.claimed or chunk.heartbeat
    if since is None:
        raise ValueError("only a chunk that was claimed has sent")
    until = None if chunk.status is ChunkStatus.CLAIMED else chunk.heartbeat
    return _Sent(chunk.project, chunk.scan, chunk.chunk, chunk.attempt, chunk.sources, since, until)


def _overlaps(sent: _Sent, at: datetime) -> bool:
    return sent.since <= at + AROUND and (sent.until is None or sent.until >= at - AROUND)


def _holds(outline: Outline, target: str, scan: Scan | None) -> bool:
    """`target`: an address, also of a hostname as it was pinned, or a hostname."""
    region = Region.of(outline)
    try:
        address = ipaddress.ip_address(target)
    except ValueError:
        return target.lower() in region.names
    pinned = scan.snapshot.hosts if scan else ()
    named = any(host.name.lower() in region.names and str(address) in host.addresses for host in pinned)
    return named or int(address) in region.numbers(4 if address.version == 4 else 6)
