"""What *publish* says about a changed alert, scan or network: on the bus, and to those who watch live."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from functions.adapters.bus import Announcement, Bus
from functions.core.alert import Alert
from functions.core.errors import NotFound
from functions.core.ids import derived_id
from functions.core.messages import Event, EventType
from functions.core.network import Network
from functions.core.scan import AT_WORK, LIVE, Scan, ScanStatus
from functions.store.live import Live
from functions.store.networks import Networks
from functions.store.stream import StreamRecord


@dataclass(frozen=True)
class News:
    """One thing to say: on the bus, and as a live event of the same type to the watchers of `scan` and of the project."""

    type: EventType | Literal["network.changed"]
    project: str
    scan: str
    """Empty: those who watch the project alone are told."""
    at: datetime
    data: dict[str, Any]


def news_of(record: StreamRecord) -> Iterator[News]:
    """What a changed item means to others; nothing for a write that only counts. Raises Corrupt."""
    teller = _TELLERS.get(record.family)
    if teller:
        yield from teller(record)


def _scan_news(record: StreamRecord) -> Iterator[News]:
    if record.is_removal:
        return
    scan = record.after(Scan)
    data = {
        "scan": scan.id,
        "kind": scan.kind,
        "network": scan.network,
        "status": scan.status.value,
        "chunks": scan.counts.chunks,
        "cells": scan.counts.cells,
        "reason": scan.reason,
    }
    before = scan if record.is_insert else record.before(Scan)
    if scan.counts.chunks and not before.counts.chunks:
        yield News("scan.planned", scan.project, scan.id, record.at, data)
    if before.status is scan.status:
        return
    if before.status not in AT_WORK and scan.status in AT_WORK:
        yield News("scan.resumed", scan.project, scan.id, scan.resumed or record.at, {**data, "run": scan.run})
    elif scan.status is ScanStatus.PAUSED:
        resume_at = scan.resume_at.isoformat() if scan.resume_at else None
        told = {"stop": scan.stop, "why": scan.stop_why, "resume_at": resume_at}
        yield News("scan.paused", scan.project, scan.id, scan.paused or record.at, {**data, **told})
    elif scan.status is ScanStatus.RUNNING:
        yield News("scan.started", scan.project, scan.id, scan.started or scan.created, data)
    elif scan.status not in LIVE:
        ended = scan.ended or scan.created
        yield News(
            "scan.finished", scan.project, scan.id, ended, {**data, "counts": scan.counts.model_dump(mode="json")}
        )
        if scan.counts.baseline:
            summary = {"scan": scan.id, "network": scan.network, "count": scan.counts.baseline}
            yield News("baseline.recorded", scan.project, scan.id, ended, summary)


def _alert_news(record: StreamRecord) -> Iterator[News]:
    if record.is_removal:
        return
    alert = record.after(Alert)
    data = alert.model_dump(mode="json")
    if record.is_insert:
        yield News("alert.raised", alert.project, alert.why.scan, alert.raised, data)
        return
    before = record.before(Alert)
    if before.updated != alert.updated:
        yield News("alert.changed", alert.project, alert.why.scan, alert.updated, data)
    elif before.comments != alert.comments:
        yield News("alert.changed", alert.project, alert.why.scan, record.at, data)


def _network_news(record: StreamRecord) -> Iterator[News]:
    network = record.before(Network) if record.is_removal else record.after(Network)
    change = "deleted" if record.is_removal else "created" if record.is_insert else "updated"
    data = {"network": network.id, "name": network.name, "version": network.version, "change": change}
    yield News("network.changed", network.project, "", network.updated, data)


_TELLERS: dict[str, Callable[[StreamRecord], Iterator[News]]] = {
    "SCN": _scan_news,
    "ALR": _alert_news,
    "NET": _network_news,
}


@dataclass(frozen=True, kw_only=True)
class Announce:
    bus: Bus
    live: Live
    networks: Networks

    def __call__(self, record: StreamRecord) -> None:
        """Say it; saying it again repeats the same event ids. Raises Corrupt, Unavailable."""
        news = [each for each in news_of(record) if self._wanted(each)]
        for each in news:
            for event in live_events(each, record.id):
                self.live.publish(event)
        self.bus.put([Announcement(each.type, {"project": each.project, **each.data}, each.at) for each in news])

    def _wanted(self, news: News) -> bool:
        """A first coverage has its one summary only where it raises no alerts of its own."""
        if news.type != "baseline.recorded":
            return True
        try:
            return self.networks.get(news.project, news.data["network"]).alerts.baseline == "silent"
        except NotFound:
            return False


def live_events(news: News, cause: str) -> Iterator[Event]:
    """The events for the topics of the scan and of its project, with ids that derive from `cause`, the stream's record."""
    if news.type == "network.changed":
        return
    for topic in (*((f"scan:{news.scan}",) if news.scan else ()), f"project:{news.project}"):
        yield Event(
            id=derived_id(news.at, cause, news.type, topic),
            project=news.project,
            topic=topic,
            type=news.type,
            time=news.at,
            data=news.data,
        )
