"""What delivery is made of."""

from functools import cache

from functions.adapters import clients
from functions.adapters.sns import Topics
from functions.adapters.webhook import Webhook
from functions.settings import DeliverSettings
from functions.store.alerts import Alerts
from functions.store.channels import Channels
from functions.store.hosts import Hosts
from functions.store.networks import Networks
from functions.store.outbox import Outbox
from functions.store.table import Table
from functions.usecases.deliver import Deliver
from functions.usecases.send_entries import SendEntries
from functions.usecases.send_message import SendMessage


@cache
def deliver() -> Deliver:
    settings = DeliverSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    channels = Channels(table)
    send = SendMessage(
        channels=channels,
        webhook=Webhook(admit_loopback=settings.admit_loopback),
        topics=Topics(clients.sns),
    )
    return Deliver(
        networks=Networks(table),
        hosts=Hosts(table),
        channels=channels,
        entries=SendEntries(alerts=Alerts(table), outbox=Outbox(table), send=send),
    )
