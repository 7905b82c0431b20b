"""An inbox: a queue that one function empties, and the dead letters of what it could not handle."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.function import Function
from infra.settings import Stage

ATTEMPTS = 4


class Inbox(Construct):
    """Made before its function, whose role must name the queue; `emptied_by` joins the two."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, seconds: int) -> None:
        """`seconds`: the time-out of the function that will empty it."""
        super().__init__(scope, construct_id)
        self.dead_letters = _queue(self, "DeadLetters", stage, retention_period=Duration.days(14))
        acknowledge(
            self.dead_letters,
            {"AwsSolutions-SQS3": "This queue is itself the end of the road; an alarm watches its depth."},
        )
        self.queue = _queue(
            self,
            "Queue",
            stage,
            retention_period=Duration.days(4),
            # Six times the function's time-out is AWS's own advice.
            visibility_timeout=Duration.seconds(min(6 * seconds, 43_200)),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=ATTEMPTS),
        )

    @property
    def arn(self) -> str:
        return self.queue.queue_arn

    @property
    def url(self) -> str:
        return self.queue.queue_url

    def emptied_by(self, function: Function) -> None:
        source = lambda_.CfnEventSourceMapping(
            self,
            "Source",
            function_name=function.name,
            event_source_arn=self.arn,
            batch_size=1,
            function_response_types=["ReportBatchItemFailures"],
        )
        # The service checks the role's rights on the queue when the mapping is made.
        source.node.add_dependency(function.role)


def _queue(scope: Construct, construct_id: str, stage: Stage, **properties: object) -> sqs.Queue:
    queue = sqs.Queue(
        scope,
        construct_id,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=not stage.local,
        **properties,
    )
    if stage.local:
        acknowledge(queue, {"AwsSolutions-SQS4": "The embedded AWS speaks plain HTTP, on loopback only."})
    return queue
