"""The stack of what runs: composed here, built in the constructs' own files."""

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Stack
from constructs import Construct

from infra.alerting import REVIEW_SECONDS, Alerting
from infra.auditing import Auditing
from infra.delivery import Delivery
from infra.exporting import Exporting
from infra.http_api import HttpApi
from infra.images import repository_name
from infra.monitoring import Monitoring
from infra.queue import Inbox
from infra.scan_workflow import ScanWorkflow
from infra.scanner import Scanner
from infra.scheduling import Scheduling
from infra.settings import Stage
from infra.stateful import Stateful
from infra.websocket import STAGE, Websocket


class Platform(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, data: Stateful) -> None:
        # Only by its synthesizer is a stack told where its images are published.
        publishing = DefaultStackSynthesizer(image_assets_repository_name=repository_name(stage))
        super().__init__(scope, construct_id, synthesizer=publishing)
        scanner = Scanner(self, "Scanner", stage=stage, data=data)
        workflow = ScanWorkflow(self, "ScanWorkflow", stage=stage, data=data, scanner=scanner)
        scheduling = Scheduling(self, "Scheduling", stage=stage, data=data, workflow=workflow)
        delivery = Delivery(self, "Delivery", stage=stage, data=data)
        exporting = Exporting(self, "Exporting", stage=stage, data=data)
        auditing = Auditing(self, "Auditing", stage=stage, data=data, scanner=scanner)
        reviews = Inbox(self, "ReviewInbox", stage=stage, seconds=REVIEW_SECONDS)
        http_api = HttpApi(
            self,
            "HttpApi",
            stage=stage,
            data=data,
            workflow=workflow,
            scheduling=scheduling,
            delivery=delivery,
            exporting=exporting,
            reviews=reviews,
        )
        websocket = Websocket(self, "Websocket", stage=stage, data=data)
        alerting = Alerting(
            self, "Alerting", stage=stage, data=data, websocket=websocket, workflow=workflow, reviews=reviews
        )
        delivery.listen_to(alerting.bus)
        Monitoring(
            self,
            "Monitoring",
            stage=stage,
            data=data,
            workflow=workflow,
            scheduling=scheduling,
            http_api=http_api,
            websocket=websocket,
            alerting=alerting,
            delivery=delivery,
            exporting=exporting,
            auditing=auditing,
        )
        self._outputs(
            HttpUrl=http_api.url,
            HttpApiId=http_api.api.api_id,
            WebSocketUrl=websocket.url,
            WebSocketApiId=websocket.api.api_id,
            WebSocketStage=STAGE,
            Issuer=data.issuer.issuer,
            ClientId=data.issuer.client_id,
            TableName=data.table.table_name,
            LiveTableName=data.live_table.table_name,
            ResultsBucketName=data.bucket.bucket_name,
            SealsBucketName=data.seals.bucket_name,
            ClusterName=scanner.cluster.cluster_name,
            StateMachineArn=workflow.arn,
            EventBusName=alerting.bus.event_bus_name,
            ScheduleGroupName=scheduling.group_name,
            EvaluateFunctionName=alerting.evaluate.name,
            PublishFunctionName=alerting.publish.name,
            BroadcastFunctionName=alerting.broadcast.name,
            TickQueueUrl=scheduling.ticks.url,
            TickDeadLetterUrl=scheduling.ticks.dead_letters.queue_url,
            SweepQueueUrl=scheduling.sweeps.url,
            SweepDeadLetterUrl=scheduling.sweeps.dead_letters.queue_url,
            ReviewQueueUrl=reviews.url,
            ReviewDeadLetterUrl=reviews.dead_letters.queue_url,
            DeliverQueueUrl=delivery.inbox.url,
            DeliverDeadLetterUrl=delivery.inbox.dead_letters.queue_url,
            ExportQueueUrl=exporting.inbox.url,
            ExportDeadLetterUrl=exporting.inbox.dead_letters.queue_url,
            SourceQueueUrl=auditing.sources.url,
            SourceDeadLetterUrl=auditing.sources.dead_letters.queue_url,
            SealQueueUrl=auditing.inbox.url,
            SealDeadLetterUrl=auditing.inbox.dead_letters.queue_url,
            FinishQueueUrl=workflow.inbox.url,
            FinishDeadLetterUrl=workflow.inbox.dead_letters.queue_url,
        )
        if data.key:
            data.key.keep(self)

    def _outputs(self, **values: str) -> None:
        for name, value in values.items():
            CfnOutput(self, name, value=value)
