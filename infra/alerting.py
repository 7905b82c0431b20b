"""From changed records to alerts, bus and live events: three stream consumers, their review, and the bus `vedette`."""

import json
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from functions.settings import BroadcastSettings, EvaluateSettings, PublishSettings, ReviewSettings
from infra.function import Function
from infra.grants import On
from infra.queue import Inbox
from infra.scan_workflow import ScanWorkflow
from infra.settings import Stage
from infra.stateful import Stateful
from infra.websocket import Websocket

RETRIES = 5
MAX_AGE_SECONDS = 6 * 3600
REVIEW_SECONDS = 120
REVIEW_EVERY = Duration.minutes(1)


class Alerting(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        data: Stateful,
        websocket: Websocket,
        workflow: ScanWorkflow,
        reviews: Inbox,
    ) -> None:
        super().__init__(scope, construct_id)
        self._data = data
        self.reviews = reviews
        self.bus = events.EventBus(self, "Bus", event_bus_name=f"vedette-{stage.name}")
        arns = {**data.arns, **websocket.arns, On.BUS: (self.bus.event_bus_arn,), On.REVIEW_INBOX: (reviews.arn,)}
        self.evaluate = Function(
            self,
            "Evaluate",
            stage=stage,
            handler="functions.alerting.evaluate.handler",
            settings=EvaluateSettings(
                table=data.table.table_name,
                bucket=data.bucket.bucket_name,
                review_queue_url=reviews.url,
                settling_s=stage.settling_s,
            ),
            arns=arns,
            seconds=60,
        )
        self.publish = Function(
            self,
            "Publish",
            stage=stage,
            handler="functions.alerting.publish.handler",
            settings=PublishSettings(
                table=data.table.table_name,
                live_table=data.live_table.table_name,
                bucket=data.bucket.bucket_name,
                bus=self.bus.event_bus_name,
            ),
            arns=arns,
            seconds=60,
        )
        self.broadcast = Function(
            self,
            "Broadcast",
            stage=stage,
            handler="functions.alerting.broadcast.handler",
            settings=BroadcastSettings(
                bucket=data.bucket.bucket_name,
                live_table=data.live_table.table_name,
                callback_url=websocket.callback_url,
            ),
            arns=arns,
            seconds=60,
        )
        self.review = Function(
            self,
            "Review",
            stage=stage,
            handler="functions.alerting.review.handler",
            settings=ReviewSettings(
                table=data.table.table_name,
                live_table=data.live_table.table_name,
                bus=self.bus.event_bus_name,
                state_machine_arn=workflow.arn,
                review_queue_url=reviews.url,
                admit_loopback=stage.admit_loopback,
            ),
            arns={**arns, **workflow.arns, On.INBOX: (reviews.arn,)},
            seconds=REVIEW_SECONDS,
        )
        reviews.emptied_by(self.review)
        events.Rule(
            self,
            "ReviewRule",
            description="Ends of exceptions, and networks that are not watched.",
            schedule=events.Schedule.rate(REVIEW_EVERY),
            targets=[targets.SqsQueue(reviews.queue, dead_letter_queue=reviews.dead_letters)],
        )
        table, live_table = data.table.table_stream_arn, data.live_table.table_stream_arn
        self._consume(self.evaluate, table, _family("EXP#", "HST#", "SCN#", "NET#"))
        self._consume(self.publish, table, _family("ALR#", "SCN#", "NET#"))
        self._consume(self.broadcast, live_table, _inserted("EVT#", "SHUT#"))

    @property
    def consumers(self) -> tuple[Function, ...]:
        return (self.evaluate, self.publish, self.broadcast)

    def _consume(self, function: Function, stream: str | None, pattern: dict[str, Any]) -> None:
        mapping = lambda_.CfnEventSourceMapping
        source = mapping(
            self,
            f"{function.node.id}Source",
            function_name=function.name,
            event_source_arn=stream,
            starting_position="TRIM_HORIZON",
            batch_size=100,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            maximum_retry_attempts=RETRIES,
            maximum_record_age_in_seconds=MAX_AGE_SECONDS,
            filter_criteria=mapping.FilterCriteriaProperty(
                filters=[mapping.FilterProperty(pattern=json.dumps(pattern))]
            ),
            destination_config=mapping.DestinationConfigProperty(
                on_failure=mapping.OnFailureProperty(destination=self._data.bucket.bucket_arn)
            ),
        )
        # The service checks the role's rights on stream and destination when the mapping is made.
        source.node.add_dependency(function.role)


def _family(*prefixes: str) -> dict[str, Any]:
    return {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": prefix} for prefix in prefixes]}}}}


def _inserted(*prefixes: str) -> dict[str, Any]:
    return {"eventName": ["INSERT"], **_family(*prefixes)}
