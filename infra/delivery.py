"""From the bus to webhooks and topics: one inbox for what happened, what is due each minute, and what somebody asks for."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from functions.adapters.bus import SOURCE
from functions.settings import DeliverSettings
from infra.function import Function
from infra.grants import On
from infra.queue import Inbox
from infra.settings import Stage
from infra.stateful import Stateful

SECONDS = 90
"""Shorter than the lease of an attempt: whoever holds one has ended when it does."""
EVENTS = ("alert.raised", "alert.changed", "exception.ending")
TOPIC_NAMES = "vedette-"


class Delivery(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, data: Stateful) -> None:
        super().__init__(scope, construct_id)
        self.inbox = Inbox(self, "DeliverInbox", stage=stage, seconds=SECONDS)
        self.topics = Stack.of(self).format_arn(service="sns", resource=TOPIC_NAMES)
        self.deliver = Function(
            self,
            "Deliver",
            stage=stage,
            handler="functions.delivery.deliver.handler",
            settings=DeliverSettings(table=data.table.table_name, admit_loopback=stage.admit_loopback),
            arns={**data.arns, On.INBOX: (self.inbox.arn,), On.TOPICS: (f"{self.topics}*",)},
            seconds=SECONDS,
        )
        self.inbox.emptied_by(self.deliver)
        events.Rule(
            self,
            "DueRule",
            description="Digests, ends of quiet hours, further attempts.",
            schedule=events.Schedule.rate(Duration.minutes(1)),
            targets=[self._target],
        )

    @property
    def arns(self) -> dict[On, tuple[str, ...]]:
        return {On.DELIVER_INBOX: (self.inbox.arn,)}

    def listen_to(self, bus: events.IEventBus) -> None:
        events.Rule(
            self,
            "BusRule",
            description="What channels may want to hear of.",
            event_bus=bus,
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=list(EVENTS)),
            targets=[self._target],
        )

    @property
    def _target(self) -> targets.SqsQueue:
        return targets.SqsQueue(self.inbox.queue, dead_letter_queue=self.inbox.dead_letters)
