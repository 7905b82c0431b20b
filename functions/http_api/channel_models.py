"""What the HTTP API takes and gives about channels beyond the domain's own models."""

from pydantic import Field

from functions.core.alert import Delivery
from functions.core.channel import Channel
from functions.core.model import Id, Model


class NewChannel(Model):
    """A channel that has just been made, or whose secret was replaced."""

    channel: Channel
    secret: str = Field(description="What a webhook's messages are signed with; shown this once. Empty for a topic.")


class ChannelDelivery(Model):
    """What became of an alert on one channel."""

    channel: Id
    name: str = Field(description="Empty for a channel that is gone.")
    delivery: Delivery


class ResendRequest(Model):
    alerts: tuple[Id, ...] = Field(default=(), max_length=100, description="All that has failed when left out.")
    cursor: str = Field(default="", max_length=4096)
