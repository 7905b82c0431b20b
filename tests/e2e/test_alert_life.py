"""What a team does with its alerts, on the deployed stack: by the API, by the command, with a trail of all of it."""

import json
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from cli.access import Access
from cli.client import Client
from cli.errors import ApiError
from tests.e2e.estate import targets
from tests.e2e.platform import PATIENCE_S, Json, Platform, Project, eventually
from tests.e2e.test_live import ask
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]

WEB, MAIL = (80, 443, 8080), (25, 110, 143)


@dataclass(frozen=True)
class Estate:
    """One scan of two hosts whose every open port is an alert; each test has an alert of its own."""

    project: Project
    network: str
    scan: str
    hosts: dict[str, str]
    alerts: dict[int, str]
    """By port."""

    def command(self, *words: str, code: int = 0) -> str:
        done = self.project.platform.command("alerts", *words, "--project", self.project.id)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    def read(self, port: int) -> Json:
        return self.project.get("alerts", self.alerts[port])

    def found(self, **query: object) -> set[int]:
        return {alert["port"] for alert in self.project.items("alerts", **query)}

    def trail(self, port: int) -> list[str]:
        return [entry["event"] for entry in self.project.items("alerts", self.alerts[port], "trail")]


@pytest.fixture(scope="module")
def estate(platform: Platform, lab: Lab) -> Estate:
    project = platform.project()
    network = project.network(
        targets=targets(lab, "web", "mail"),
        ports=",".join(map(str, sorted(WEB + MAIL))),
        profile="discovery",
        alerts={"baseline": "alert"},
    )
    scan = project.scan(network)

    def raised() -> dict[int, str]:
        return {alert["port"]: alert["id"] for alert in project.items("alerts")}

    eventually(lambda: len(raised()) == len(WEB + MAIL), seconds=180, what="every open port is an alert")
    hosts = {name: str(lab.host(name).address) for name in ("web", "mail")}
    return Estate(project, network["id"], scan["id"], hosts, raised())


def test_an_alert_is_set_aside_worked_on_and_resolved_and_its_trail_tells_it(estate: Estate) -> None:
    alert = estate.alerts[80]
    shown = estate.command("show", alert)
    assert "high NEW_PORT" in shown
    estate.command("ack", alert, "--reason", "a web server", "--until", "7d")
    acknowledged = estate.read(80)
    assert (acknowledged["severity"], acknowledged["rated"]) == ("info", "high")
    assert "acknowledged already" in estate.command("ack", alert, "--reason", "again", code=1)
    wishes = {"assign": {"assignee": "ops"}, "snooze": {"until": "2099-01-01T00:00:00Z"}, "mute": {"reason": "noise"}}
    for action in ("unacknowledge", "assign", "take", "release", "snooze", "unsnooze", "mute", "unmute"):
        estate.project.post("alerts", alert, action, body=wishes.get(action, {}))
    estate.command("resolve", alert, "--reason", "moved behind the proxy")
    resolved = estate.read(80)
    assert (resolved["status"], resolved["resolution"]["reason"]) == ("resolved", "moved behind the proxy")
    estate.command("reopen", alert, "--reason", "not yet")
    told = "acknowledged unacknowledged assigned taken released snoozed unsnoozed muted unmuted resolved reopened"
    assert estate.trail(80) == ["raised", *told.split()]
    assert estate.command("trail", alert).splitlines()[1].split("\t")[2:4] == ["acknowledged", "a web server"]


def test_those_who_watch_see_each_change(estate: Estate) -> None:
    project, alert = estate.project, estate.alerts[8080]
    with project.platform.live(project.id) as socket:
        assert ask(socket, action="subscribe", topic=f"project:{project.id}", project=project.id)["type"] == "snapshot"
        project.post("alerts", alert, "take", body={})
        while True:
            event = json.loads(socket.recv(timeout=PATIENCE_S))
            if event["type"] == "alert.changed" and event["data"]["id"] == alert:
                break
    assert event["data"]["status"] == "in_progress"


def test_an_acknowledgement_that_has_ended_counts_as_not_there(estate: Estate) -> None:
    until = datetime.now(UTC) + timedelta(seconds=15)
    wish = {"reason": "for a moment", "until": until.isoformat()}
    assert estate.project.post("alerts", estate.alerts[443], "acknowledge", body=wish)["severity"] == "info"
    eventually(lambda: estate.read(443)["severity"] == "high", what="the mark has ended")
    assert estate.read(443)["acknowledged"] is None
    assert 443 in estate.found(severity="high")


LASTS = timedelta(seconds=80)
"""Between the notice, halfway, and the end the product must come to look."""


def test_the_end_of_a_short_exception_is_told_halfway_and_what_it_covered_comes_back(estate: Estate) -> None:
    project, alert = estate.project, estate.alerts[443]
    with project.platform.live(project.id) as socket:
        assert ask(socket, action="subscribe", topic=f"project:{project.id}", project=project.id)["type"] == "snapshot"
        ends = datetime.now(UTC) + LASTS
        until = {"until": ends.isoformat()}
        project.post("alerts", alert, "mute", body={"reason": "for a moment", **until})
        rule = {"name": "a-trial", "action": "allow", "ports": "8080", "reason": "a trial", **until}
        path = ("projects", project.id, "networks", estate.network, "rules")
        project.platform.client.put(*path, body={"rules": [rule]}, version=0)
        halfway = ends - (ends - datetime.now(UTC)) / 2
        eventually(lambda: estate.read(8080)["status"] == "resolved", what="the rule allows it")
        the_clock_turns(project, halfway)
        told: dict[str, tuple[str, str]] = {}
        while len(told) < 2:
            event = json.loads(socket.recv(timeout=PATIENCE_S))
            if event["type"] == "exception.ending":
                data = event["data"]
                told[data["what"]] = data["alert"] or data["rule"], data["reason"]
    assert told == {"muted": (alert, "for a moment"), "rule": ("a-trial", "a trial")}
    the_clock_turns(project, ends)
    eventually(lambda: estate.read(8080)["status"] == "open", what="what the rule allowed is back")
    assert estate.read(443)["muted"] is None


def the_clock_turns(project: Project, at: datetime) -> None:
    """What the product does each minute, done a moment after `at`."""
    time.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds()) + 1)
    queue = project.platform.outputs["ReviewQueueUrl"]
    project.platform.aws("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps({"kind": "due"}))


def test_comments_belong_to_who_wrote_them(estate: Estate) -> None:
    alert = estate.alerts[110]
    made = estate.command("comment", alert, "who opened this?").split()[-1]
    estate.command("comment", alert, "ops did", "--edit", made)
    token = estate.project.post("tokens", body={"name": "other", "scopes": ["read", "triage"]}, key=str(uuid.uuid4()))
    access = estate.project.platform.access
    path = ("projects", estate.project.id, "alerts", alert, "comments", made)
    with Client(Access(url=access.url, websocket_url=access.websocket_url, token=token["token"])) as other:
        with pytest.raises(ApiError) as refused:
            other.put(*path, body={"text": "no"}, version=2)
        assert refused.value.status == 403
    assert "ops did (edited)" in estate.command("comments", alert)
    assert estate.read(110)["comments"] == 1
    estate.command("uncomment", alert, made)
    assert estate.command("comments", alert) == ""
    assert estate.trail(110) == ["raised", "commented", "comment_edited", "comment_deleted"]


def test_alerts_are_found_by_what_they_concern(estate: Estate) -> None:
    both, network = set(WEB + MAIL), estate.network
    assert estate.found(network=network, status="unresolved") == both
    assert estate.found(network=network, status="unresolved", address=estate.hosts["web"]) == set(WEB)
    assert estate.found(cidr=f"{estate.hosts['mail']}/32") == set(MAIL)
    assert estate.found(port=25) == {25}
    assert estate.found(type="NEW_PORT", status="unresolved") == both
    assert estate.found(type="BLOCKED") == set()
    assert estate.found(group=estate.read(143)["group"]) == {143}
    listed = json.loads(estate.command("list", "--since", "1h", "--port", "143", "--json"))["alerts"]
    assert [alert["id"] for alert in listed] == [estate.alerts[143]]
    assert estate.command("list", "--before", "1h") == ""


def test_many_alerts_at_once_tell_of_each_whether_it_was_done(estate: Estate) -> None:
    missing = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    assert f"{missing}: there is no alert" in estate.command("assign", estate.alerts[25], missing, "--to", "me", code=3)
    assert estate.found(assignee="me") == {25}
    done = estate.command("bulk", "resolve", "--where", f"cidr={estate.hosts['mail']}/32", "--reason", "retired")
    assert sorted(done.split()[1::2]) == sorted(estate.alerts[port] for port in MAIL)
    assert estate.found(status="resolved") >= set(MAIL)
    estate.command("bulk", "reopen", "--where", f"cidr={estate.hosts['mail']}/32")


def test_a_group_is_one_line_and_counts_come_from_counters(estate: Estate) -> None:
    groups = estate.project.items("alerts", "groups", network=estate.network)
    assert {group["port"]: group["count"] for group in groups} == dict.fromkeys(WEB + MAIL, 1)
    assert next(group for group in groups if group["port"] == 80)["sample"][0]["asset"] == estate.hosts["web"]

    def counted() -> bool:
        counts = estate.project.get("alerts", "counts", network=estate.network)
        return bool(counts["total"] == len(WEB + MAIL) == counts["unresolved"])

    eventually(counted, what="the counters have every alert")
    assert estate.command("counts").startswith("6 unresolved of 6\n")
