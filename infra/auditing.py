"""The sealing of the audit log: once an hour, some minutes after it has ended."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from functions.settings import SealSettings
from infra.function import Function
from infra.permissions import On
from infra.queue import Inbox
from infra.settings import Stage
from infra.stateful import Stateful

SECONDS = 300
MINUTE = "6"
"""Just after the sealer's time of grace."""


class Auditing(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, data: Stateful) -> None:
        super().__init__(scope, construct_id)
        self.inbox = Inbox(self, "SealInbox", stage=stage, seconds=SECONDS)
        self.seal = Function(
            self,
            "Seal",
            stage=stage,
            handler="functions.auditing.seal.handler",
            settings=SealSettings(table=data.table.table_name, seals=data.seals.bucket_name),
            arns={**data.arns, On.INBOX: (self.inbox.arn,)},
            seconds=SECONDS,
        )
        self.inbox.emptied_by(self.seal)
        events.Rule(
            self,
            "SealRule",
            description="Hours of the audit log that have ended.",
            schedule=events.Schedule.cron(minute=MINUTE),
            targets=[targets.SqsQueue(self.inbox.queue, dead_letter_queue=self.inbox.dead_letters)],
        )
