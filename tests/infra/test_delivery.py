"""Delivery as it is deployed."""

import json

from functions.core.delivery import LEASE
from tests.infra.templates import Synthesised, listed


def test_the_bus_tells_delivery_of_alerts_and_of_endings_through_its_inbox(stage: Synthesised) -> None:
    rule = stage.one("AWS::Events::Rule", "DeliveryBusRule")
    assert rule["EventPattern"] == {
        "source": ["vedette"],
        "detail-type": ["alert.raised", "alert.changed", "exception.ending"],
    }
    assert "Bus" in json.dumps(rule["EventBusName"])
    (target,) = rule["Targets"]
    assert "DeliverInboxQueue" in json.dumps(target["Arn"])
    assert "DeliverInboxDeadLetters" in json.dumps(target["DeadLetterConfig"])


def test_what_is_due_is_looked_at_each_minute(stage: Synthesised) -> None:
    rule = stage.one("AWS::Events::Rule", "DeliveryDueRule")
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert "DeliverInboxQueue" in json.dumps(rule["Targets"][0]["Arn"])


def test_an_attempts_lease_outlives_whoever_holds_it(stage: Synthesised) -> None:
    assert stage.functions()["functions.delivery.deliver.handler"]["Timeout"] < LEASE.total_seconds()


def test_deliver_alone_publishes_and_only_to_topics_with_the_products_name(prod: Synthesised) -> None:
    for name, statement in prod.statements():
        if "sns:Publish" in listed(statement["Action"]):
            assert name.startswith("DeliveryDeliverRole")
            _, parts = statement["Resource"]["Fn::Join"]
            text = "".join(part if isinstance(part, str) else "?" for part in parts)
            assert text == "arn:?:sns:?:?:vedette-*"


def test_only_deliver_reads_secrets(stage: Synthesised) -> None:
    for name, statement in stage.statements():
        keys = listed(statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", []))
        if "CHS#*" in keys and not name.startswith("DeliveryDeliverRole"):
            assert not {"dynamodb:GetItem", "dynamodb:Query"} & set(listed(statement["Action"])), name


def test_plain_http_and_loopback_are_for_the_local_stage(local: Synthesised, prod: Synthesised) -> None:
    told = {
        name: stage.functions()["functions.delivery.deliver.handler"]["Environment"]["Variables"]
        for name, stage in {"local": local, "prod": prod}.items()
    }
    assert (told["local"]["VEDETTE_ADMIT_LOOPBACK"], told["prod"]["VEDETTE_ADMIT_LOOPBACK"]) == ("true", "false")


def test_deliveries_that_were_given_up_have_an_alarm(stage: Synthesised) -> None:
    alarms = [
        alarm
        for alarm in stage.resources("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "FailedDeliveries"
    ]
    assert [(alarm["Namespace"], alarm["Threshold"]) for alarm in alarms] == [("Vedette", 1)]
