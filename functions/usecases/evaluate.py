"""The step of the stream consumer: changed exposures and hosts to alerts; what must be looked at as a whole to *review*."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.adapters.queue import Queue
from functions.core.derive import DECIDING
from functions.core.exposure import Exposure
from functions.core.host import Host
from functions.core.scan import LIVE
from functions.store.alerts import Alerts
from functions.store.attributes import Item
from functions.store.hosts import Hosts
from functions.store.networks import Networks
from functions.store.rules import Rules
from functions.store.stream import StreamRecord
from functions.store.waiting import Waiting
from functions.usecases.ask_review import ask_review
from functions.usecases.consume_stream import one_by_one
from functions.usecases.derive_alerts import DeriveAlerts
from functions.usecases.ground import MOVED, Grounds
from functions.usecases.settle_alerts import SettleAlerts


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """`settling_s`: from the end of a scan to its review, so that the last of its changes have been evaluated."""

    networks: Networks
    rules: Rules
    hosts: Hosts
    alerts: Alerts
    waiting: Waiting
    reviews: Queue
    clock: Callable[[], datetime]
    settling_s: int

    def __call__(self, records: Sequence[StreamRecord]) -> Iterable[tuple[StreamRecord, Exception]]:
        derive = DeriveAlerts(
            grounds=Grounds(networks=self.networks, rules=self.rules, hosts=self.hosts),
            settle=SettleAlerts(alerts=self.alerts, clock=self.clock),
            waiting=self.waiting,
        )

        def evaluate(record: StreamRecord) -> None:
            match record.family:
                case "EXP" if not record.is_removal:
                    derive.exposure(None if record.is_insert else record.before(Exposure), record.after(Exposure))
                case "HST" if not record.is_removal:
                    self._host(derive, None if record.is_insert else record.before(Host), record.after(Host))
                case "SCN" if not record.is_removal:
                    self._scan(record.old, record.new)
                case "NET" if not record.is_insert:
                    self._network(record.old, record.new)

        yield from one_by_one(evaluate)(records)
        for project, network in derive.grounds.moved():
            self._review(project, network, cause=MOVED)

    def _host(self, derive: DeriveAlerts, before: Host | None, after: Host) -> None:
        derive.host(before, after)
        if before is not None and before.tags != after.tags:
            self._review(after.project, after.network, cause="the tags of a host changed", asset=after.asset)

    def _scan(self, before: Item, after: Item) -> None:
        if after["status"] in LIVE or (before and before["status"] not in LIVE):
            return
        message = {"kind": "scan", "project": after["project"], "network": after["network"], "scan": after["id"]}
        self.reviews.send(message, delay_s=self.settling_s)

    def _network(self, before: Item, after: Item) -> None:
        where = (before["project"], before["id"])
        if not after:
            self._review(*where, cause="the network was deleted")
        elif any(before.get(name) != after.get(name) for name in DECIDING):
            self._review(*where, cause="the network's settings changed")

    def _review(self, project: str, network: str, *, cause: str, asset: str = "") -> None:
        ask_review(self.reviews, project=project, network=network, cause=cause, asset=asset)
