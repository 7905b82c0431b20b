"""The sealing of the audit log, some minutes after each hour, and the record of where tasks send from."""

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from functions.settings import SealSettings, SourceSettings
from infra.function import Function
from infra.grants import On
from infra.queue import Inbox
from infra.scanner import Scanner
from infra.settings import Stage
from infra.stateful import Stateful

SECONDS = 300
SOURCE_SECONDS = 30
MINUTE = "6"
"""Just after the sealer's time of grace."""


class Auditing(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, data: Stateful, scanner: Scanner) -> None:
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
        self._record_sources(stage, data, scanner)

    def _record_sources(self, stage: Stage, data: Stateful, scanner: Scanner) -> None:
        self.sources = Inbox(self, "SourceInbox", stage=stage, seconds=SOURCE_SECONDS)
        self.record_source = Function(
            self,
            "RecordSource",
            stage=stage,
            handler="functions.auditing.source.handler",
            settings=SourceSettings(table=data.table.table_name),
            arns={**data.arns, On.INBOX: (self.sources.arn,)},
            seconds=SOURCE_SECONDS,
        )
        self.sources.emptied_by(self.record_source)
        events.Rule(
            self,
            "TaskRule",
            description="A task of a scan has started: the public addresses of its interface.",
            event_pattern=events.EventPattern(
                source=["aws.ecs"],
                detail_type=["ECS Task State Change"],
                detail={"clusterArn": [scanner.cluster.cluster_arn], "lastStatus": ["RUNNING"]},
            ),
            targets=[targets.SqsQueue(self.sources.queue, dead_letter_queue=self.sources.dead_letters)],
        )
