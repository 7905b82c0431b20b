"""Exports: asked for by the API, written by a function that a queue calls."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from functions.adapters.export_objects import ExportObjects
from functions.adapters.queue import Queue
from functions.core import export_table
from functions.core.alert import Alert
from functions.core.alert_filter import AlertFilter
from functions.core.errors import AlreadyExists, Corrupt, InvalidInput, NotFound, VedetteError
from functions.core.export import Export, ExportDraft, ExportKind, ExportStatus, check_draft
from functions.core.exposure import Exposure
from functions.core.host import Host
from functions.core.model import Model
from functions.core.network import Network
from functions.core.scan import Scan
from functions.store.alert_lists import AlertLists
from functions.store.cursor import Page
from functions.store.estate import part_of
from functions.store.exports import Exports
from functions.store.exposures import Exposures
from functions.store.hosts import Hosts
from functions.store.networks import Networks
from functions.store.scans import Scans
from functions.usecases.scan_document import ScanDocument

M = TypeVar("M", bound=Model)

PAGE = 1000
_FINAL = (NotFound, Corrupt, InvalidInput)
"""Trying again would end the same."""


class TookTooLong(VedetteError):
    """An export that does not fit into one run of its function."""

    slug = "took-too-long"


@dataclass(frozen=True, kw_only=True)
class AskForExport:
    exports: Exports
    networks: Networks
    scans: Scans
    queue: Queue
    days: int
    """How long an export is kept."""

    def __call__(self, *, project: str, identifier: str, draft: ExportDraft, by: str, now: datetime) -> Export:
        """The same identifier asks once; it is sent again while nobody has begun. Raises InvalidInput, NotFound."""
        check_draft(draft)
        part_of(address=draft.filters.address, cidr=draft.filters.cidr)
        if draft.filters.network:
            self.networks.get(project, draft.filters.network)
        if draft.filters.scan:
            self.scans.get(project, draft.filters.scan)
        export = Export(
            **dict(draft),
            id=identifier,
            project=project,
            created=now,
            created_by=by,
            until=now + timedelta(days=self.days),
        )
        try:
            self.exports.create(export)
        except AlreadyExists as error:
            export = Export.model_validate(error.current)
        if export.status is ExportStatus.WAITING:
            self.queue.send({"project": project, "export": export.id})
        return export


@dataclass(frozen=True, kw_only=True)
class WriteExport:
    exports: Exports
    networks: Networks
    exposures: Exposures
    hosts: Hosts
    alerts: AlertLists
    scans: Scans
    document: ScanDocument
    objects: ExportObjects
    now: Callable[[], datetime]
    limit_s: float
    """From begin to end; the function's own time-out is later."""

    def __call__(self, *, project: str, export: str) -> Export:
        """Writes it and says what became of it. A repeat of one that is done does nothing.

        Raises NotFound, and what may be better at another time, once the export says that it failed.
        """
        found = self.exports.get(project, export, now=self.now())
        if found.status is ExportStatus.DONE:
            return found
        begun = self.exports.begin(found)
        rows = _Rows(self.now, self.now() + timedelta(seconds=self.limit_s))
        try:
            size = self.objects.write(begun, self._texts(begun, rows))
        except (*_FINAL, TookTooLong) as error:
            return self.exports.fail(begun, reason=error.message, now=self.now())
        except Exception as error:
            self.exports.fail(begun, reason=f"{type(error).__name__}; it will be tried again", now=self.now())
            raise
        return self.exports.finish(begun, rows=rows.number, size=size, now=self.now())

    def _texts(self, export: Export, rows: "_Rows") -> Iterator[str]:
        if export.kind is ExportKind.SCAN_XML:
            yield from self.document(self.scans.get(export.project, export.filters.scan), count=rows.count)
            return
        yield export_table.header(export.kind, export.format)
        for record in self._records(export):
            rows.count()
            yield export_table.line(record, export.kind, export.format)

    def _records(self, export: Export) -> Iterator[Model]:
        match export.kind:
            case ExportKind.EXPOSURES:
                for network in self._networks(export):
                    yield from _all(partial(self._exposures, export, network))
            case ExportKind.HOSTS:
                for network in self._networks(export):
                    yield from _all(partial(self._hosts, export, network))
            case ExportKind.ALERTS:
                yield from _all(partial(self._alerts, export, self.now()))
            case _:
                yield from _all(partial(self._scans, export))

    def _exposures(self, export: Export, network: str, cursor: str) -> Page[Exposure]:
        wanted = export.filters
        return self.exposures.list(
            export.project,
            network,
            address=wanted.address,
            cidr=wanted.cidr,
            port=wanted.port,
            protocol=wanted.protocol,
            service=wanted.service,
            state=wanted.state,
            limit=PAGE,
            cursor=cursor,
        )

    def _hosts(self, export: Export, network: str, cursor: str) -> Page[Host]:
        wanted = export.filters
        return self.hosts.list(
            export.project,
            network,
            address=wanted.address,
            cidr=wanted.cidr,
            tag=wanted.tag,
            up=wanted.up,
            limit=PAGE,
            cursor=cursor,
        )

    def _alerts(self, export: Export, now: datetime, cursor: str) -> Page[Alert]:
        told = export.filters.model_dump()
        wanted = AlertFilter.model_validate(
            {name: told[name] for name in told.keys() & AlertFilter.model_fields.keys()}
        )
        return self.alerts.page(export.project, wanted, now=now, limit=PAGE, cursor=cursor)

    def _scans(self, export: Export, cursor: str) -> Page[Scan]:
        wanted = export.filters
        return self.scans.list(
            export.project, network=wanted.network, status=wanted.status or "", limit=PAGE, cursor=cursor
        )

    def _networks(self, export: Export) -> Iterator[str]:
        if export.filters.network:
            yield export.filters.network
            return
        for network in _all(partial(self._page_of_networks, export.project)):
            yield network.id

    def _page_of_networks(self, project: str, cursor: str) -> Page[Network]:
        return self.networks.list(project, limit=PAGE, cursor=cursor)


@dataclass
class _Rows:
    now: Callable[[], datetime]
    end: datetime
    number: int = 0

    def count(self) -> None:
        """Raises TookTooLong; looks at the clock now and then."""
        self.number += 1
        if self.number % PAGE == 0 and self.now() > self.end:
            raise TookTooLong(f"{self.number} rows took too long: export a part of it, by network or by address")


def _all(page: Callable[[str], Page[M]]) -> Iterator[M]:
    cursor = ""
    while True:
        found = page(cursor)
        yield from found.items
        cursor = found.next_cursor
        if not cursor:
            return
