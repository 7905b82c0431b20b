"""What the consumers of the streams are made of. Imports are inside the functions: no function pays for what only another one uses."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from functions.adapters import clients
from functions.store.table import Table

if TYPE_CHECKING:
    from functions.usecases.consume_stream import StreamConsumer


@cache
def evaluate() -> StreamConsumer:
    from functions.adapters.failed_records import FailedRecords
    from functions.adapters.queue import Queue
    from functions.settings import EvaluateSettings
    from functions.store.alerts import Alerts
    from functions.store.counters import Counters
    from functions.store.history import History
    from functions.store.hosts import Hosts
    from functions.store.networks import Networks
    from functions.store.rules import Rules
    from functions.store.waiting import Waiting
    from functions.usecases.consume_stream import StreamConsumer, in_turn
    from functions.usecases.count_changes import CountChanges
    from functions.usecases.evaluate import Evaluate
    from functions.usecases.record_history import RecordHistory
    from functions.wiring.clock import utc_now

    settings = EvaluateSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    evaluate = Evaluate(
        networks=Networks(table),
        rules=Rules(table),
        hosts=Hosts(table),
        alerts=Alerts(table),
        waiting=Waiting(table),
        reviews=Queue(clients.sqs(), settings.review_queue_url),
        clock=utc_now,
        settling_s=settings.settling_s,
    )
    return StreamConsumer(
        step=in_turn(RecordHistory(history=History(table)), evaluate, CountChanges(counters=Counters(table))),
        failed=FailedRecords(clients.s3(), settings.bucket, "evaluate"),
    )


@cache
def publish() -> StreamConsumer:
    from functions.adapters.bus import Bus
    from functions.adapters.failed_records import FailedRecords
    from functions.settings import PublishSettings
    from functions.store.counters import Counters
    from functions.store.live import Live
    from functions.store.networks import Networks
    from functions.usecases.announce import Announce
    from functions.usecases.consume_stream import StreamConsumer, in_turn, one_by_one
    from functions.usecases.count_changes import CountChanges

    settings = PublishSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    announce = Announce(
        bus=Bus(clients.events(), settings.bus),
        live=Live(Table(clients.dynamodb(), settings.live_table)),
        networks=Networks(table),
    )
    step = in_turn(one_by_one(announce), CountChanges(counters=Counters(table)))
    return StreamConsumer(step=step, failed=FailedRecords(clients.s3(), settings.bucket, "publish"))


@cache
def broadcast() -> StreamConsumer:
    from functions.adapters.connections import Connections
    from functions.adapters.failed_records import FailedRecords
    from functions.settings import BroadcastSettings
    from functions.store.listeners import Listeners
    from functions.usecases.broadcast import Broadcast
    from functions.usecases.consume_stream import StreamConsumer

    settings = BroadcastSettings.from_environment()
    return StreamConsumer(
        step=Broadcast(
            listeners=Listeners(Table(clients.dynamodb(), settings.live_table)),
            connections=Connections(clients.connections(settings.callback_url)),
        ),
        failed=FailedRecords(clients.s3(), settings.bucket, "broadcast"),
    )
