"""The live view, through the door: who may listen to what, and that no event is lost on the way in."""

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.adapters.connections import MAX_MESSAGE_BYTES
from functions.core.chunk import Chunk
from functions.core.errors import NotFound
from functions.core.ids import new_id
from functions.core.messages import Event, Progress
from functions.core.profile import PROFILES
from functions.core.project import Project
from functions.core.scan import Cause, Scan, ScanCounts, Snapshot
from functions.store.conditions import EXISTS
from functions.websocket import subscription
from tests.platform_in_memory import START, Platform
from tests.websocket.conftest import PROJECT, Client, make_client


@pytest.fixture
def scan(platform: Platform) -> Scan:
    platform.http.projects.create(Project(id=PROJECT, name="acme", created=START))
    made = Scan(
        id=new_id(START),
        project=PROJECT,
        network=new_id(START),
        cause=Cause(kind="api", principal="p", key="k"),
        snapshot=Snapshot(
            targets=("10.0.0.0/24",), ports="22", protocols=("tcp",), profile=PROFILES["standard"], rate=100
        ),
        counts=ScanCounts(chunks=2),
        created=START,
    )
    platform.http.scans.create_live(made)
    return made


def publish(platform: Platform, scan: Scan, seconds: float, kind: str = "log") -> str:
    at = platform.clock.now + timedelta(seconds=seconds)
    event = {"id": new_id(at), "project": PROJECT, "topic": f"scan:{scan.id}", "type": kind, "time": at}
    platform.websocket.live.publish(Event.model_validate(event))
    return str(event["id"])


def subscribe(scan: Scan, **more: Any) -> dict[str, Any]:
    return {"action": "subscribe", "topic": f"scan:{scan.id}", "project": PROJECT, **more}


def listeners(platform: Platform, scan: Scan) -> tuple[str, ...]:
    return platform.websocket.listeners.audience(PROJECT, f"scan:{scan.id}").now


def test_a_ping_is_answered(client: Client) -> None:
    assert client.send({"action": "ping"}) == [{"type": "pong"}]


def test_a_subscription_begins_with_a_snapshot_and_is_active(client: Client, platform: Platform, scan: Scan) -> None:
    ledger = platform.http.ledger
    ledger.create(Chunk(project=PROJECT, scan=scan.id, chunk=f"0000{number}", summary="s") for number in range(2))
    claimed = ledger.claim(PROJECT, scan.id, "00000", run=1, now=START, lease_s=60)
    ledger.heartbeat(claimed, now=START, progress=Progress(phase="discovery", fraction=0.5, open_ports=3))

    posted = client.send(subscribe(scan))
    assert [each["type"] for each in posted] == ["snapshot"]
    snapshot = posted[0]["data"]
    assert (posted[0]["topic"], snapshot["status"], snapshot["counts"]["chunks"]) == (f"scan:{scan.id}", "planned", 2)
    assert [(each["chunk"], each["progress"]["fraction"]) for each in snapshot["running"]] == [("00000", 0.5)]
    assert snapshot["link"] == f"/v1/projects/{PROJECT}/scans/{scan.id}"
    assert listeners(platform, scan) == ("c1",)


def test_since_replays_what_was_missed_with_an_overlap(client: Client, platform: Platform, scan: Scan) -> None:
    old = publish(platform, scan, -60)
    overlap, last, missed = (publish(platform, scan, seconds) for seconds in (-3, 0, 3))
    replayed = [each["id"] for each in client.send(subscribe(scan, since=last))[1:]]
    assert replayed == [overlap, last, missed]
    assert old not in replayed


def test_without_since_only_the_last_seconds_are_replayed(client: Client, platform: Platform, scan: Scan) -> None:
    publish(platform, scan, -60)
    recent = publish(platform, scan, -2)
    assert [each["id"] for each in client.send(subscribe(scan))[1:]] == [recent]


def test_an_event_written_just_before_the_subscription_is_active_is_not_lost(
    client: Client, platform: Platform, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody broadcasts it: at its time the subscription is pending, and the first reading is over."""
    listening = platform.websocket.listeners
    activate = listening.activate
    late: list[str] = []

    def activate_late(connection: str, project: str, topic: str) -> None:
        assert listeners(platform, scan) == ()
        late.append(publish(platform, scan, 1))
        activate(connection, project, topic)

    monkeypatch.setattr(listening, "activate", activate_late)
    posted = client.send(subscribe(scan))
    assert [each["id"] for each in posted[1:]] == late
    assert listeners(platform, scan) == ("c1",)


def test_no_event_is_posted_twice_by_one_subscribe(client: Client, platform: Platform, scan: Scan) -> None:
    made = [publish(platform, scan, number / 10) for number in range(5)]
    assert [each["id"] for each in client.send(subscribe(scan))[1:]] == made


def test_a_long_replay_ends_with_where_to_go_on(
    client: Client, platform: Platform, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "MAX_REPLAYED", 3)
    made = [publish(platform, scan, number) for number in range(5)]
    posted = client.send(subscribe(scan))
    assert [each["id"] for each in posted[1:4]] == made[:3]
    assert posted[4]["type"] == "error"
    assert made[2] in posted[4]["message"]


def test_a_project_topic_has_its_recent_scans(client: Client, scan: Scan) -> None:
    posted = client.send({"action": "subscribe", "topic": f"project:{PROJECT}"})
    assert posted[0]["data"]["scans"] == [{"scan": scan.id, "network": scan.network, "status": "planned"}]


@pytest.mark.parametrize("named", [{}, {"project": PROJECT}, {"project": ""}])
def test_the_project_is_that_of_the_ticket_named_or_not(platform: Platform, scan: Scan, named: dict[str, str]) -> None:
    client = make_client(platform, into=PROJECT, project=PROJECT)
    assert client.send({"action": "subscribe", "topic": f"scan:{scan.id}", **named})[0]["type"] == "snapshot"


@pytest.mark.parametrize("action", ["subscribe", "unsubscribe"])
def test_another_tenants_topic_is_not_there(platform: Platform, scan: Scan, action: str) -> None:
    """Not with an organisation's token either, once the ticket is for one project."""
    theirs = new_id(START)
    for other in (make_client(platform, into=theirs, project=theirs), make_client(platform, into=theirs)):
        for frame in (
            {"action": action, "topic": f"scan:{scan.id}", "project": PROJECT},
            {"action": action, "topic": f"project:{PROJECT}"},
            {"action": action, "topic": f"project:{PROJECT}", "project": PROJECT},
        ):
            assert [each["error"] for each in other.send(frame)] == ["not-found"]
        if action == "subscribe":
            foreign = other.send({"action": action, "topic": f"scan:{scan.id}"})
            assert [each["error"] for each in foreign] == ["not-found"]
    assert listeners(platform, scan) == ()


def test_a_token_that_may_not_read_does_not_connect(platform: Platform) -> None:
    refused = make_client(platform, into=PROJECT, scopes=("triage",), connects=403)
    assert platform.websocket.listeners.opened_by(refused.principal.id) == ()


def test_a_token_of_another_project_does_not_connect(platform: Platform) -> None:
    make_client(platform, into=PROJECT, project=new_id(START), connects=403)


def test_what_a_token_may_do_is_looked_at_with_every_subscribe(platform: Platform, scan: Scan) -> None:
    client = make_client(platform, into=PROJECT)
    assert client.send(subscribe(scan))[0]["type"] == "snapshot"
    platform.table.update(f"TOK#{client.principal.id}", "TOK", {"scopes": ["triage"]}, EXISTS)
    assert [each["error"] for each in client.send(subscribe(scan))] == ["forbidden"]
    assert platform.connections.closed == []


def test_a_token_revoked_or_expired_since_hears_so_and_is_closed(platform: Platform, scan: Scan) -> None:
    revoked = make_client(platform, into=PROJECT, connection="c1")
    expired = make_client(platform, into=PROJECT, connection="c2", expires=START + timedelta(minutes=1))
    platform.http.tokens.revoke("", revoked.principal.id, now=START)
    platform.clock.advance(minutes=1)
    assert [each["error"] for each in revoked.send(subscribe(scan))] == ["unauthenticated"]
    assert [each["error"] for each in expired.send({"action": "ping"})] == ["unauthenticated"]
    assert platform.connections.closed == ["c1", "c2"]
    assert listeners(platform, scan) == ()


def test_a_token_revoked_between_its_ticket_and_the_connection_does_not_connect(platform: Platform) -> None:
    client = make_client(platform, into=PROJECT)
    ticket = client.ticket()
    platform.http.tokens.revoke("", client.principal.id, now=START)
    assert client.connect(ticket) == 403
    assert platform.websocket.listeners.opened_by(client.principal.id) == ()


def test_a_connection_that_sends_too_much_is_told_so_once_and_closed(client: Client, platform: Platform) -> None:
    most = platform.websocket.frames_per_minute
    assert all(client.send({"action": "ping"}) == [{"type": "pong"}] for _ in range(most))
    assert [each["error"] for each in client.send({"action": "ping"})] == ["too-many-requests"]
    assert platform.connections.closed == ["c1"]
    assert platform.websocket.listeners.opened_by(client.principal.id) == ()


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "null",
        "[]",
        "1",
        '"ping"',
        "{}",
        '{"action": "shout"}',
        '{"action": "subscribe"}',
        '{"action": "subscribe", "topic": "scan:*"}',
        '{"action": "subscribe", "topic": "SUB#x"}',
        '{"action": "subscribe", "topic": "scan:01KAJ0000000000000000000N0", "since": "yesterday"}',
        '{"action": "subscribe", "topic": "scan:01KAJ0000000000000000000N0", "project": "acme"}',
        '{"action": "ping", "extra": 1}',
        '{"action": {"ping": 1}}',
        '{"action": "ping"}{"action": "ping"}',
        '{"action": "\\ud800"}',
        '{"action": "subscribe", "topic": "scan:01KAJ0000000000000000000N0\\n"}',
        '{"action": "subscribe", "topic": "scan:01KAJ0000000000000000000N0", "since": NaN}',
        '{"action": "subscribe", "topic": ' + "9" * 4000 + "}",
        '{"action":' * 390 + "1" + "}" * 100,
        "\x00\x1b\ufffd",
        "[" * 4000,
        "x" * 5000,
        "x" * 1_000_000,
    ],
    ids=lambda frame: frame[:60],
)
def test_a_malformed_frame_is_answered_by_an_error_frame(client: Client, frame: str) -> None:
    answers = client.send(frame)
    assert [(each["type"], each["error"]) for each in answers] == [("error", "invalid-input")]
    assert answers[0]["message"]


@pytest.mark.parametrize("route", ["$connect", "$disconnect"])
def test_a_frame_that_names_a_route_of_the_gateways_own_is_a_frame(
    client: Client, platform: Platform, scan: Scan, route: str
) -> None:
    before = platform.websocket.listeners.connection("c1")
    client.send(subscribe(scan))
    assert [each["error"] for each in client.send({"action": route}, route=route)] == ["invalid-input"]
    assert listeners(platform, scan) == ("c1",)
    after = platform.websocket.listeners.connection("c1")
    assert after.model_copy(update={"minute": before.minute, "frames": before.frames}) == before
    assert after.frames == 2


def test_an_unsubscribed_topic_has_no_listener(client: Client, platform: Platform, scan: Scan) -> None:
    client.send(subscribe(scan))
    assert client.send({"action": "unsubscribe", "topic": f"scan:{scan.id}", "project": PROJECT}) == []
    assert listeners(platform, scan) == ()


def test_a_disconnected_client_listens_no_more(client: Client, platform: Platform, scan: Scan) -> None:
    client.send(subscribe(scan))
    assert client.disconnect() == 200
    assert client.disconnect() == 200
    assert listeners(platform, scan) == ()
    with pytest.raises(NotFound):
        platform.websocket.listeners.connection("c1")


def test_a_client_that_is_gone_is_forgotten(client: Client, platform: Platform, scan: Scan) -> None:
    platform.connections.gone.add("c1")
    assert client.send(subscribe(scan)) == []
    assert platform.websocket.listeners.subscribers(PROJECT, f"scan:{scan.id}") == ()
    with pytest.raises(NotFound):
        platform.websocket.listeners.connection("c1")
    assert client.send("nonsense") == []


def test_a_connection_that_is_not_known_is_told_so_and_closed(platform: Platform, client: Client, scan: Scan) -> None:
    platform.websocket.listeners.disconnect("c1")
    assert client.send(subscribe(scan))[0]["error"] == "unauthenticated"
    assert platform.connections.closed == ["c1"]


def test_a_snapshot_of_many_running_chunks_fits_a_message(
    client: Client, platform: Platform, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = subscription.MAX_RUNNING
    monkeypatch.setattr(subscription, "MAX_RUNNING", 2)
    ledger = platform.http.ledger
    ledger.create(Chunk(project=PROJECT, scan=scan.id, chunk=f"{number:05}", summary="x" * 256) for number in range(3))
    for number in range(3):
        claimed = ledger.claim(PROJECT, scan.id, f"{number:05}", run=1, now=START, lease_s=60)
        ledger.heartbeat(claimed, now=START, progress=Progress(phase="discovery", fraction=1 / 3, open_ports=65535))
    snapshot = client.send(subscribe(scan))[0]
    assert len(snapshot["data"]["running"]) == 2
    assert len(json.dumps(snapshot)) * most / 2 < MAX_MESSAGE_BYTES
