"""Alerts reach their channels through the deployed stack: signed, once in effect, again after a failure, and nobody else's."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from cli.errors import ApiError
from functions.core.alert import SEVERITIES, Alert, AlertType, Why
from functions.core.delivery import BACK_OFF, Entry
from functions.core.ids import new_id
from functions.store.outbox import Outbox
from tests.e2e.conftest import free_port
from tests.e2e.platform import Json, Platform, Project, eventually
from tests.e2e.receiver import Receiver, standing
from tests.e2e.stage_hand import ADDRESS, Operator, StageHand

pytestmark = pytest.mark.e2e

comes_true = partial(eventually, seconds=180)
"""A stream, a bus and a queue lie between an alert and its channels."""


@pytest.fixture(scope="module")
def operator(platform: Platform) -> Operator:
    return Operator(platform)


@pytest.fixture
def hand(operator: Operator) -> Iterator[StageHand]:
    hands = StageHand(operator)
    yield hands
    hands.leave()


@pytest.fixture
def project(hand: StageHand) -> Project:
    return Project(platform=hand.operator.platform, id=hand.project)


def raised(hand: StageHand, kind: AlertType = AlertType.BLOCKED, **fields: Any) -> Alert:
    """An alert as *evaluate* writes one: stream, publish and bus do the rest."""
    now = hand.now
    alert = Alert.model_validate(
        {
            "id": new_id(now),
            "project": hand.project,
            "network": new_id(now),
            "type": kind,
            "severity": SEVERITIES[kind],
            "rated": SEVERITIES[kind],
            "asset": ADDRESS,
            "address": ADDRESS,
            "protocol": "tcp",
            "port": 23,
            "group": new_id(now),
            "why": Why(text="23/tcp is open and a rule blocks it."),
            "raised": now,
            "updated": now,
            **fields,
        }
    )
    hand.stores.alerts.create(alert)
    return alert


def channel(project: Project, receiver: Receiver, **fields: Any) -> Json:
    draft = {"name": "hook", "kind": "webhook", "url": receiver.url, **fields}
    made = project.post("channels", body=draft, key=str(uuid.uuid4()))
    receiver.secret = made["secret"]
    return dict(made["channel"])


def told(project: Project, alert: Alert, one: Json) -> Json:
    """What the alert's row says of a channel; empty for nothing yet."""
    found = {each["channel"]: each["delivery"] for each in project.items("alerts", alert.id, "deliveries")}
    return dict(found.get(one["id"], {}))


def a_minute_passes(hand: StageHand, entries: list[Entry], *, attempts: int | None = None) -> None:
    """What waits is due, and the rule that looks each minute does so now; `attempts`: as if there had been so many."""
    outbox = Outbox(hand.table)
    for entry in entries:
        changed: Json = {"due": hand.now - timedelta(seconds=1)}
        if attempts is not None:
            changed["attempts"] = attempts
        outbox.change(entry, entry.model_copy(update=changed))
    sqs, queue = hand.operator.aws("sqs"), hand.operator.outputs["DeliverQueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"detail-type": "Scheduled Event"}))


def waiting(hand: StageHand, one: Json) -> list[Entry]:
    return list(Outbox(hand.table).list(hand.project, one["id"], limit=100, cursor="").items)


def test_only_the_channel_that_failed_is_tried_again_with_the_same_id(hand: StageHand, project: Project) -> None:
    well, ill = Receiver(free_port()), Receiver(free_port(), answers=[500])
    good, bad = channel(project, well), channel(project, ill, name="ill")
    with standing(well):
        with standing(ill):
            alert = raised(hand)
            comes_true(lambda: told(project, alert, bad).get("attempts") == 1, what="the first attempt is recorded")
            comes_true(lambda: told(project, alert, good).get("status") == "sent", what="the other channel has it")
        first = told(project, alert, bad)
        assert first | {"at": "", "id": "", "occasion": ""} == {
            "status": "waiting",
            "attempts": 1,
            "at": "",
            "error": "the receiver answered 500",
            "id": "",
            "occasion": "",
            "told": "",
            "turn": 0,
        }
        (entry,) = waiting(hand, bad)
        assert timedelta() < entry.due - datetime.fromisoformat(first["at"]) <= BACK_OFF[0]
        a_minute_passes(hand, [entry])
        comes_true(lambda: told(project, alert, bad)["attempts"] == 2, what="the restarting receiver is tried")
        assert told(project, alert, bad)["error"] == "the receiver refused the connection"
        with standing(ill):
            a_minute_passes(hand, waiting(hand, bad))
            comes_true(lambda: told(project, alert, bad)["status"] == "sent", what="the restarted receiver has it")
    assert ill.alerts == well.alerts == [("raised", alert.id)]
    assert (len(ill.seen), len(set(ill.seen))) == (2, 1), "every attempt has the same id"
    assert len(well.seen) == 1
    assert (well.forged, ill.forged) == (0, 0)
    comes_true(lambda: waiting(hand, bad) == waiting(hand, good) == [], what="nothing waits any more")


def test_what_was_given_up_is_shown_and_sent_again_by_hand(hand: StageHand, project: Project) -> None:
    receiver = Receiver(free_port(), answers=[302])
    one = channel(project, receiver)
    with standing(receiver):
        alert = raised(hand)
        comes_true(lambda: waiting(hand, one) and waiting(hand, one)[0].error, what="the first attempt fails")
        receiver.answers = [503]
        a_minute_passes(hand, waiting(hand, one), attempts=len(BACK_OFF))
        comes_true(lambda: told(project, alert, one).get("status") == "failed", what="the last attempt fails")
        listed = project.platform.command("channels", "show", one["id"], "--project", project.id)
        assert "\tfailed\t" in listed.stdout, listed.stderr
        assert "the receiver answered 503" in listed.stdout
        resent = project.platform.command("channels", "resend", one["id"], "--project", project.id)
        assert (resent.returncode, resent.stdout) == (0, "1 to be sent again\n"), resent.stderr
        comes_true(lambda: told(project, alert, one)["status"] == "sent", what="it is sent by hand")
    assert receiver.alerts == [("raised", alert.id)]


def test_what_comes_up_meanwhile_is_one_message_and_what_is_set_aside_is_not_in_it(
    hand: StageHand, project: Project
) -> None:
    receiver = Receiver(free_port())
    one = channel(project, receiver, digest_minutes=1440, urgent="critical", routes=[{"severity": "medium"}])
    with standing(receiver):
        alerts = [raised(hand, AlertType.NEW_PORT, group=hand.project) for _ in range(3)]
        small = raised(hand, AlertType.NEW_HOST)
        comes_true(lambda: len(waiting(hand, one)) == 3, what="three wait for the digest")
        project.post("alerts", alerts[0].id, "acknowledge", body={"reason": "known"})
        urgent = raised(hand, AlertType.BLOCKED)
        comes_true(lambda: told(project, urgent, one).get("status") == "sent", what="what is urgent does not wait")
        assert receiver.alerts == [("raised", urgent.id)]
        comes_true(lambda: len(waiting(hand, one)) == 3, what="nothing but the digest waits")
        a_minute_passes(hand, waiting(hand, one))
        comes_true(lambda: len(receiver.taken) == 2, what="the digest is one message")
        comes_true(lambda: waiting(hand, one) == [], what="nothing waits any more")
    digest = list(receiver.taken.values())[1]
    assert {each["alert"]["id"] for each in digest["alerts"]} == {alert.id for alert in alerts[1:]}
    assert digest["groups"] == [{"group": hand.project, "type": "NEW_PORT", "severity": "high", "count": 2}]
    assert digest["text"] == "2 alerts: 2 high"
    assert told(project, alerts[0], one)["status"] == "dropped"
    assert told(project, small, one) == {}


def test_a_test_message_and_a_rotated_secret(hand: StageHand, project: Project) -> None:
    receiver = Receiver(free_port())
    one = channel(project, receiver)
    first = receiver.secret
    rotated = project.platform.command("channels", "rotate", one["id"], "--project", project.id, "--json")
    second = json.loads(rotated.stdout)["secret"]
    assert second != first
    for secret in (first, second):
        receiver.secret = secret
        with standing(receiver):
            tested = project.platform.command("channels", "test", one["id"], "--project", project.id)
        assert (tested.returncode, tested.stdout) == (0, "the receiver took the test message\n"), tested.stderr
    assert receiver.forged == 0
    assert [message["type"] for message in receiver.taken.values()] == ["test", "test"]
    assert first not in json.dumps(project.items("channels"))
    silent = project.platform.command("channels", "test", one["id"], "--project", project.id)
    assert (silent.returncode, silent.stdout) == (1, "not delivered: the receiver refused the connection\n")


def test_a_topics_subscribers_hear_of_alerts(hand: StageHand, project: Project) -> None:
    sns, sqs = hand.operator.aws("sns"), hand.operator.aws("sqs")
    topic = sns.create_topic(Name=f"vedette-{hand.project}")["TopicArn"]
    queue = sqs.create_queue(QueueName=f"subscriber-{hand.project}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    made = project.post("channels", body={"name": "topic", "kind": "sns", "topic": topic}, key=str(uuid.uuid4()))
    assert made["secret"] == ""
    alert = raised(hand)
    comes_true(lambda: told(project, alert, made["channel"]).get("status") == "sent", what="the topic took it")
    (letter,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20, MessageAttributeNames=["All"])["Messages"]
    message = json.loads(letter["Body"])
    assert [(each["occasion"], each["alert"]["id"]) for each in message["alerts"]] == [("raised", alert.id)]
    assert letter["MessageAttributes"]["severity"]["StringValue"] == "critical"
    with pytest.raises(ApiError) as refused:
        project.post("channels", body={"name": "t", "kind": "sns", "topic": topic.replace("vedette-", "other-")})
    assert refused.value.problem["field"] == "topic"


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest/", "https://2852039166/", "http://10.0.0.1/", "https://[::ffff:a9fe:a9fe]/"]
)
def test_nothing_is_sent_where_nothing_may_be_sent(project: Project, url: str) -> None:
    with pytest.raises(ApiError) as refused:
        project.post("channels", body={"name": "out", "kind": "webhook", "url": url})
    assert refused.value.problem["field"] == "url"
