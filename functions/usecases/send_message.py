"""One message on one channel, whatever its kind."""

from dataclasses import dataclass
from datetime import datetime

from functions.adapters.sns import Topics
from functions.adapters.webhook import Webhook
from functions.core import signature
from functions.core.channel import Channel, ChannelKind
from functions.core.errors import NotFound, Undelivered
from functions.core.outgoing import Outgoing
from functions.store.channels import Channels


@dataclass(frozen=True, kw_only=True)
class SendMessage:
    channels: Channels
    webhook: Webhook
    topics: Topics

    def __call__(self, channel: Channel, message: Outgoing, *, now: datetime) -> None:
        """Raises Undelivered."""
        if channel.kind is ChannelKind.WEBHOOK:
            self._post(channel, message, now)
        else:
            attributes = {"type": message.type, "project": message.project, "severity": _worst(message)}
            self.topics.publish(channel.topic, subject=_subject(message), body=message.body(), attributes=attributes)

    def _post(self, channel: Channel, message: Outgoing, now: datetime) -> None:
        try:
            kept = self.channels.secret(channel.project, channel.id)
        except NotFound:
            raise Undelivered("the channel has no secret: rotate it for a new one") from None
        in_force = [kept.secret]
        if kept.previous and kept.previous_until and now < kept.previous_until:
            in_force.append(kept.previous)
        body = message.body()
        signed = signature.headers(in_force, message=message.id, timestamp=int(now.timestamp()), body=body)
        self.webhook.post(channel.url, signed, body)


def _worst(message: Outgoing) -> str:
    return str(message.groups[0]["severity"]) if message.groups else ""


def _subject(message: Outgoing) -> str:
    """Of our own words only: a subject is ASCII, and what scanned hosts say does not belong there."""
    if message.type != "alerts":
        return f"Vedette: {message.type}"
    first = message.groups[0]
    if len(message.alerts) == 1:
        return f"Vedette: {message.alerts[0]['occasion']}: {first['severity']} {first['type']}"
    return f"Vedette: {len(message.alerts)} alerts, worst {first['severity']} {first['type']}"
