"""Alerts: raised once, changed by version with a trail, found by what they concern, grouped."""

from datetime import timedelta
from typing import Any

import pytest

from functions.core.alert import AlertStatus, Delivery, Mark, Resolution, Severity, TrailEntry
from functions.core.errors import AlreadyExists, NotFound, StaleVersion
from functions.core.model import Protocol
from functions.store import keys
from functions.store.alerts import Alerts
from functions.store.attributes import to_model
from functions.store.deadlines import Deadlines
from functions.store.table import Table
from functions.store.writes import Range
from tests.store.examples import AT, NETWORK, PROJECT, after, alert, identifier


@pytest.fixture
def alerts(table: Table) -> Alerts:
    return Alerts(table)


def trail(alerts: Alerts, name: str = "alert") -> list[TrailEntry]:
    span = Range(keys.alert_story(PROJECT, identifier(name)), keys.TRAIL, f"{keys.TRAIL}~")
    return [to_model(TrailEntry, item) for item in alerts.table.all(span)]


def line(alerts: Alerts) -> dict[str, Any]:
    return alerts.table.find(keys.alert_groups(PROJECT), identifier("group")) or {}


def test_one_episode_raises_one_alert_with_the_first_entry_of_its_trail(alerts: Alerts) -> None:
    raised = alert()
    alerts.create(raised)
    with pytest.raises(AlreadyExists) as refused:
        alerts.create(raised)
    assert refused.value.current["id"] == raised.id
    assert alerts.get(PROJECT, raised.id) == alerts.find(PROJECT, raised.id) == raised
    assert alerts.find(PROJECT, identifier("none")) is None
    assert [(entry.event, entry.text, entry.at) for entry in trail(alerts)] == [("raised", "it is open", AT)]
    assert line(alerts)["open/high"] == 1


def test_a_change_is_written_with_who_did_what_and_what_it_changed(alerts: Alerts) -> None:
    raised = alert()
    alerts.create(raised)
    changed = alerts.change(raised, by="me", event="assigned", text="mine", now=after(5), assignee="me")
    assert alerts.get(PROJECT, raised.id) == changed
    assert (changed.assignee, changed.version, changed.updated) == ("me", 2, after(5))
    entry = trail(alerts)[1]
    assert (entry.by, entry.event, entry.text, entry.at) == ("me", "assigned", "mine", after(5))
    assert (entry.before, entry.after) == ({"assignee": ""}, {"assignee": "me"})


def test_of_two_changes_of_one_version_the_later_loses_and_leaves_no_trail(alerts: Alerts) -> None:
    raised = alert()
    alerts.create(raised)
    alerts.change(raised, by="me", event="assigned", text="", now=after(5), assignee="me")
    with pytest.raises(StaleVersion) as refused:
        alerts.change(raised, by="you", event="assigned", text="", now=after(6), assignee="you")
    assert refused.value.current["assignee"] == "me"
    assert [entry.by for entry in trail(alerts)] == ["", "me"]
    with pytest.raises(NotFound):
        alerts.change(alert("other"), by="me", event="assigned", text="", now=after(6), assignee="me")


def test_an_acknowledged_alert_shows_as_info_and_its_group_counts_it_so(alerts: Alerts) -> None:
    raised = alert()
    alerts.create(raised)
    mark = Mark(by="me", at=after(1), reason="known")
    shown = alerts.change(raised, by="me", event="acknowledged", text="known", now=after(1), acknowledged=mark)
    assert (shown.severity, shown.rated) == (Severity.INFO, Severity.HIGH)
    assert (line(alerts)["open/high"], line(alerts)["open/info"]) == (0, 1)
    again = alerts.change(shown, by="me", event="unacknowledged", text="", now=after(2), acknowledged=None)
    assert (again.severity, alerts.get(PROJECT, raised.id)) == (Severity.HIGH, again)
    assert (line(alerts)["open/high"], line(alerts)["open/info"]) == (1, 0)


def test_what_was_delivered_meanwhile_is_kept_and_changes_nothing_else(alerts: Alerts) -> None:
    raised = alert()
    alerts.create(raised)
    first = Delivery(status="waiting", attempts=1, at=after(1), error="time-out")
    sent = Delivery(status="sent", attempts=2, at=after(2))
    alerts.record_delivery(PROJECT, raised.id, "chat", first, expected=None)
    with pytest.raises(StaleVersion):
        alerts.record_delivery(PROJECT, raised.id, "chat", sent, expected=None)
    alerts.record_delivery(PROJECT, raised.id, "chat", sent, expected=first)
    alerts.change(raised, by="me", event="assigned", text="", now=after(3), assignee="me")
    found = alerts.get(PROJECT, raised.id)
    assert (found.deliveries, found.assignee, found.version) == ({"chat": sent}, "me", 2)
    with pytest.raises(NotFound):
        alerts.record_delivery(PROJECT, identifier("none"), "chat", sent, expected=None)


def test_an_alert_resolves_itself_and_comes_back_in_the_same_episode(alerts: Alerts) -> None:
    raised = alert()
    alerts.create(raised)
    resolved = alerts.resolve_by_itself(raised, reason="closed", now=after(10))
    assert (resolved.status, resolved.resolution) == ("resolved", Resolution(at=after(10), reason="closed"))
    assert alerts.live_of_network(PROJECT, NETWORK).items == ()
    assert alerts.resolve_by_itself(resolved, reason="closed", now=after(11)) == resolved
    back = alerts.come_back(resolved, text="open again", now=after(20))
    assert (back.status, back.count, back.resolution) == ("open", 2, None)
    assert alerts.live_of_network(PROJECT, NETWORK).items == (back,) == (alerts.get(PROJECT, raised.id),)
    assert [entry.event for entry in trail(alerts)] == ["raised", "resolved", "came_back"]


def test_what_somebody_resolved_stands_until_its_cause_is_gone(alerts: Alerts) -> None:
    raised = alert()
    alerts.create(raised)
    by_hand = Resolution(by="me", at=after(1), reason="harmless")
    resolved = alerts.change(
        raised, by="me", event="resolved", text="", now=after(1), status=AlertStatus.RESOLVED, resolution=by_hand
    )
    assert alerts.live_of_network(PROJECT, NETWORK).items == (resolved,)
    gone = alerts.resolve_by_itself(resolved, reason="closed", now=after(9))
    assert gone.resolution == by_hand.model_copy(update={"gone": after(9)})
    assert alerts.live_of_network(PROJECT, NETWORK).items == ()


def test_standing_alerts_are_found_by_cell_by_asset_and_page_by_page(alerts: Alerts) -> None:
    made = [
        alert("a", asset="10.0.0.1", port=22),
        alert("b", asset="10.0.0.1", port=220),
        alert("c", asset="10.0.0.10", port=22),
        alert("d", asset="10.0.0.1", port=None),
        alert("e", asset="", port=None),
    ]
    for each in made:
        alerts.create(each)

    def of(asset: str, port: int | None) -> list[str]:
        protocol = Protocol.TCP if port is not None else None
        return [each.id for each in alerts.of_exposure(PROJECT, NETWORK, asset, protocol, port)]

    assert of("10.0.0.1", 22) == [identifier("a")]
    assert of("10.0.0.1", None) == [identifier("d")]
    assert of("", None) == [identifier("e")]
    whole = alerts.of_asset(PROJECT, NETWORK, "10.0.0.1")
    assert {each.id for each in whole} == {identifier("a"), identifier("b"), identifier("d")}
    first = alerts.live_of_network(PROJECT, NETWORK, limit=3)
    rest = alerts.live_of_network(PROJECT, NETWORK, limit=3, cursor=first.next_cursor)
    assert sorted(each.id for each in (*first.items, *rest.items)) == sorted(each.id for each in made)
    assert not rest.next_cursor


def test_a_mark_with_an_end_calls_and_is_taken_away_when_it_has_ended(alerts: Alerts) -> None:
    raised = alert()
    alerts.create(raised)
    until = AT + timedelta(days=3)
    marks = {"acknowledged": Mark(by="me", at=AT, until=until), "muted": Mark(by="me", at=AT)}
    marked = alerts.change(raised, by="me", event="acknowledged", text="", now=after(1), **marks)
    called = Deadlines(alerts.table).due(until)
    assert {(each.kind, each.project, each.subject) for each in called} == {("alert", PROJECT, raised.id)}
    assert alerts.end_marks(marked, now=until - timedelta(seconds=1)) == marked
    ended = alerts.end_marks(marked, now=until)
    assert (ended.acknowledged, ended.severity, ended.muted) == (None, Severity.HIGH, marks["muted"])
    assert trail(alerts)[-1].event == "mark_ended"


def test_an_alert_that_joins_another_group_leaves_its_old_one(alerts: Alerts) -> None:
    raised = alert()
    alerts.create(raised)
    alerts.come_back(raised, text="again", now=after(1), group=identifier("later"))
    assert line(alerts)["open/high"] == 0
    later = alerts.table.find(keys.alert_groups(PROJECT), identifier("later"))
    assert later is not None
    assert (later["open/high"], later["port"]) == (1, 22)
