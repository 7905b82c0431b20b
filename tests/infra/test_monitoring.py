import json

from infra.monitoring import LATE_SECONDS
from tests.infra.templates import Resource, Synthesised


def _alarms(stage: Synthesised) -> list[Resource]:
    return list(stage.resources("AWS::CloudWatch::Alarm").values())


def test_every_dead_letter_queue_has_an_alarm_at_its_first_message(stage: Synthesised) -> None:
    ends = {name for name, each in stage.resources("AWS::SQS::Queue").items() if "RedrivePolicy" not in each}
    watched = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for alarm in _alarms(stage)
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible" and alarm["Threshold"] == 1
    }
    assert watched == ends


def test_every_function_has_an_alarm_on_its_errors(stage: Synthesised) -> None:
    watched = {
        alarm["Dimensions"][0]["Value"]["Ref"]
        for alarm in _alarms(stage)
        if alarm.get("Namespace") == "AWS/Lambda" and alarm["MetricName"] == "Errors"
    }
    assert watched == set(stage.resources("AWS::Lambda::Function"))


def test_every_consumer_has_an_alarm_on_records_it_gave_up_and_on_lateness(stage: Synthesised) -> None:
    alarms = _alarms(stage)
    kept = {alarm["Dimensions"][0]["Value"] for alarm in alarms if alarm["MetricName"] == "FailedRecords"}
    late = [alarm for alarm in alarms if alarm["MetricName"] == "IteratorAge"]
    assert kept == {"evaluate", "publish", "broadcast"}
    assert [alarm["Threshold"] for alarm in late] == [LATE_SECONDS * 1000] * 3


def test_batches_that_lambda_gave_up_are_told_of_by_the_bucket(stage: Synthesised) -> None:
    rule = stage.one("AWS::Events::Rule", "FailedBatch")
    assert rule["EventPattern"]["detail"]["object"] == {"key": [{"prefix": "aws/lambda/"}]}
    results = stage.one("AWS::S3::Bucket", "Results")
    assert results["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    (alarm,) = (each for each in _alarms(stage) if each.get("Namespace") == "AWS/Events")
    assert alarm["MetricName"] == "Invocations"


def test_every_abnormal_end_of_a_run_has_an_alarm(stage: Synthesised) -> None:
    watched = {alarm["MetricName"] for alarm in _alarms(stage) if alarm.get("Namespace") == "AWS/States"}
    assert watched == {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"}


def test_every_alarm_reaches_the_topic_and_the_dashboard(stage: Synthesised) -> None:
    (topic,) = stage.resources("AWS::SNS::Topic")
    alarms = stage.resources("AWS::CloudWatch::Alarm")
    assert all(each["AlarmActions"] == [{"Ref": topic}] for each in alarms.values())
    assert all(each["TreatMissingData"] == "notBreaching" for each in alarms.values())
    board = json.dumps(stage.one("AWS::CloudWatch::Dashboard"))
    assert not [name for name in alarms if name not in board]


def test_alarms_and_rules_may_publish_to_the_topic(prod: Synthesised) -> None:
    statements = prod.one("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    allowed = {each["Principal"]["Service"] for each in statements if each["Effect"] == "Allow"}
    assert allowed == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}
