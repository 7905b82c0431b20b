"""What people do with alerts, through the door."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.core.alert import Alert, AlertType, Severity, Why
from functions.core.ids import new_id
from functions.core.model import Protocol
from functions.core.token import Principal
from functions.usecases.tokens import ALL_SCOPES
from tests.http_api.conftest import ADMIN, Answer, Api
from tests.platform_in_memory import START, Platform

SOMEBODY = Api(Principal(id="01KAJ00000000000000000ELSE", scopes=ALL_SCOPES))
Raise = Callable[..., str]


@pytest.fixture
def path(project: str) -> str:
    return f"/v1/projects/{project}/alerts"


@pytest.fixture
def raised(platform: Platform, project: str, network: str) -> Raise:
    """Raises an alert; its id."""
    same = new_id(START)

    def make(asset: str = "10.0.0.7", port: int | None = 22, **fields: Any) -> str:
        severity = fields.get("severity", Severity.HIGH)
        plain: dict[str, Any] = {
            "id": new_id(START),
            "project": project,
            "network": network,
            "type": AlertType.NEW_PORT,
            "severity": severity,
            "rated": severity,
            "asset": asset,
            "address": asset,
            "protocol": Protocol.TCP,
            "port": port,
            "group": same,
            "why": Why(text="it is open"),
            "raised": START,
            "updated": START,
        }
        alert = Alert.model_validate({**plain, **fields})
        platform.http.alerts.create(alert)
        return alert.id

    return make


@pytest.fixture
def alert(raised: Raise) -> str:
    return raised()


def trail(api: Api, alert: str) -> list[tuple[str, str, str]]:
    items = api.get(f"{alert}/trail").body["items"]
    return [(each["event"], each["by"], each["text"]) for each in items]


def test_an_acknowledgement_needs_a_reason_shows_as_info_and_is_taken_back(api: Api, path: str, alert: str) -> None:
    one = f"{path}/{alert}"
    refused = api.post(f"{one}/acknowledge", {})
    assert (refused.status, refused.body["field"]) == (400, "reason")
    done = api.post(f"{one}/acknowledge", {"reason": "known"})
    assert (done.status, done.body["severity"], done.body["rated"], done.version) == (200, "info", "high", 2)
    assert api.post(f"{one}/acknowledge", {"reason": "known"}).slug == "illegal-transition"
    back = api.post(f"{one}/unacknowledge", {})
    assert (back.body["severity"], back.body["acknowledged"]) == ("high", None)
    assert api.post(f"{one}/unacknowledge", {}).slug == "illegal-transition"
    assert trail(api, one) == [
        ("raised", "", "it is open"),
        ("acknowledged", ADMIN.id, "known"),
        ("unacknowledged", ADMIN.id, ""),
    ]


def test_an_acknowledgement_with_an_end_counts_as_not_there_from_then_on(
    api: Api, path: str, alert: str, platform: Platform
) -> None:
    one = f"{path}/{alert}"
    past = {"reason": "x", "until": START.isoformat()}
    assert api.post(f"{one}/acknowledge", past).body["field"] == "until"
    until = (platform.clock.now + timedelta(hours=1)).isoformat()
    assert api.post(f"{one}/acknowledge", {"reason": "until noon", "until": until}).body["severity"] == "info"
    assert [each["id"] for each in api.get(path, severity="info").body["items"]] == [alert]
    platform.clock.advance(hours=2)
    found = api.get(one).body
    assert (found["severity"], found["acknowledged"]) == ("high", None)
    assert [each["id"] for each in api.get(path, severity="high", acknowledged="false").body["items"]] == [alert]
    assert api.post(f"{one}/acknowledge", {"reason": "again"}).status == 200


def test_an_alert_is_taken_released_resolved_and_reopened(api: Api, path: str, alert: str) -> None:
    one = f"{path}/{alert}"
    taken = api.post(f"{one}/take", {}).body
    assert (taken["status"], taken["assignee"]) == ("in_progress", ADMIN.id)
    assert api.post(f"{one}/take", {}).slug == "illegal-transition"
    released = api.post(f"{one}/release", {}).body
    assert (released["status"], released["assignee"]) == ("open", "")
    assert api.post(f"{one}/resolve", {}).body["field"] == "reason"
    resolved = api.post(f"{one}/resolve", {"reason": "shut down"}).body
    assert (resolved["status"], resolved["resolution"]["by"]) == ("resolved", ADMIN.id)
    for action in ("take", "release", "acknowledge", "snooze", "resolve"):
        body = {"reason": "x", "until": "2030-01-01T00:00:00Z"}
        assert api.post(f"{one}/{action}", body).slug == "illegal-transition", action
    assert api.get(path, status="resolved").body["items"][0]["id"] == alert
    reopened = api.post(f"{one}/reopen", {"reason": "not so"}).body
    assert (reopened["status"], reopened["resolution"]) == ("open", None)
    assert api.post(f"{one}/reopen", {}).slug == "illegal-transition"
    assert [event for event, _, _ in trail(api, one)][1:] == ["taken", "released", "resolved", "reopened"]


def test_what_is_resolved_by_hand_is_no_longer_set_aside(api: Api, path: str, alert: str) -> None:
    one = f"{path}/{alert}"
    api.post(f"{one}/acknowledge", {"reason": "known"})
    resolved = api.post(f"{one}/resolve", {"reason": "done"}).body
    assert (resolved["acknowledged"], resolved["severity"]) == (None, "high")


def test_an_alert_is_assigned_snoozed_and_muted(api: Api, path: str, alert: str) -> None:
    one = f"{path}/{alert}"
    assert api.post(f"{one}/assign", {"assignee": "ops"}).body["assignee"] == "ops"
    assert api.post(f"{one}/assign", {"assignee": "ops"}).slug == "illegal-transition"
    assert [each["id"] for each in api.get(path, assignee="ops").body["items"]] == [alert]
    assert api.post(f"{one}/assign", {}).body["assignee"] == ""
    assert api.post(f"{one}/snooze", {}).body["field"] == "until"
    until = "2027-01-01T00:00:00Z"
    assert api.post(f"{one}/snooze", {"until": until}).body["snoozed"]["until"] == until
    assert api.post(f"{one}/unsnooze", {}).body["snoozed"] is None
    assert api.post(f"{one}/mute", {}).body["field"] == "reason"
    muted = api.post(f"{one}/mute", {"reason": "noise", "until": until}).body["muted"]
    assert (muted["by"], muted["reason"], muted["until"]) == (ADMIN.id, "noise", until)
    assert api.post(f"{one}/mute", {"reason": "noise"}).slug == "illegal-transition"
    assert api.post(f"{one}/unmute", {}).body["muted"] is None


def test_each_change_in_the_trail_says_what_it_changed(api: Api, path: str, alert: str) -> None:
    api.post(f"{path}/{alert}/take", {})
    entry = api.get(f"{path}/{alert}/trail").body["items"][1]
    assert entry["before"] == {"status": "open", "assignee": ""}
    assert entry["after"] == {"status": "in_progress", "assignee": ADMIN.id}


def test_an_alert_that_is_not_there_cannot_be_acted_on(api: Api, path: str, project: str) -> None:
    nothing = f"{path}/{new_id(START)}"
    for action in ("take", "comments"):
        assert api.post(f"{nothing}/{action}", {"text": "x"} if action == "comments" else {}).slug == "not-found"
    assert api.get(f"{nothing}/trail").slug == "not-found"
    assert api.get(f"{nothing}/comments").slug == "not-found"


def test_comments_are_their_authors(api: Api, path: str, alert: str, platform: Platform) -> None:
    comments = f"{path}/{alert}/comments"
    platform.clock.advance(seconds=1)
    made = api.post(comments, {"text": "looks odd"}, key="once")
    assert (made.status, made.body["by"], made.version) == (201, ADMIN.id, 1)
    assert api.post(comments, {"text": "looks odd"}, key="once").body["id"] == made.body["id"]
    one = f"{comments}/{made.body['id']}"
    assert api.get(f"{path}/{alert}").body["comments"] == 1

    assert SOMEBODY.put(one, {"text": "no"}, version=1).slug == "forbidden"
    assert SOMEBODY.delete(one, version=1).slug == "forbidden"
    assert api.put(one, {"text": "is fine"}).slug == "precondition-required"
    platform.clock.advance(seconds=1)
    edited = api.put(one, {"text": "is fine"}, version=1)
    assert (edited.body["text"], edited.body["edited"] is not None, edited.version) == ("is fine", True, 2)
    stale = api.put(one, {"text": "again"}, version=1)
    assert (stale.status, stale.body["current"]["text"]) == (412, "is fine")
    assert api.delete(one, version=1).status == 412
    assert [each["text"] for each in api.get(comments).body["items"]] == ["is fine"]

    platform.clock.advance(seconds=1)
    assert api.delete(one, version=2).status == 204
    assert api.get(one).slug == "not-found"
    assert api.get(comments).body["items"] == []
    assert api.get(f"{path}/{alert}").body["comments"] == 0
    told = [event for event, _, _ in trail(api, f"{path}/{alert}")]
    assert told == ["raised", "commented", "comment_edited", "comment_deleted"]


@pytest.mark.parametrize("text", ["", "x" * 4001])
def test_a_comment_says_something_and_not_too_much(api: Api, path: str, alert: str, text: str) -> None:
    assert api.post(f"{path}/{alert}/comments", {"text": text}).body["field"] == "text"


def outcomes(answer: Answer) -> list[tuple[str, str]]:
    return [(each["alert"], each["problem"]) for each in answer.body["results"]]


def test_many_alerts_by_id_each_has_its_own_outcome(api: Api, path: str, raised: Raise) -> None:
    first, second, missing = raised(port=22), raised(port=80), new_id(START)
    api.post(f"{path}/{second}/take", {})
    answer = api.post(f"{path}/bulk", {"action": "take", "alerts": [first, second, missing, first]})
    assert (answer.status, answer.body["done"], answer.body["failed"]) == (200, 1, 2)
    assert outcomes(answer) == [(first, ""), (second, "illegal-transition"), (missing, "not-found")]
    assert api.get(f"{path}/{first}").body["status"] == "in_progress"


def test_many_alerts_by_filter_page_by_page(api: Api, path: str, raised: Raise) -> None:
    wanted = {raised(asset=f"10.0.0.{number}") for number in range(1, 6)}
    other = raised(port=80)
    done: set[str] = set()
    cursor, pages = "", 0
    while cursor is not None:
        body = {"action": "resolve", "reason": "moved", "filter": {"port": 22, "status": "open"}, "limit": 2}
        answer = api.post(f"{path}/bulk", body | {"cursor": cursor}).body
        assert answer["failed"] == 0
        done |= {each["alert"] for each in answer["results"]}
        cursor, pages = answer["next_cursor"], pages + 1
    assert (done, pages >= 3) == (wanted, True)
    assert {each["id"] for each in api.get(path, status="open").body["items"]} == {other}


NEITHER_WHAT_NOR_WHICH: tuple[dict[str, Any], ...] = (
    {"action": "take"},
    {"action": "take", "filter": {}},
    {"action": "take", "alerts": [new_id(START)], "filter": {"port": 1}},
    {"action": "take", "alerts": [new_id(START)] * 101},
    {"action": "vanish", "alerts": [new_id(START)]},
    {"action": "take", "filter": {"ports": "1"}},
    {"action": "take", "filter": {"cidr": "10.0.0.0/99"}},
)


def test_a_bulk_that_does_not_say_what_and_which_is_refused(api: Api, path: str) -> None:
    for body in NEITHER_WHAT_NOR_WHICH:
        assert api.post(f"{path}/bulk", body).slug == "invalid-input", body


def test_a_bulk_whose_every_alert_would_lack_its_reason_is_refused_whole(api: Api, path: str, alert: str) -> None:
    assert api.post(f"{path}/bulk", {"action": "acknowledge", "alerts": [alert]}).body["field"] == "reason"


@pytest.fixture
def crowd(raised: Raise, api: Api, path: str) -> dict[str, str]:
    """One alert for each thing to filter by."""
    made = {
        "plain": raised("10.0.0.7", 22),
        "block": raised("10.0.0.9", 23, type="BLOCKED", severity="critical"),
        "far": raised("10.0.9.7", 22, group=new_id(START)),
        "old": raised("10.0.0.8", 443, raised=START - timedelta(days=30)),
        "host": raised("www.example.org", None, protocol=None, type="NEW_HOST", severity="low"),
    }
    api.post(f"{path}/{made['far']}/take", {})
    api.post(f"{path}/{made['old']}/resolve", {"reason": "x"})
    return made


FILTERS: tuple[tuple[dict[str, str], str], ...] = (
    ({}, "block far host old plain"),
    ({"type": "BLOCKED"}, "block"),
    ({"severity": "low"}, "host"),
    ({"status": "open"}, "block host plain"),
    ({"status": "unresolved"}, "block far host plain"),
    ({"status": "in_progress"}, "far"),
    ({"assignee": ADMIN.id}, "far"),
    ({"address": "10.0.0.7"}, "plain"),
    ({"address": "www.example.org", "status": "unresolved"}, "host"),
    ({"cidr": "10.0.0.0/24"}, "block old plain"),
    ({"cidr": "10.0.0.0/24", "status": "unresolved"}, "block plain"),
    ({"port": "22"}, "far plain"),
    ({"port": "22", "protocol": "udp"}, ""),
    ({"since": "2026-11-20T00:00:00Z"}, "block far host plain"),
    ({"before": "2026-11-20T00:00:00Z"}, "old"),
)
"""A query, and the names of what it finds."""


@pytest.mark.parametrize("named", [True, False])
def test_alerts_are_filtered(api: Api, path: str, crowd: dict[str, str], network: str, named: bool) -> None:
    names = {alert: name for name, alert in crowd.items()}
    for query, found in FILTERS:
        asked = query | ({"network": network} if named else {})
        seen: list[str] = []
        cursor = ""
        while cursor is not None:
            page = api.get(path, **asked, limit=2, cursor=cursor).body
            seen += [names[each["id"]] for each in page["items"]]
            cursor = page["next_cursor"]
        assert " ".join(sorted(seen)) == found, query


def test_a_groups_alerts_are_listed(api: Api, path: str, crowd: dict[str, str]) -> None:
    far = api.get(f"{path}/{crowd['far']}").body["group"]
    assert [each["id"] for each in api.get(path, group=far).body["items"]] == [crowd["far"]]
    assert api.get(path, group=far, status="resolved").body["items"] == []


BAD_FILTERS: tuple[tuple[dict[str, str], str], ...] = (
    ({"status": "ajar"}, "status"),
    ({"type": "ODD"}, "type"),
    ({"network": "x"}, "network"),
    ({"port": "70000"}, "port"),
    ({"since": "yesterday"}, "since"),
    ({"cidr": "10.0.0.0/99"}, "cidr"),
    ({"cidr": "10.0.0.0/24", "address": "10.0.0.1"}, "cidr"),
    ({"cursor": "x"}, "cursor"),
    ({"limit": "1000"}, "limit"),
)


def test_a_bad_filter_is_refused(api: Api, path: str) -> None:
    for query, field in BAD_FILTERS:
        refused = api.get(path, **query)
        assert (refused.status, refused.body["field"]) == (400, field)


def test_a_cursor_belongs_to_its_filter(api: Api, path: str, crowd: dict[str, str]) -> None:
    cursor = api.get(path, status="open", limit=1).body["next_cursor"]
    assert api.get(path, status="resolved", limit=1, cursor=cursor).body["field"] == "cursor"


def test_one_cause_across_many_hosts_is_one_line(api: Api, path: str, raised: Raise, network: str) -> None:
    many = [raised(f"10.0.0.{number}") for number in range(1, 8)]
    raised("10.0.1.1", 80, group=new_id(START + timedelta(hours=1)), severity="low", type="SERVICE_CHANGED")
    api.post(f"{path}/{many[0]}/resolve", {"reason": "x"})
    api.post(f"{path}/{many[1]}/acknowledge", {"reason": "x"})
    api.post(f"{path}/{many[2]}/take", {})

    later, line = api.get(f"{path}/groups").body["items"]
    assert (later["type"], later["count"], later["worst"]) == ("SERVICE_CHANGED", 1, "low")
    assert (line["count"], line["unresolved"], line["worst"], line["port"]) == (7, 6, "high", 22)
    assert line["statuses"] == {"open": 5, "in_progress": 1, "resolved": 1}
    assert line["severities"] == {"high": 5, "info": 1}
    assert 1 <= len(line["sample"]) <= 4
    assert {each["alert"] for each in line["sample"]} <= set(many)
    assert len(api.get(path, group=line["id"]).body["items"]) == 7

    assert [each["id"] for each in api.get(f"{path}/groups", type="NEW_PORT").body["items"]] == [line["id"]]
    assert api.get(f"{path}/groups", status="resolved").body["items"] == []
    assert len(api.get(f"{path}/groups", network=network).body["items"]) == 2
    assert api.get(f"{path}/groups", network=new_id(START)).body["items"] == []
    for alert in many[1:]:
        api.post(f"{path}/{alert}/resolve", {"reason": "x"})
    (resolved,) = api.get(f"{path}/groups", status="resolved").body["items"]
    assert (resolved["id"], resolved["unresolved"], resolved["worst"]) == (line["id"], 0, "high")


def test_groups_come_in_pages_of_their_own_query(api: Api, path: str, raised: Raise) -> None:
    for number in range(3):
        raised(group=new_id(START + timedelta(hours=number)))
    first = api.get(f"{path}/groups", limit=2).body
    rest = api.get(f"{path}/groups", limit=2, cursor=first["next_cursor"]).body
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    assert api.get(f"{path}/groups", limit=2, status="", cursor=first["next_cursor"]).body["field"] == "cursor"


def test_counts_are_read_from_the_counters_alone(api: Api, path: str, platform: Platform, project: str) -> None:
    assert api.get(f"{path}/counts").body["total"] == 0
    pk = f"CNT#{project}#ALL"
    platform.http.counters.table.put(
        {
            "pk": pk,
            "sk": "TOTAL",
            "open": 9,
            "raised/NEW_PORT/high": 7,
            "standing/NEW_PORT/high/open": 3,
            "standing/NEW_PORT/info/in_progress": 1,
            "standing/BLOCKED/critical/resolved": 2,
        }
    )
    counts = api.get(f"{path}/counts").body
    assert (counts["total"], counts["unresolved"]) == (6, 4)
    assert counts["types"] == {"NEW_PORT": 4}
    assert counts["severities"] == {"high": 3, "info": 1}
    assert counts["statuses"] == {"open": 3, "in_progress": 1, "resolved": 2}
    assert api.get(f"{path}/counts", network=new_id(START)).body["total"] == 0
