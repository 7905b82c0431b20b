"""Scans, and the one live scan that a network may have."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from functions.core.errors import AlreadyExists, Conflict, IllegalTransition, NotFound, ScanInProgress, StaleVersion
from functions.core.scan import AT_WORK, LIVE, SCAN_TABLE, Scan, ScanEvent, ScanStatus
from functions.core.stop import HOLDS, Stop
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import (
    EXISTS,
    IS_NEW,
    attribute_in,
    attribute_is,
    new_or_attribute_is,
    version_is,
)
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Delete, Put, Range, Update

_LIVE_INDEX = keys.scans_by_status("live")
_STOPPED_BY = {stop: ScanEvent.PAUSE if stop in HOLDS else ScanEvent.CANCEL for stop in Stop}
_NEWEST = 20
"""Scans of one network among which every live one is: one at a time, each with one confirmation."""


class Scans:
    def __init__(self, table: Table) -> None:
        self.table = table

    def create_live(self, scan: Scan) -> None:
        """Records the scan as its network's live one, at once.

        Raises AlreadyExists (`current` is the scan as it stands), ScanInProgress (`current` is {"scan": the live scan's id}).
        """
        try:
            self.table.transact((Put(_new_item(scan), IS_NEW), Put(_live_item(scan), IS_NEW)))
        except ConditionFailed as failure:
            raise self._not_created(failure) from None

    def create_beside(self, scan: Scan) -> None:
        """Records a scan that goes on beside its network's live one: a confirmation.

        Raises AlreadyExists (`current` is the scan as it stands).
        """
        try:
            self.table.put(_new_item(scan), IS_NEW)
        except ConditionFailed as failure:
            raise AlreadyExists("the scan exists already", current=failure.public(Scan)) from None

    def get(self, project: str, scan: str) -> Scan:
        item = self.table.find(keys.scans(project), scan)
        if item is None:
            raise _missing(scan)
        return to_model(Scan, item)

    def list(
        self,
        project: str,
        *,
        network: str = "",
        status: str = "",
        kind: str = "",
        limit: int = 100,
        cursor: str = "",
    ) -> Page[Scan]:
        """Newest first."""

        def matches(scan: Scan) -> bool:
            return status in ("", scan.status) and kind in ("", scan.kind)

        pk, index = (keys.scans_of_network(project, network), keys.GSI1) if network else (keys.scans(project), "")
        return list_page(
            self.table,
            Scan,
            Range(pk, index=index, forward=False),
            limit=limit,
            cursor=cursor,
            base_key=(lambda scan: (keys.scans(project), scan)) if network else None,
            match=matches if status or kind else None,
            query=f"{status}#{kind}" if status or kind else "",
        )

    def live(self, project: str, network: str) -> str:
        """The id of the network's live scan; empty when there is none."""
        item = self.table.find(keys.live_scan(project), network)
        return str(item["scan"]) if item else ""

    def live_of(self, project: str, network: str) -> Iterator[Scan]:
        """What of the network may still send: its live scan, and confirmations, which end within the hour."""
        newest = self.list(project, network=network, limit=_NEWEST)
        return (scan for scan in newest.items if scan.status in LIVE)

    def all_live(self) -> Iterator[tuple[str, str]]:
        """Project and id of every scan that the index has as live, oldest first: for the sweeper alone."""
        for item in self.table.all(Range(_LIVE_INDEX, index=keys.GSI2)):
            yield str(item[keys.PK]).partition("#")[2], str(item[keys.SK])

    def transition(self, scan: Scan, event: ScanEvent, **changes: Any) -> Scan:
        """The scan after `event`, with `changes` of its fields; an end frees its network in the same write, and one that is live again takes it.

        Raises IllegalTransition where the table has no row (`current` where another writer got there first), StaleVersion, NotFound,
        ScanInProgress where the network is taken.
        """
        after = self._changed(scan, {**changes, "status": SCAN_TABLE.after(scan.status, event)})
        condition = attribute_is("status", str(scan.status)) & version_is(scan.version)
        names = (*changes, "status", "version")
        pk = keys.scans(scan.project)
        try:
            if scan.status not in LIVE:
                self._revive(scan, Update(pk, scan.id, {**_values(after, names), **_in_live_index(scan.id)}, condition))
            elif after.status in LIVE:
                self.table.update(pk, scan.id, _values(after, names), condition)
            else:
                self._end(scan, Update(pk, scan.id, _values(after, names), condition, (keys.GSI2_PK, keys.GSI2_SK)))
        except ConditionFailed as failure:
            raise _refused(failure, scan.id, event) from None
        return after

    def update(self, scan: Scan, **changes: Any) -> Scan:
        """Changes fields other than the status. Raises StaleVersion, NotFound."""
        after = self._changed(scan, changes)
        try:
            self.table.update(
                keys.scans(scan.project), scan.id, _values(after, (*changes, "version")), version_is(scan.version)
            )
        except ConditionFailed as failure:
            raise _refused(failure, scan.id) from None
        return after

    def request_stop(self, scan: Scan, stop: Stop, *, now: datetime, why: str = "") -> Scan:
        """Asks a scan at work to stop in its present run; what was asked before, and when, gives way to `stop`.

        Raises IllegalTransition for one that is paused or has ended, StaleVersion for one that is in another run by now, NotFound.
        """
        asked = {"stop": str(stop), "stop_asked": now, "stop_why": why[:256]}
        condition = attribute_in("status", AT_WORK) & attribute_is("run", scan.run)
        try:
            item = self.table.update(keys.scans(scan.project), scan.id, asked, condition)
        except ConditionFailed as failure:
            raise _refused(failure, scan.id, _STOPPED_BY[stop]) from None
        return to_model(Scan, item)

    def delete(self, project: str, scan: str, *, expected: int) -> None:
        """Raises NotFound, StaleVersion."""
        try:
            self.table.delete(keys.scans(project), scan, version_is(expected))
        except ConditionFailed as failure:
            raise _refused(failure, scan) from None

    def _changed(self, scan: Scan, changes: dict[str, Any]) -> Scan:
        return Scan.model_validate({**dict(scan), **changes, "version": scan.version + 1})

    def _end(self, scan: Scan, ended: Update) -> None:
        """A network that another scan has taken meanwhile stays taken: only the scan's own claim is removed."""
        if scan.kind == "scan":
            freed = Delete(keys.live_scan(scan.project), scan.network, new_or_attribute_is("scan", scan.id))
            try:
                self.table.transact((ended, freed))
                return
            except ConditionFailed as failure:
                if failure.failed == 0:
                    raise
        self.table.update(ended.pk, ended.sk, ended.values, ended.condition or EXISTS, remove=ended.remove)

    def _revive(self, scan: Scan, live: Update) -> None:
        try:
            self.table.transact((live, Put(_live_item(scan), IS_NEW)))
        except ConditionFailed as failure:
            if failure.failed == 0:
                raise
            raise _taken(failure) from None

    def _not_created(self, failure: ConditionFailed) -> Conflict:
        if failure.failed == 0:
            return AlreadyExists("the scan exists already", current=failure.public(Scan))
        return _taken(failure)


def _new_item(scan: Scan) -> dict[str, Any]:
    index = {
        keys.GSI1_PK: keys.scans_of_network(scan.project, scan.network),
        keys.GSI1_SK: scan.id,
        **_in_live_index(scan.id),
    }
    return to_item(scan, keys.scans(scan.project), scan.id, **index)


def _in_live_index(scan: str) -> dict[str, str]:
    return {keys.GSI2_PK: _LIVE_INDEX, keys.GSI2_SK: scan}


def _live_item(scan: Scan) -> dict[str, Any]:
    """Whose network is taken, and by which scan."""
    return {keys.PK: keys.live_scan(scan.project), keys.SK: scan.network, "project": scan.project, "scan": scan.id}


def _taken(failure: ConditionFailed) -> ScanInProgress:
    item = failure.item or {}
    return ScanInProgress("the network has a scan that has not ended", current={"scan": item.get("scan", "")})


def _values(scan: Scan, names: tuple[str, ...]) -> dict[str, Any]:
    fields = scan.model_dump(mode="json")
    return {name: fields[name] for name in names}


def _missing(scan: str) -> NotFound:
    return NotFound(f"there is no scan {scan} in this project")


def _refused(failure: ConditionFailed, scan: str, event: ScanEvent | None = None) -> NotFound | Conflict:
    if failure.item is None:
        return _missing(scan)
    current = failure.public(Scan)
    status = ScanStatus(current["status"])
    if event is not None and status not in SCAN_TABLE.sources(event):
        return IllegalTransition(f"a scan that is {status} cannot {event}", current=current)
    return StaleVersion("the scan changed meanwhile; read it again", current=current)
