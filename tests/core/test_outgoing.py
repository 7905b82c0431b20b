"""What a message says."""

import json

from functions.core.alert import Severity
from functions.core.delivery import AT_ONCE, Entry, Occasion, entry_of
from functions.core.outgoing import alerts_message
from tests.core.delivery_examples import AT, CHANNEL, alert

TAKEN = 256 * 1024


def entry(name: str = "alert") -> Entry:
    return entry_of(alert(name), CHANNEL, Occasion.RAISED, due=AT, now=AT)


def test_a_message_of_one_says_what_it_is_and_a_digest_counts() -> None:
    one = alerts_message([(entry(), alert())], message="m", now=AT)
    assert one.text == "raised: high NEW_PORT: 443/tcp on 192.0.2.10 is open."
    worse = alert("worse", severity=Severity.CRITICAL, group=alert().group)
    two = alerts_message([(entry(), alert()), (entry("worse"), worse)], message="m", now=AT)
    assert two.text == "2 alerts: 1 critical, 1 high"
    assert [(group["severity"], group["count"]) for group in two.groups] == [("critical", 2)]
    assert [told["delivery"] for told in two.alerts] == [entry().id, entry("worse").id]
    assert "deliveries" not in two.alerts[0]["alert"]


def test_a_digest_of_the_wordiest_alerts_fits_a_topic() -> None:
    control = "\x01"
    texts = {"name": 128, "product": 512, "version": 256, "extra": 512, "tunnel": 32}
    service = {name: control * length for name, length in texts.items()} | {"cpe": [control * 500] * 16}
    wordy = alert(why={"text": control * 1024, "scan": CHANNEL}, service=service, asset="a" * 253)
    message = alerts_message([(entry(), wordy)] * AT_ONCE, message="m", now=AT)
    assert len(message.body()) < TAKEN
    assert len(message.alerts) == AT_ONCE
    assert message.alerts[0]["alert"]["why"]["scan"] == CHANNEL


def test_a_message_that_fits_is_told_whole() -> None:
    text = "x" * 1024
    message = alerts_message([(entry(), alert(why={"text": text}))], message="m", now=AT)
    assert json.loads(message.body())["alerts"][0]["alert"]["why"]["text"] == text


def test_receivers_can_rely_on_these_names() -> None:
    message = json.loads(alerts_message([(entry(), alert())], message="m", now=AT).body())
    assert {name: message[name] for name in ("version", "id", "type", "time", "channel", "notice")} == {
        "version": 1,
        "id": "m",
        "type": "alerts",
        "time": "2026-11-21T10:00:00Z",
        "channel": CHANNEL,
        "notice": {},
    }
    assert set(message) == {
        *("version", "id", "type", "project", "channel", "time", "text", "groups", "alerts", "notice"),
    }
    (told,) = message["alerts"]
    assert set(told) == {"delivery", "occasion", "alert"}
    assert {"id", "type", "severity", "status", "asset", "port", "why", "raised"} <= set(told["alert"])
