"""Exports: the queue of what was asked for, and the function that writes it into the bucket."""

from constructs import Construct

from functions.settings import ExportSettings
from infra.function import Function
from infra.grants import On
from infra.queue import Inbox
from infra.settings import Stage
from infra.stateful import Stateful

SECONDS = 900
"""The longest that a function may run."""
LIMIT_SECONDS = 780


class Exporting(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, data: Stateful) -> None:
        super().__init__(scope, construct_id)
        self.inbox = Inbox(self, "ExportInbox", stage=stage, seconds=SECONDS)
        self.export = Function(
            self,
            "Export",
            stage=stage,
            handler="functions.exporting.export.handler",
            settings=ExportSettings(table=data.table.table_name, bucket=data.bucket.bucket_name, limit_s=LIMIT_SECONDS),
            arns={**data.arns, On.INBOX: (self.inbox.arn,)},
            memory=1769,  # one whole vCPU
            seconds=SECONDS,
        )
        self.inbox.emptied_by(self.export)

    @property
    def arns(self) -> dict[On, tuple[str, ...]]:
        return {On.EXPORT_INBOX: (self.inbox.arn,)}
