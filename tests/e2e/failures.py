"""What an operator sees of failed work: kept records, dead letters, alarms; and how it is given again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra.local.aws import root_session
from infra.redrive import Redriven, redrive_all
from infra.stack_outputs import Account
from tests.e2e.platform import Json
from tests.e2e.stage_hand import Operator

QUEUES = ("Tick", "Finish", "Sweep")


class Failures:
    """The embedded AWS makes no metrics of logs and of the depth of queues: `carry_*` does, with what is really there."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._s3 = operator.aws("s3")
        self._sqs = operator.aws("sqs")
        self._bucket = operator.outputs["ResultsBucketName"]
        self.told: list[str] = []

    def kept(self, consumer: str, *, about: str) -> list[str]:
        """Keys of the kept records that speak of this."""
        listing = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=f"failed/{consumer}/")
        keys = [str(entry["Key"]) for entry in listing.get("Contents", [])]
        return [key for key in keys if about in json.dumps(self.record(key))]

    def record(self, key: str) -> Json:
        record: Json = json.loads(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        return record

    def mend_record(self, key: str, **attributes: Json) -> None:
        """An operator repairs what a record says of its item."""
        record = self.record(key)
        record["dynamodb"]["NewImage"] |= attributes
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=json.dumps(record).encode())

    def send(self, queue: str, body: Json) -> None:
        self._sqs.send_message(QueueUrl=self._operator.outputs[f"{queue}QueueUrl"], MessageBody=json.dumps(body))

    def depth(self, output: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._operator.outputs[output], AttributeNames=names)
        return sum(int(each) for each in found["Attributes"].values())

    def dead(self, queue: str, *, about: str) -> bool:
        """Whether a dead letter speaks of this; it stays where it is."""
        url = self._operator.outputs[f"{queue}DeadLetterUrl"]
        letters = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return any(about in letter["Body"] for letter in letters.get("Messages", []))

    def cleared(self, queue: str) -> bool:
        """Whether no letter is dead; one that died after the others were given again, of impatience, is given again too."""
        if not self.depth(f"{queue}DeadLetterUrl"):
            return True
        self.redrive()
        return False

    @contextmanager
    def impatient(self, queue: str) -> Iterator[None]:
        """A failed message comes back after a second, not after six times the function's time-out.

        So does one that takes its time: nothing is to be given again meanwhile, for a slow machine would let it die anew.
        """
        url = self._operator.outputs[f"{queue}QueueUrl"]
        before = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
        try:
            yield
        finally:
            self._sqs.set_queue_attributes(QueueUrl=url, Attributes=before)

    def carry_depth(self, queue: str) -> None:
        name = self._operator.outputs[f"{queue}DeadLetterUrl"].rsplit("/", 1)[1]
        dimensions = [{"Name": "QueueName", "Value": name}]
        value = self.depth(f"{queue}DeadLetterUrl")
        self._put("AWS/SQS", "ApproximateNumberOfMessagesVisible", dimensions, value)

    def carry_metrics(self, row: str, *, since: float) -> None:
        """What CloudWatch reads out of a function's log."""
        for line in self._operator.logged(row, since=since).splitlines():
            if '"CloudWatchMetrics"' not in line:
                continue
            said = json.loads(line[line.index("{") :])
            (directive,) = said["_aws"]["CloudWatchMetrics"]
            (names,), (metric,) = directive["Dimensions"], directive["Metrics"]
            dimensions = [{"Name": name, "Value": said[name]} for name in names]
            self._put(directive["Namespace"], metric["Name"], dimensions, said[metric["Name"]])

    def _put(self, namespace: str, name: str, dimensions: list[dict[str, str]], value: float) -> None:
        datum: dict[str, Any] = {"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": "Count"}
        self._operator.aws("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])

    def told_of_records(self, row: str, *, since: float) -> bool:
        """Whether somebody is told of what this consumer gave up: it says so last, when all else is done."""
        self.carry_metrics(row, since=since)
        return self.alarmed(f"{row}FailedRecords")

    def alarmed(self, name: str) -> bool:
        """Whether the deployed alarm of this construct is in alarm, and would tell somebody."""
        alarms = self._operator.aws("cloudwatch").describe_alarms()["MetricAlarms"]
        (alarm,) = (each for each in alarms if f"-Monitoring{name}" in each["AlarmName"])
        return alarm["StateValue"] == "ALARM" and bool(alarm["AlarmActions"])

    def redrive(self) -> Redriven:
        account = Account(session=root_session(), endpoint_url=self._operator.platform.running.endpoints.endpoint_url)
        return redrive_all(account, self._operator.outputs, tell=self.told.append)
