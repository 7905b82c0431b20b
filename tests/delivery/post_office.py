"""Delivery as it is wired, on tables in memory, with a sender that remembers in the place of the internet."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.core.alert import Alert, Delivery
from functions.core.channel import Channel
from functions.core.delivery import Entry
from functions.core.errors import Undelivered
from functions.core.ids import new_id
from functions.core.outgoing import Outgoing
from functions.delivery import deliver
from functions.store.channels import Channels
from functions.store.hosts import Hosts
from functions.store.outbox import Outbox
from functions.usecases.deliver import Deliver
from functions.usecases.send_entries import SendEntries
from functions.usecases.send_message import SendMessage
from functions.wiring import delivery as wiring
from tests.backend import NOW, Backend
from tests.core import delivery_examples
from tests.scan_workflow.rehearsal import LambdaContext

Json = dict[str, Any]


class FakeSender(SendMessage):
    """`down`: channels that take nothing; `before`: what happens while a message is on its way."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.taken: list[tuple[str, Outgoing]] = []
        self.tried: list[tuple[str, str]] = []
        self.before: Callable[[], object] = bool

    def __call__(self, channel: Channel, message: Outgoing, *, now: datetime) -> None:
        before, self.before = self.before, bool
        before()
        self.tried.append((channel.id, message.id))
        if channel.id in self.down:
            raise Undelivered("the receiver answered 500")
        self.taken.append((channel.id, message))


@dataclass
class PostOffice:
    backend: Backend
    sender: FakeSender = field(default_factory=FakeSender)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.channels, self.outbox = Channels(self.backend.table), Outbox(self.backend.table)
        self.hosts = Hosts(self.backend.table)
        entries = SendEntries(alerts=self.backend.alerts, outbox=self.outbox, send=self.sender)
        self.deliver = Deliver(
            networks=self.backend.networks, hosts=self.hosts, channels=self.channels, entries=entries
        )

    def channel(self, **fields: Any) -> Channel:
        plain = {"name": "hook", "kind": "webhook", "url": "https://example.com/", "created": NOW, "updated": NOW}
        where = {"id": new_id(self.now), "project": self.backend.project}
        made = Channel.model_validate({**plain, **where, **fields})
        self.channels.create(made, None)
        return made

    def alert(self, *, heard: bool = True, **fields: Any) -> Alert:
        """Raised, and, when `heard`, told of by the bus."""
        now = {"raised": self.now, "updated": self.now}
        plain: Json = {"id": new_id(self.now), "project": self.backend.project, **now}
        made = delivery_examples.alert(**(plain | fields))
        self.backend.alerts.create(made)
        if heard:
            self.tell(made)
        return made

    def change(self, alert: Alert, **fields: Any) -> Alert:
        """What somebody did to it, not yet told of."""
        found = self.backend.alerts.get(alert.project, alert.id)
        return self.backend.alerts.change(found, by="me", event="changed", text="", now=self.now, **fields)

    def tell(self, alert: Alert, kind: str = "alert.changed") -> None:
        self.give(told_by_the_bus(alert, kind))

    def a_minute(self, passes: timedelta = timedelta(minutes=1)) -> None:
        self.now += passes
        self.give({"detail-type": "Scheduled Event"})

    def give(self, body: Json) -> None:
        assert self.give_and_say(body) == []

    def give_and_say(self, body: Json) -> list[Json]:
        attributes = {"SentTimestamp": str(int(self.now.timestamp() * 1000))}
        record = {"messageId": uuid.uuid4().hex, "body": json.dumps(body), "attributes": attributes}
        answer = deliver.handler({"Records": [record]}, LambdaContext())
        return list(answer["batchItemFailures"])

    def state(self, alert: Alert, channel: Channel) -> Delivery | None:
        return self.backend.alerts.get(alert.project, alert.id).deliveries.get(channel.id)

    def waiting(self, channel: Channel) -> list[Entry]:
        return list(self.outbox.list(channel.project, channel.id, limit=200, cursor="").items)

    def told(self, channel: Channel) -> list[list[tuple[str, str]]]:
        """Message by message: (occasion, alert)."""
        return [
            [(each["occasion"], each["alert"]["id"]) for each in message.alerts]
            for to, message in self.sender.taken
            if to == channel.id
        ]


def told_by_the_bus(alert: Alert, kind: str = "alert.raised") -> Json:
    return {"detail-type": kind, "source": "vedette", "detail": alert.model_dump(mode="json")}


@pytest.fixture
def post_office(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    office = PostOffice(backend)
    monkeypatch.setattr(wiring, "deliver", lambda: office.deliver)
    monkeypatch.setattr(deliver, "utc_now", lambda: office.now)
    return office
