"""What channels are told of the lives of alerts: everything once, whatever fails, repeats or comes out of order."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.core.alert import AlertStatus, AlertType, Mark, Resolution, Severity
from functions.core.delivery import BACK_OFF, LEASE, Occasion, entry_of
from functions.core.ids import new_id
from functions.store import keys
from functions.store.conditions import EXISTS
from tests.backend import NOW
from tests.delivery.post_office import PostOffice, told_by_the_bus
from tests.store.examples import host

MARK = Mark(by="me", at=NOW, reason="known")
RESOLVED = {"status": AlertStatus.RESOLVED, "resolution": Resolution(at=NOW, reason="closed")}
OPEN_AGAIN = {"status": AlertStatus.OPEN, "resolution": None}


def test_an_alerts_life_is_told_and_repeats_are_not(post_office: PostOffice) -> None:
    channel = post_office.channel()
    alert = post_office.alert()
    post_office.tell(alert, "alert.raised")
    post_office.tell(post_office.change(alert, **RESOLVED))
    post_office.tell(alert, "alert.raised")
    post_office.tell(post_office.change(alert, **OPEN_AGAIN))
    post_office.tell(post_office.change(alert, assignee="you"))
    assert post_office.told(channel) == [
        [("raised", alert.id)],
        [("resolved", alert.id)],
        [("reopened", alert.id)],
    ]
    assert len({message.id for _, message in post_office.sender.taken}) == 3
    state = post_office.state(alert, channel)
    assert state is not None
    assert (state.status, state.told, state.turn, state.error) == ("sent", "open", 3, "")
    assert post_office.waiting(channel) == []


def test_what_is_recorded_neither_changes_the_alert_nor_its_version(post_office: PostOffice) -> None:
    post_office.channel()
    alert = post_office.alert()
    after = post_office.backend.alerts.get(alert.project, alert.id)
    assert (after.updated, after.version) == (alert.updated, alert.version)
    assert after.deliveries


def test_only_the_channel_that_failed_is_tried_again_until_it_has_it(post_office: PostOffice) -> None:
    good, bad = post_office.channel(), post_office.channel()
    post_office.sender.down = {bad.id}
    alert = post_office.alert()
    state = post_office.state(alert, bad)
    assert state is not None
    assert (state.status, state.attempts, state.error) == ("waiting", 1, "the receiver answered 500")
    post_office.tell(alert)
    assert len(post_office.sender.tried) == 2, "a repeated event is no attempt"
    post_office.a_minute(BACK_OFF[0] - timedelta(seconds=1))
    assert len(post_office.sender.tried) == 2, "not before it is due"
    post_office.a_minute(timedelta(seconds=1))
    post_office.sender.down = set()
    post_office.a_minute()
    assert post_office.told(bad) == post_office.told(good) == [[("raised", alert.id)]]
    ids = [message for channel, message in post_office.sender.tried if channel == bad.id]
    assert (len(ids), len(set(ids))) == (3, 1)
    post_office.a_minute(timedelta(days=1))
    assert len(post_office.sender.tried) == 4


def test_after_the_last_attempt_it_is_kept_as_failed_and_sent_by_hand(
    post_office: PostOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    channel = post_office.channel()
    post_office.sender.down = {channel.id}
    alert = post_office.alert()
    for wait in BACK_OFF:
        assert "FailedDeliveries" not in capsys.readouterr().out
        post_office.a_minute(wait)
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["FailedDeliveries"] == 1
    state = post_office.state(alert, channel)
    assert state is not None
    assert (state.status, state.attempts) == ("failed", len(BACK_OFF) + 1)
    post_office.tell(alert)
    post_office.a_minute(timedelta(days=1))
    assert len(post_office.sender.tried) == len(BACK_OFF) + 1, "nothing tries it again by itself"

    post_office.sender.down = set()
    (entry,) = post_office.waiting(channel)
    again = {"detail-type": "channel.resend", "project": channel.project, "channel": channel.id}
    post_office.give({**again, "subjects": [alert.id]})
    post_office.give({**again, "subjects": [alert.id]})
    assert post_office.told(channel) == [[("raised", alert.id)]]
    assert post_office.sender.taken[0][1].id == entry.message, "the receiver may know it"
    assert post_office.waiting(channel) == []


def test_one_channel_that_fails_does_not_hold_up_another(post_office: PostOffice) -> None:
    bad, good = post_office.channel(), post_office.channel()
    post_office.sender.down = {bad.id, good.id}
    alerts = [post_office.alert() for _ in range(4)]
    post_office.sender.down = {bad.id}
    post_office.sender.tried.clear()
    post_office.a_minute()
    assert sorted(told for ((_, told),) in post_office.told(good)) == sorted(alert.id for alert in alerts)
    assert len([each for each in post_office.sender.tried if each[0] == bad.id]) == 1
    post_office.sender.down = set()
    post_office.a_minute(timedelta(minutes=10))
    assert sorted(told for ((_, told),) in post_office.told(bad)) == sorted(alert.id for alert in alerts)


def test_what_cannot_be_read_keeps_nothing_else_waiting_and_is_left_to_the_queue(post_office: PostOffice) -> None:
    channel = post_office.channel(digest_minutes=60)
    bad, good = post_office.alert(), post_office.alert()
    where = (keys.outbox(channel.project, channel.id), bad.id)
    post_office.backend.table.update(*where, {"attempts": "many"}, EXISTS)
    post_office.now += timedelta(hours=1)
    assert len(post_office.give_and_say({"detail-type": "Scheduled Event"})) == 1
    assert post_office.told(channel) == [[("raised", good.id)]]


def test_receivers_that_take_their_time_do_not_keep_a_call_from_ending(post_office: PostOffice) -> None:
    channels = [post_office.channel() for _ in range(4)]
    seconds = iter([0.0, 0.0, *[100.0] * 100])
    post_office.deliver = replace(post_office.deliver, clock=lambda: next(seconds))
    alert = post_office.alert()
    assert len(post_office.sender.tried) == 1
    post_office.deliver = replace(post_office.deliver, clock=lambda: 0.0)
    post_office.a_minute()
    assert all(post_office.told(each) == [[("raised", alert.id)]] for each in channels)


def test_a_crash_before_the_outcome_is_known_is_one_more_attempt_with_the_same_id(post_office: PostOffice) -> None:
    channel = post_office.channel()

    def crash() -> None:
        raise MemoryError

    post_office.sender.before = crash
    alert = post_office.alert(heard=False)
    assert len(post_office.give_and_say(told_by_the_bus(alert))) == 1
    (entry,) = post_office.waiting(channel)
    post_office.tell(alert)
    assert post_office.sender.tried == [], "somebody may still be at it"
    post_office.a_minute(LEASE)
    assert [message.id for _, message in post_office.sender.taken] == [entry.id]
    assert post_office.told(channel) == [[("raised", alert.id)]]
    assert post_office.waiting(channel) == []


def test_a_crash_after_the_telling_is_no_second_telling(post_office: PostOffice) -> None:
    channel = post_office.channel()
    alert = post_office.alert()
    state = post_office.state(alert, channel)
    (sent,) = post_office.sender.taken
    left = entry_of(alert, channel.id, Occasion.RAISED, due=NOW, now=NOW).claimed(message=sent[1].id, now=NOW)
    assert post_office.outbox.add(left)
    post_office.a_minute(LEASE)
    assert len(post_office.sender.taken) == 1
    assert post_office.state(alert, channel) == state
    assert post_office.waiting(channel) == []


def test_what_happens_while_a_message_is_on_its_way_is_told_after_it(post_office: PostOffice) -> None:
    channel = post_office.channel()

    def resolved_meanwhile() -> None:
        (entry,) = post_office.waiting(channel)
        found = post_office.backend.alerts.get(channel.project, entry.subject)
        post_office.tell(post_office.change(found, **RESOLVED))

    post_office.sender.before = resolved_meanwhile
    alert = post_office.alert()
    assert post_office.told(channel) == [[("raised", alert.id)], [("resolved", alert.id)]]


@pytest.mark.parametrize("mark", ["acknowledged", "snoozed", "muted"])
def test_what_is_set_aside_is_not_told_of_and_returns(post_office: PostOffice, mark: str) -> None:
    channel = post_office.channel()
    set_aside: dict[str, Any] = {mark: MARK}
    known, new = post_office.alert(), post_office.alert(**set_aside)
    post_office.tell(post_office.change(known, **{mark: MARK}))
    post_office.tell(post_office.change(known, **RESOLVED))
    post_office.tell(post_office.change(known, **OPEN_AGAIN))
    assert post_office.told(channel) == [[("raised", known.id)]], "neither the one nor the other"
    for alert in (known, new):
        post_office.tell(post_office.change(alert, **{mark: None}))
    assert post_office.told(channel)[1:] == [[("returned", known.id)], [("raised", new.id)]]


def test_a_digest_is_one_message_of_what_still_holds(post_office: PostOffice) -> None:
    channel = post_office.channel(digest_minutes=60, urgent="critical")
    first, second, aside, over = (post_office.alert() for _ in range(4))
    urgent = post_office.alert(severity=Severity.CRITICAL, rated=Severity.CRITICAL, type=AlertType.BLOCKED)
    assert post_office.told(channel) == [[("raised", urgent.id)]]
    for alert, change in ((aside, {"muted": MARK}), (over, RESOLVED)):
        post_office.tell(post_office.change(alert, **change))
    post_office.a_minute(timedelta(minutes=59))
    assert len(post_office.told(channel)) == 1
    post_office.a_minute()
    assert sorted(post_office.told(channel)[1]) == sorted([("raised", first.id), ("raised", second.id)])
    states = [state.status for each in (aside, over) if (state := post_office.state(each, channel))]
    assert states == ["dropped", "dropped"]
    late = post_office.alert()
    post_office.a_minute(timedelta(minutes=60))
    assert post_office.told(channel)[2:] == [[("raised", late.id)]]


def test_a_digest_that_fails_is_tried_again_whole(post_office: PostOffice) -> None:
    channel = post_office.channel(digest_minutes=60)
    alerts = [post_office.alert() for _ in range(3)]
    post_office.sender.down = {channel.id}
    post_office.a_minute(timedelta(hours=1))
    post_office.sender.down = set()
    other = post_office.alert()
    post_office.a_minute()
    (digest,) = post_office.told(channel)
    assert sorted(digest) == sorted(("raised", alert.id) for alert in alerts)
    assert len(set(post_office.sender.tried)) == 1
    assert [entry.subject for entry in post_office.waiting(channel)] == [other.id]


def test_quiet_hours_end_with_one_message(post_office: PostOffice) -> None:
    channel = post_office.channel(quiet={"start": "22:00", "end": "07:00", "timezone": "Europe/Berlin"})
    post_office.now = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
    alerts = [post_office.alert() for _ in range(2)]
    post_office.now = datetime(2026, 11, 22, 5, 59, tzinfo=UTC)
    post_office.a_minute(timedelta(seconds=59))
    assert post_office.told(channel) == []
    post_office.a_minute(timedelta(seconds=1))
    (message,) = post_office.told(channel)
    assert sorted(message) == sorted(("raised", alert.id) for alert in alerts)


def test_quiet_hours_hold_further_attempts_but_not_what_is_urgent(post_office: PostOffice) -> None:
    channel = post_office.channel(quiet={"start": "22:00", "end": "07:00"}, urgent="critical")
    post_office.now = datetime(2026, 11, 21, 21, 59, 50, tzinfo=UTC)
    post_office.sender.down = {channel.id}
    worst: dict[str, Any] = {"severity": Severity.CRITICAL, "rated": Severity.CRITICAL, "type": AlertType.BLOCKED}
    alert, urgent = post_office.alert(), post_office.alert(**worst)
    post_office.sender.down = set()
    post_office.a_minute()
    assert post_office.told(channel) == [[("raised", urgent.id)]]
    post_office.now = datetime(2026, 11, 22, 6, 59, tzinfo=UTC)
    post_office.a_minute()
    assert post_office.told(channel)[1:] == [[("raised", alert.id)]]


def test_routes_read_tags_of_hosts_and_networks(post_office: PostOffice) -> None:
    edge, office, all_of_it = (
        post_office.channel(routes=[{"tags": ["edge"]}]),
        post_office.channel(routes=[{"tags": ["office"]}]),
        post_office.channel(),
    )
    network = post_office.backend.network(tags=("office",))
    tagged = host("10.0.0.1", project=network.project, network=network.id, tags=("edge",))
    post_office.hosts.save(tagged)
    alert = post_office.alert(network=network.id, asset="10.0.0.1", address="10.0.0.1")
    gone = post_office.alert()
    assert post_office.told(edge) == post_office.told(office) == [[("raised", alert.id)]]
    assert post_office.told(all_of_it) == [[("raised", alert.id)], [("raised", gone.id)]]


def test_a_channel_that_is_off_or_gone_is_told_nothing(post_office: PostOffice) -> None:
    off = post_office.channel(enabled=False)
    gone = post_office.channel(digest_minutes=60)
    alert = post_office.alert()
    post_office.channels.delete(gone.project, gone.id, expected=1)
    post_office.a_minute(timedelta(hours=1))
    assert post_office.sender.tried == []
    assert (post_office.waiting(gone), post_office.waiting(off)) == ([], [])
    state = post_office.state(alert, gone)
    assert state is not None
    assert state.status == "dropped"


def test_an_exception_that_ends_is_told_once_to_whom_it_concerns(post_office: PostOffice) -> None:
    network = new_id(NOW)
    theirs, others = (
        post_office.channel(routes=[{"networks": [network]}]),
        post_office.channel(routes=[{"networks": [new_id(NOW)]}]),
    )
    detail = {"project": theirs.project, "network": network, "rule": "temporary", "until": "2026-11-22T08:00:00Z"}
    event = {"detail-type": "exception.ending", "time": "2026-11-21T08:00:00Z", "detail": detail}
    post_office.sender.down = {theirs.id}
    post_office.give(event)
    post_office.give(event)
    post_office.sender.down = set()
    post_office.a_minute()
    ((to, message),) = post_office.sender.taken
    assert (to, message.type, message.notice) == (theirs.id, "exception.ending", detail)
    assert post_office.told(others) == []
    post_office.give(event)
    assert {message.id for _, message in post_office.sender.taken} == {message.id}, "a repeat has the same id"


def test_a_test_message_is_tried_once_and_shown(post_office: PostOffice) -> None:
    channel = post_office.channel(enabled=False)
    asked = {"detail-type": "channel.test", "project": channel.project, "channel": channel.id}
    post_office.give({**asked, "message": "T1"})
    tested = post_office.channels.get(channel.project, channel.id).tested
    assert tested is not None
    assert (tested.id, tested.status) == ("T1", "sent")
    post_office.sender.down = {channel.id}
    post_office.give({**asked, "message": "T2"})
    after = post_office.channels.get(channel.project, channel.id)
    assert after.tested is not None
    assert (after.tested.status, after.tested.error) == ("failed", "the receiver answered 500")
    assert after.version == channel.version


@pytest.mark.parametrize("body", [{}, {"detail-type": "alert.raised", "detail": {}}, {"detail-type": "other"}])
def test_a_message_that_says_nothing_is_left_to_the_queue(post_office: PostOffice, body: dict[str, object]) -> None:
    assert len(post_office.give_and_say(body)) == 1
