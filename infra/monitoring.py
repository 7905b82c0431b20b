"""What tells an operator: an alarm on every failure destination, and one dashboard."""

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.alerting import Alerting
from infra.auditing import Auditing
from infra.delivery import Delivery
from infra.exporting import Exporting
from infra.function import Function
from infra.http_api import HttpApi
from infra.images import repository_name
from infra.queue import Inbox
from infra.scan_workflow import ScanWorkflow
from infra.scheduling import Scheduling
from infra.settings import Stage
from infra.stateful import LAMBDA_FAILED, Stateful
from infra.websocket import Websocket

FIVE_MINUTES = Duration.minutes(5)
LATE_SECONDS = 600
"""A stream consumer that far behind shows stale alerts."""


class Monitoring(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        data: Stateful,
        workflow: ScanWorkflow,
        scheduling: Scheduling,
        http_api: HttpApi,
        websocket: Websocket,
        alerting: Alerting,
        delivery: Delivery,
        exporting: Exporting,
        auditing: Auditing,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = self._topic(stage)
        self.alarms: list[cloudwatch.Alarm] = []
        functions = (
            http_api.function,
            http_api.authorizer,
            websocket.function,
            websocket.authorizer,
            *workflow.functions.values(),
            scheduling.tick,
            scheduling.sweep,
            *alerting.consumers,
            alerting.review,
            delivery.deliver,
            exporting.export,
            auditing.seal,
            auditing.record_source,
        )
        inboxes = (
            workflow.inbox,
            scheduling.ticks,
            scheduling.sweeps,
            delivery.inbox,
            alerting.reviews,
            exporting.inbox,
            auditing.inbox,
            auditing.sources,
        )
        for inbox in inboxes:
            self._watch_inbox(inbox)
        for consumer in alerting.consumers:
            self._watch_consumer(consumer)
        self._watch_failed_batches(data)
        if images := repository_name(stage):
            self._watch_images(images)
        self._alarm(
            "FailedDeliveries",
            cloudwatch.Metric(
                namespace="Vedette", metric_name="FailedDeliveries", period=FIVE_MINUTES, statistic="Sum"
            ),
        )
        for function in functions:
            self._alarm(f"{function.node.id}Errors", function.resource.metric_errors(period=FIVE_MINUTES))
        for ending in ("failed", "timed_out", "aborted"):
            metric = getattr(workflow.machine, f"metric_{ending}")(period=FIVE_MINUTES)
            self._alarm(f"Executions{ending.title().replace('_', '')}", metric)
        for name, table in (("Table", data.table), ("LiveTable", data.live_table)):
            self._alarm(f"{name}Throttled", _throttled(table))
        self._dashboard(functions, workflow, http_api, data)

    def _topic(self, stage: Stage) -> sns.Topic:
        topic = sns.Topic(self, "Alarms", enforce_ssl=not stage.local)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        if stage.local:
            acknowledge(topic, {"AwsSolutions-SNS3": "The embedded AWS speaks plain HTTP, on loopback only."})
        if stage.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(stage.alarm_email))
        return topic

    def _watch_inbox(self, inbox: Inbox) -> None:
        self._alarm(
            f"{inbox.node.id}DeadLetters",
            inbox.dead_letters.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic="Maximum"
            ),
        )

    def _watch_consumer(self, consumer: Function) -> None:
        """The records it put under failed/, and how late it is."""
        name = consumer.node.id
        self._alarm(
            f"{name}FailedRecords",
            cloudwatch.Metric(
                namespace="Vedette",
                metric_name="FailedRecords",
                dimensions_map={"consumer": name.lower()},
                period=FIVE_MINUTES,
                statistic="Sum",
            ),
        )
        self._alarm(
            f"{name}Late",
            consumer.resource.metric("IteratorAge", period=FIVE_MINUTES, statistic="Maximum"),
            threshold=LATE_SECONDS * 1000,
        )

    def _watch_failed_batches(self, data: Stateful) -> None:
        """Batches that a consumer never returned from: Lambda puts them into the bucket, and the bucket tells."""
        rule = events.Rule(
            self,
            "FailedBatch",
            description="Lambda gave up a batch of stream records and kept it in the bucket.",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [data.bucket.bucket_name]},
                    "object": {"key": [{"prefix": LAMBDA_FAILED}]},
                },
            ),
            targets=[targets.SnsTopic(self.topic)],
        )
        self._alarm(
            "FailedBatches",
            cloudwatch.Metric(
                namespace="AWS/Events",
                metric_name="Invocations",
                dimensions_map={"RuleName": rule.rule_name},
                period=FIVE_MINUTES,
                statistic="Sum",
            ),
        )

    def _watch_images(self, repository: str) -> None:
        events.Rule(
            self,
            "VulnerableImage",
            description="The scan of a pushed image found what is critical.",
            event_pattern=events.EventPattern(
                source=["aws.ecr"],
                detail_type=["ECR Image Scan"],
                detail={
                    "repository-name": [repository],
                    "finding-severity-counts": {"CRITICAL": [{"numeric": [">", 0]}]},
                },
            ),
            targets=[targets.SnsTopic(self.topic)],
        )

    def _alarm(self, name: str, metric: cloudwatch.IMetric, *, threshold: float = 1) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        self.alarms.append(alarm)

    def _dashboard(
        self, functions: Sequence[Function], workflow: ScanWorkflow, http_api: HttpApi, data: Stateful
    ) -> None:
        machine = workflow.machine
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            default_interval=Duration.days(1),
            widgets=[
                [cloudwatch.AlarmStatusWidget(title="What needs a person", alarms=self.alarms, width=24, height=6)],
                [
                    _graph("Scans", machine.metric_started(), machine.metric_succeeded(), machine.metric_failed()),
                    _graph("How long a run takes", machine.metric_time()),
                    _graph("Requests", *_requests(http_api)),
                ],
                [
                    _graph("Errors of functions", *(each.resource.metric_errors() for each in functions)),
                    _graph("Slowest 1 % of functions", *(_slow(each) for each in functions)),
                    _graph("Written", *(_written(table) for table in (data.table, data.live_table))),
                ],
            ],
        )


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)


def _requests(http_api: HttpApi) -> tuple[cloudwatch.IMetric, ...]:
    api = http_api.api
    return api.metric_count(), api.metric_client_error(), api.metric_server_error()


def _slow(function: Function) -> cloudwatch.IMetric:
    return function.resource.metric_duration(statistic="p99")


def _written(table: dynamodb.Table) -> cloudwatch.IMetric:
    return table.metric_consumed_write_capacity_units()


def _throttled(table: dynamodb.Table) -> cloudwatch.IMetric:
    return cloudwatch.Metric(
        namespace="AWS/DynamoDB",
        metric_name="WriteThrottleEvents",
        dimensions_map={"TableName": table.table_name},
        period=FIVE_MINUTES,
        statistic="Sum",
    )
