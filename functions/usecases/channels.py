"""Managing channels: a webhook's secret is made here and shown once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from functions.adapters.queue import Queue
from functions.core.channel import Channel, ChannelDraft, ChannelKind, Secret, Trial, validate_channel
from functions.core.delivery import Entry
from functions.core.errors import InvalidInput, NotFound, StaleVersion
from functions.core.signature import new_signing_secret
from functions.store.channels import Channels
from functions.store.cursor import Page
from functions.store.outbox import Outbox

RESENT_AT_ONCE = 100


class Shown(NamedTuple):
    """`secret`: empty for what is not signed; it cannot be had again."""

    channel: Channel
    secret: str


@dataclass(frozen=True, kw_only=True)
class ManageChannels:
    """`topics`: what the ARN of every topic begins with; `delivery`: the queue of those who send."""

    channels: Channels
    outbox: Outbox
    delivery: Queue
    topics: str
    plain_http: bool = False

    def create(self, *, project: str, identifier: str, draft: ChannelDraft, now: datetime) -> Shown:
        """Raises InvalidInput, AlreadyExists, Conflict for one too many."""
        self._validate(project, draft)
        channel = Channel(**dict(draft), id=identifier, project=project, created=now, updated=now)
        if draft.kind is not ChannelKind.WEBHOOK:
            self.channels.create(channel, None)
            return Shown(channel, "")
        secret = Secret(project=project, channel=identifier, secret=new_signing_secret())
        self.channels.create(channel, secret)
        return Shown(channel, secret.secret)

    def update(self, *, project: str, identifier: str, draft: ChannelDraft, expected: int, now: datetime) -> Channel:
        """Replaces what the user gives. Raises InvalidInput, NotFound, StaleVersion."""
        channel = self.channels.get(project, identifier)
        if draft.kind is not channel.kind:
            raise InvalidInput("kind", "a channel keeps its kind: make another one")
        self._validate(project, draft)
        return self.channels.update(channel, draft, expected=expected, now=now)

    def rotate(self, *, project: str, identifier: str, expected: int, now: datetime) -> Shown:
        """A new secret for a webhook; the old one signs beside it for a day. Raises InvalidInput, NotFound, StaleVersion."""
        channel = self.channels.get(project, identifier)
        if channel.kind is not ChannelKind.WEBHOOK:
            raise InvalidInput("channel", "only a webhook's messages are signed: this channel has no secret")
        if channel.version != expected:
            raise StaleVersion(
                f"the channel is at version {channel.version}, not {expected}", current=channel.model_dump(mode="json")
            )
        secret = new_signing_secret()
        return Shown(self.channels.rotate(channel, secret, expected=expected, now=now), secret)

    def test(self, *, project: str, identifier: str, message: str, now: datetime) -> Trial:
        """Asks for a test message; the channel shows what came of it. Raises NotFound."""
        trial = Trial(id=message, status="waiting", at=now)
        self.channels.record_trial(project, identifier, trial)
        where = {"project": project, "channel": identifier}
        self.delivery.send({"detail-type": "channel.test", **where, "message": message})
        return trial

    def resend(self, *, project: str, identifier: str, alerts: Sequence[str], cursor: str) -> Page[Entry]:
        """Asks to send again what was given up of `alerts`, or of all, one page a call. Raises NotFound, InvalidInput."""
        self.channels.get(project, identifier)
        if alerts:
            found = Page(tuple(self._given_up(project, identifier, alert) for alert in dict.fromkeys(alerts)))
        else:
            found = self.outbox.list(project, identifier, status="failed", limit=RESENT_AT_ONCE, cursor=cursor)
        if found.items:
            subjects = [entry.subject for entry in found.items]
            where = {"project": project, "channel": identifier}
            self.delivery.send({"detail-type": "channel.resend", **where, "subjects": subjects})
        return found

    def _given_up(self, project: str, channel: str, alert: str) -> Entry:
        entry = self.outbox.find(project, channel, alert)
        if entry is None or entry.status != "failed":
            raise NotFound(f"no delivery of {alert} on this channel has failed within a month")
        return entry

    def _validate(self, project: str, draft: ChannelDraft) -> None:
        validate_channel(draft, project=project, topics=self.topics, plain_http=self.plain_http)
