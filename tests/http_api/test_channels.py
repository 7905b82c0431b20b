"""Channels, through the door."""

import json
from typing import Any

import pytest

from functions.core.alert import Delivery
from functions.core.delivery import Occasion, entry_of
from functions.core.token import Principal
from functions.store.outbox import Outbox
from tests.core.delivery_examples import alert
from tests.http_api.conftest import Api
from tests.platform_in_memory import ENVIRONMENT, START, Platform

HOOK: dict[str, Any] = {"name": "hook", "kind": "webhook", "url": "https://alerts.example.com/hook"}
TOPIC: dict[str, Any] = {"name": "topic", "kind": "sns", "topic": f"{ENVIRONMENT['VEDETTE_TOPICS']}team"}


def draft(channel: dict[str, Any]) -> dict[str, Any]:
    kept = {"id", "project", "created", "updated", "rotated", "tested", "version"}
    return {name: value for name, value in channel.items() if name not in kept}


@pytest.fixture
def channels(project: str) -> str:
    return f"/v1/projects/{project}/channels"


@pytest.fixture
def channel(api: Api, channels: str) -> str:
    return f"{channels}/{api.post(channels, HOOK).body['channel']['id']}"


def given_up(platform: Platform, channel: str, name: str = "alert") -> str:
    """An alert whose delivery on the channel has failed."""
    _, _, _, project, _, identifier = channel.split("/")
    made = alert(name, project=project)
    entry = entry_of(made, identifier, Occasion.RAISED, due=START, now=START)
    failed = entry.model_copy(update={"status": "failed", "attempts": 7, "error": "the receiver answered 500"})
    Outbox(platform.table).add(failed)
    platform.http.alerts.create(made.model_copy(update={"deliveries": {identifier: failed.delivery(None, now=START)}}))
    return made.id


def test_a_webhooks_secret_is_shown_once_and_never_again(api: Api, channels: str) -> None:
    made = api.post(channels, HOOK, key="k")
    assert made.status == 201
    secret = made.body["secret"]
    assert secret.startswith("whsec_")
    one = f"{channels}/{made.body['channel']['id']}"
    for answer in (api.get(channels), api.get(one), api.get(f"{one}/deliveries")):
        assert secret not in json.dumps(answer.body)
    assert api.post(channels, HOOK, key="k").slug == "already-exists"


def test_a_topic_has_no_secret(api: Api, channels: str) -> None:
    made = api.post(channels, TOPIC).body
    assert made["secret"] == ""
    rotated = api.call("POST", f"{channels}/{made['channel']['id']}/rotate", {}, headers={"If-Match": '"1"'})
    assert rotated.slug == "invalid-input"


def test_a_channel_is_read_edited_by_version_and_deleted(api: Api, channel: str) -> None:
    first = api.get(channel)
    changed = draft(first.body) | {"digest_minutes": 60, "routes": [{"severity": "high"}], "urgent": "critical"}
    assert api.put(channel, changed).slug == "precondition-required"
    edited = api.put(channel, changed, version=first.version)
    assert (edited.status, edited.version, edited.body["digest_minutes"]) == (200, 2, 60)
    assert edited.body == api.get(channel).body
    stale = api.put(channel, changed, version=first.version)
    assert (stale.slug, stale.body["current"]["version"]) == ("stale-version", 2)
    plain = api.put(channel, draft(edited.body) | {"urgent": None, "quiet": None}, version=2)
    assert plain.body["urgent"] is None
    assert api.delete(channel).slug == "precondition-required"
    assert api.delete(channel, version=1).slug == "stale-version"
    assert api.delete(channel, version=3).status == 204
    assert api.get(channel).slug == "not-found"


def test_a_rotated_secret_is_another_one_and_the_old_one_holds_for_a_day(
    api: Api, platform: Platform, channel: str
) -> None:
    _, _, _, project, _, identifier = channel.split("/")
    old = platform.http.channels.secret(project, identifier)
    refused = api.post(f"{channel}/rotate")
    assert refused.slug == "precondition-required"
    made = api.call("POST", f"{channel}/rotate", {}, headers={"If-Match": '"1"', "Idempotency-Key": "k"})
    kept = platform.http.channels.secret(project, identifier)
    assert (made.body["secret"], kept.previous) == (kept.secret, old.secret)
    assert kept.secret != old.secret
    assert kept.previous_until is not None
    assert (kept.previous_until - START).total_seconds() == 24 * 3600
    assert made.body["channel"]["version"] == api.get(channel).version == 2
    again = api.call("POST", f"{channel}/rotate", {}, headers={"If-Match": '"1"', "Idempotency-Key": "k"})
    assert again.slug == "stale-version"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": "http://alerts.example.com/"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://[::ffff:169.254.169.254]/"}, "url"),
        ({"url": "https://2852039166/"}, "url"),
        ({"url": "https://10.1.2.3/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://user:secret@example.com/"}, "url"),
        ({"kind": "email"}, "kind"),
        ({"name": ""}, "name"),
        ({"digest_minutes": 1441}, "digest_minutes"),
        ({"quiet": {"start": "25:00", "end": "07:00"}}, "quiet.start"),
        ({"quiet": {"start": "22:00", "end": "07:00", "timezone": "Nowhere"}}, "quiet.timezone"),
        ({"routes": [{"types": ["NO_SUCH"]}]}, "routes.0.types.0"),
        ({"routes": [{"severity": "worst"}]}, "routes.0.severity"),
        ({"urgent": "worst"}, "urgent"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_what_cannot_work_is_refused_with_its_field(
    api: Api, channels: str, fields: dict[str, Any], field: str
) -> None:
    refused = api.post(channels, HOOK | fields)
    assert (refused.status, refused.body["field"]) == (400, field)
    assert api.get(channels).body["items"] == []


@pytest.mark.parametrize(
    "topic",
    [
        "arn:aws:sns:us-east-1:000000000000:other",
        "arn:aws:sns:us-east-1:999999999999:vedette-team",
        "arn:aws:sns:eu-west-1:000000000000:vedette-team",
        "arn:aws:sqs:us-east-1:000000000000:vedette-team",
        "arn:aws:sns:us-east-1:000000000000:vedette-team.fifo",
        "arn:aws:sns:us-east-1:000000000000:vedette-team:subscription",
        "vedette-team",
    ],
)
def test_a_topic_must_be_this_accounts_and_named_for_it(api: Api, channels: str, topic: str) -> None:
    assert api.post(channels, TOPIC | {"topic": topic}).body["field"] == "topic"


def test_a_channel_keeps_its_kind(api: Api, channel: str) -> None:
    assert api.put(channel, TOPIC, version=1).body["field"] == "kind"


def test_there_are_only_so_many_channels(api: Api, channels: str) -> None:
    answers = [api.post(channels, HOOK).status for _ in range(21)]
    assert answers == [201] * 20 + [409]
    assert len(api.get(channels).body["items"]) == 20


def test_a_test_message_is_asked_for_and_its_outcome_waited_for(api: Api, platform: Platform, channel: str) -> None:
    asked = api.post(f"{channel}/test", key="k")
    assert (asked.status, asked.body["status"]) == (202, "waiting")
    assert api.get(channel).body["tested"] == asked.body
    api.post(f"{channel}/test", key="k")
    (sent,) = platform.delivery.sent
    assert (sent["detail-type"], sent["message"]) == ("channel.test", asked.body["id"])


def test_what_failed_is_listed_and_asked_for_again(api: Api, platform: Platform, project: str, channel: str) -> None:
    names = ("one", "two")
    failed = sorted(given_up(platform, channel, name) for name in names)
    listed = api.get(f"{channel}/deliveries").body["items"]
    assert [(each["subject"], each["status"], each["attempts"]) for each in listed] == [
        (each, "failed", 7) for each in failed
    ]
    assert api.post(f"{channel}/resend", {"alerts": [failed[0]]}).status == 202
    assert api.post(f"{channel}/resend").body["next_cursor"] is None
    assert [sorted(sent["subjects"]) for sent in platform.delivery.sent] == [[failed[0]], failed]
    other = alert("never failed").id
    assert api.post(f"{channel}/resend", {"alerts": [other]}).slug == "not-found"
    shown = api.get(f"/v1/projects/{project}/alerts/{failed[0]}/deliveries").body["items"]
    assert [(each["name"], each["delivery"]["status"], each["delivery"]["error"]) for each in shown] == [
        ("hook", "failed", "the receiver answered 500")
    ]
    assert Delivery.model_validate(shown[0]["delivery"]).attempts == 7


def test_nothing_failed_is_nothing_to_send(api: Api, platform: Platform, channel: str) -> None:
    assert api.post(f"{channel}/resend").body["items"] == []
    assert platform.delivery.sent == []


def test_another_projects_channel_is_not_there(api: Api, channel: str) -> None:
    other = api.post("/v1/projects", {"name": "other"}).body["id"]
    one = f"/v1/projects/{other}/channels/{channel.rpartition('/')[2]}"
    assert api.get(one).slug == "not-found"
    assert api.get(f"{one}/deliveries").slug == "not-found"
    assert api.post(f"{one}/test").slug == "not-found"
    assert api.post(f"{one}/resend").slug == "not-found"
    assert api.put(one, HOOK, version=1).slug == "not-found"
    assert api.delete(one, version=1).slug == "not-found"


def test_only_an_admin_manages_channels(channel: str) -> None:
    reader = Api(Principal(id="r", scopes=("read", "scan", "triage")))
    assert reader.get(channel).status == 200
    assert reader.put(channel, HOOK, version=1).slug == "forbidden"
    assert reader.delete(channel, version=1).slug == "forbidden"
    for path in ("rotate", "test"):
        assert reader.post(f"{channel}/{path}").slug == "forbidden"
    assert reader.post(f"{channel}/resend").status == 202
