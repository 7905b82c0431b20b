"""The chunk ledger: claims, leases and results, each a conditional write on attempt and status."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal

from functions.core.chunk import CHUNK_TABLE, Chunk, ChunkCounts, ChunkEvent, ChunkStatus, SavedFile
from functions.core.effort import PhaseTime, Sampled
from functions.core.errors import NotFound, Superseded
from functions.core.halt import ORGANISATION
from functions.core.messages import Progress
from functions.core.metering import attempt_ended, sent_by
from functions.core.stop import Stop
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import ANYTHING, IS_NEW, attribute_is
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Put, Range

Outcome = Literal["complete", "partial", "stopped"]
NarrowedBy = Literal["network", "organisation", "inventory", "run"]
_GROUP = 100
"""Chunks that one transaction creates."""


class Ledger:
    """A worker needs no more of the table than to read and update items of this family, and to read halts."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def create(self, chunks: Iterable[Chunk]) -> None:
        """Records the chunks that are not there yet; those that are stay as they stand, so that a plan may be repeated."""
        group: list[Put] = []
        for chunk in chunks:
            group.append(Put(to_item(chunk, *_key(chunk.project, chunk.scan, chunk.chunk)), IS_NEW))
            if len(group) == _GROUP:
                self._create_group(group)
                group = []
        self._create_group(group)

    def get(self, project: str, scan: str, chunk: str) -> Chunk:
        item = self.table.find(*_key(project, scan, chunk))
        if item is None:
            raise _missing(scan, chunk)
        return to_model(Chunk, item)

    def list(self, project: str, scan: str) -> tuple[Chunk, ...]:
        """All chunks of a scan, in order; the plan bounds their number."""
        span = Range(keys.chunks(project, scan), upper=keys.LAST_CHUNK)
        return tuple(to_model(Chunk, item) for item in self.table.all(span))

    def page(self, project: str, scan: str, *, limit: int = 100, cursor: str = "") -> Page[Chunk]:
        span = Range(keys.chunks(project, scan), upper=keys.LAST_CHUNK)
        return list_page(self.table, Chunk, span, limit=limit, cursor=cursor)

    def claim(
        self, project: str, scan: str, chunk: str, *, run: int, now: datetime, lease_s: int, sources: Sequence[str] = ()
    ) -> Chunk:
        """The next attempt of a waiting chunk, or of one whose lease has run out.

        Raises Superseded while another attempt holds it or a later run has begun, IllegalTransition when it is done.
        """
        seen = self.get(project, scan, chunk)
        if run < seen.run:
            raise Superseded(f"run {seen.run} has begun; run {run} may claim nothing more")
        if seen.status is ChunkStatus.CLAIMED:
            if seen.lease_until is not None and now < seen.lease_until:
                raise Superseded(f"attempt {seen.attempt} holds the chunk until {seen.lease_until.isoformat()}")
            status = CHUNK_TABLE.after(CHUNK_TABLE.after(seen.status, ChunkEvent.FENCE), ChunkEvent.CLAIM)
        else:
            status = CHUNK_TABLE.after(seen.status, ChunkEvent.CLAIM)
        claimed = {"status": status, "attempt": seen.attempt + 1, "run": run, "claimed": now, "heartbeat": now}
        return self._write(
            seen,
            {
                **claimed,
                **sent_by(seen),
                "begun": seen.begun or now,
                "lease_until": now + timedelta(seconds=lease_s),
                "progress": None,
                "reason": "",
                "stop": "",
                "sources": (*sources,),
            },
        )

    def admit(
        self, chunk: Chunk, *, rate: int, not_after: datetime | None, now: datetime | None = None, spot: bool = False
    ) -> Chunk:
        """A waiting chunk's next attempt may begin: what it may send, until when, and on what capacity. Raises Superseded."""
        let_go = {"granted": rate, "not_after": not_after, "on_spot": spot}
        let_go |= {"admitted": now, "admitted_after": chunk.attempt}
        return self._write(chunk, {**let_go, **sent_by(chunk)})

    def count_task(self, chunk: Chunk, *, now: datetime) -> Chunk:
        """The task of its last attempt is gone: its time is added, once. Raises Superseded."""
        spent = attempt_ended(chunk, now=now)
        return self._write(chunk, spent) if spent else chunk

    def meter(self, project: str, scan: str, amounts: Mapping[str, int]) -> None:
        """Adds what a step or a worker has used."""
        of = {"project": project, "scan": scan}
        self.table.update(keys.chunks(project, scan), keys.METER, of, ANYTHING, add=amounts)

    def metered(self, project: str, scan: str) -> dict[str, int]:
        """All that was added; nothing where nobody did."""
        item = self.table.find(keys.chunks(project, scan), keys.METER) or {}
        return {name: amount for name, amount in item.items() if isinstance(amount, int)}

    def heartbeat(self, chunk: Chunk, *, now: datetime, progress: Progress | None) -> str:
        """Says that the attempt lives; returns what was asked of the scan, e.g. `cancel`, empty for nothing.

        Raises Superseded when another attempt or status took over, or when the lease has run out.
        """
        if chunk.lease_until is not None and now >= chunk.lease_until:
            raise Superseded(f"the lease of attempt {chunk.attempt} ran out at {chunk.lease_until.isoformat()}")
        seen: dict[str, Any] = {"heartbeat": now} if progress is None else {"heartbeat": now, "progress": progress}
        self._write(chunk, seen)
        return self.stop_requested(chunk.project, chunk.scan, run=chunk.run)

    def save(
        self,
        chunk: Chunk,
        *,
        result_key: str,
        outcome: Outcome,
        reason: str = "",
        progress: Progress | None = None,
        stop: Stop | Literal[""] = "",
        files: Sequence[SavedFile] = (),
        times: Sequence[PhaseTime] = (),
        sampled: Sequence[Sampled] = (),
    ) -> Chunk:
        """The attempt's result is in S3. Saying it twice is saying it once. Raises Superseded."""
        changes: dict[str, Any] = {} if progress is None else {"progress": progress}
        changes |= {
            "result_key": result_key,
            "outcome": outcome,
            "reason": reason[:512],
            "stop": stop,
            "files": (*files,),
            "times": (*times,),
            "sampled": (*sampled,),
        }
        try:
            return self._write(chunk, {"status": CHUNK_TABLE.after(chunk.status, ChunkEvent.SAVE), **changes})
        except Superseded:
            current = self.get(chunk.project, chunk.scan, chunk.chunk)
            if current.attempt == chunk.attempt and current.result_key == result_key:
                return current
            raise

    def fence(self, chunk: Chunk, *, reason: str = "") -> Chunk:
        """The attempt's worker is gone: the chunk waits again, and whatever that worker still writes is refused.

        Raises Superseded where the attempt or its status has moved on.
        """
        waiting = CHUNK_TABLE.after(chunk.status, ChunkEvent.FENCE)
        return self._write(chunk, {"status": waiting, "lease_until": None, "reason": reason[:512]})

    def take_back(self, chunk: Chunk, *, reason: str) -> Chunk:
        """Its capacity is gone: the chunk waits again, and an attempt that was made of it does not count. Raises Superseded."""
        waiting = CHUNK_TABLE.after(chunk.status, ChunkEvent.TAKE_BACK)
        began = chunk.status is not ChunkStatus.WAITING
        return self._write(
            chunk,
            {
                "status": waiting,
                "lease_until": None,
                "reason": reason[:512],
                "earlier": chunk.earlier + began,
                "taken_back": chunk.taken_back + 1,
                "outcome": "",
                "result_key": "",
                "files": (),
            },
        )

    def fail(self, chunk: Chunk, *, reason: str) -> Chunk:
        """Raises IllegalTransition, Superseded where the chunk has moved on since it was read."""
        return self._end(chunk, ChunkEvent.FAIL, reason)

    def cancel(self, chunk: Chunk, *, reason: str = "") -> Chunk:
        """A chunk that is waiting or claimed ends here. Raises IllegalTransition, Superseded."""
        return self._end(chunk, ChunkEvent.CANCEL, reason)

    def mark_ingested(self, chunk: Chunk, counts: ChunkCounts, *, reason: str = "") -> Chunk:
        """Saying it twice keeps the first counts; what an earlier run made of the chunk, and `reason`, are added to.

        Raises IllegalTransition, Superseded.
        """
        if chunk.status is ChunkStatus.INGESTED:
            return chunk
        ingested = CHUNK_TABLE.after(chunk.status, ChunkEvent.INGEST)
        try:
            told = "; ".join(each for each in (chunk.reason, reason) if each)[:512]
            counts = chunk.counts.and_then(counts)
            return self._write(chunk, {"status": ingested, "counts": counts, "reason": told})
        except Superseded:
            current = self.get(chunk.project, chunk.scan, chunk.chunk)
            if current.attempt == chunk.attempt and current.status is ChunkStatus.INGESTED:
                return current
            raise

    def reopen(self, chunk: Chunk, *, run: int) -> Chunk:
        """A chunk that is not covered waits for its next attempt, in a later run. Twice is once. Raises Superseded."""
        if chunk.run >= run:
            return chunk
        waiting = ChunkStatus.WAITING
        if chunk.status is not waiting:
            waiting = CHUNK_TABLE.after(chunk.status, ChunkEvent.REOPEN)
        changes = {"status": waiting, "run": run, "earlier": chunk.attempt, "taken_back": 0}
        changes |= {"lease_until": None, "stop": ""}
        try:
            return self._write(chunk, changes)
        except Superseded:
            current = self.get(chunk.project, chunk.scan, chunk.chunk)
            if current.run >= run:
                return current
            raise

    def request_stop(self, project: str, scan: str, what: str, *, run: int) -> None:
        """Workers of this run and of earlier ones see it at their next heartbeat. Asking twice is asking once."""
        request = {"project": project, "scan": scan, "stop": what, "run": run}
        self.table.put({**request, keys.PK: keys.chunks(project, scan), keys.SK: keys.STOP_REQUEST})

    def stop_requested(self, project: str, scan: str, *, run: int) -> str:
        """What stops this run now: what was asked of it, or a halt in force, read in one go; empty for nothing."""
        asked, halts = keys.chunks(project, scan), (keys.halt(project), keys.halt(ORGANISATION))
        found = list(self.table.find_many([(asked, keys.STOP_REQUEST), *((halt, keys.HALT) for halt in halts)]))
        for item in found:
            if item[keys.PK] == asked and item.get("run", run) >= run:
                return str(item["stop"])
        return str(Stop.HALT) if any(item[keys.PK] in halts for item in found) else ""

    def narrow(self, project: str, scan: str, exclusions: Sequence[str], *, by: NarrowedBy = "network") -> None:
        """More is excluded while the scan is live; what was excluded `by` the same before is replaced.

        Chunks that start from now on keep to it, and those at work at their next heartbeat.
        """
        item = {"project": project, "scan": scan, "exclusions": [*exclusions]}
        self.table.put({**item, keys.PK: keys.chunks(project, scan), keys.SK: keys.EXCLUSIONS[by]})

    def exclusions(self, project: str, scan: str) -> tuple[str, ...]:
        """Exclusions made since the scan was planned, as the user gave them; those of the plan are in the chunk specs."""
        found = (self.table.find(keys.chunks(project, scan), key) for key in keys.EXCLUSIONS.values())
        return tuple(dict.fromkeys(target for item in found if item for target in item["exclusions"]))

    def remove(self, project: str, scan: str, *, most: int) -> bool:
        """The chunks and requests of a scan, at most `most` at once; whether nothing is left."""
        pk = keys.chunks(project, scan)
        some = [(pk, str(item[keys.SK])) for item in islice(self.table.all(Range(pk)), most)]
        self.table.batch_delete(some)
        return len(some) < most

    def _end(self, chunk: Chunk, event: ChunkEvent, reason: str) -> Chunk:
        status = CHUNK_TABLE.after(chunk.status, event)
        return self._write(chunk, {"status": status, "lease_until": None, "reason": reason[:512]})

    def _write(self, seen: Chunk, changes: dict[str, Any]) -> Chunk:
        """Writes only while attempt and status are as seen."""
        after = Chunk.model_validate({**dict(seen), **changes}).model_dump(mode="json")
        condition = attribute_is("attempt", seen.attempt) & attribute_is("status", str(seen.status))
        key = _key(seen.project, seen.scan, seen.chunk)
        try:
            item = self.table.update(*key, {name: after[name] for name in changes}, condition)
        except ConditionFailed as failure:
            if failure.item is None:
                raise _missing(seen.scan, seen.chunk) from None
            current = to_model(Chunk, failure.item)
            raise Superseded(f"the chunk is {current.status} at attempt {current.attempt} by now") from None
        return to_model(Chunk, item)

    def _create_group(self, group: Sequence[Put]) -> None:
        if not group:
            return
        try:
            self.table.transact(group)
        except ConditionFailed:
            for put in group:
                self._create_one(put)

    def _create_one(self, put: Put) -> None:
        try:
            self.table.put(put.item, IS_NEW)
        except ConditionFailed:
            return


def _key(project: str, scan: str, chunk: str) -> tuple[str, str]:
    return keys.chunks(project, scan), chunk


def _missing(scan: str, chunk: str) -> NotFound:
    return NotFound(f"there is no chunk {chunk} in scan {scan}")
