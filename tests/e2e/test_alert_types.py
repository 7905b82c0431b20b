"""Every type of alert, raised and resolved on the lab: some nights of scans, and what stood after each of them."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.alert import AlertType
from tests.e2e.estate import targets
from tests.e2e.platform import Json, Platform, Project, eventually
from tests.lab.host import Host
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]

SETTINGS: Json = {"confirm": [], "misses_to_close": 1}
NEVER = {"expression": "cron(0 0 1 1 ? 2099)"}
YEAR = datetime.now(UTC).year + 1
"""Of a tick that nothing has been scanned since."""
PATIENCE = 120
Standing = tuple[str, str, int | None]
RULES = (
    {"name": "no-backdoor", "action": "block", "ports": "31337"},
    {"name": "https", "action": "allow", "ports": "22,443"},
    {"name": "proxy-answers", "action": "expect", "ports": "8080", "protocol": "tcp"},
)


@dataclass
class Nights:
    """The estate's networks; `alerts` as they were last read."""

    project: Project
    lab: Lab
    alerts: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.web, self.ssh = targets(self.lab, "web", "ssh")
        (self.mail,) = targets(self.lab, "mail")
        (self.everything,) = targets(self.lab, "everything")
        (silent,) = targets(self.lab, "silent")
        self.office = self.network("office", self.web, self.ssh, ports="22,80,443,8080,31337")
        self.services = self.network("services", self.mail, ports="587", profile="standard")
        self.odd = self.network("odd", self.everything, ports="1-120")
        self.failing = self.network("failing", silent, ports="1-5")
        self.forgotten = self.network("forgotten", silent, ports="1-10000", rate=10, schedule=NEVER, skips_to_alert=1)
        path = ("projects", self.project.id, "networks", self.office["id"], "rules")
        named = [{**each, "assets": [self.web]} if each["action"] == "expect" else each for each in RULES]
        self.project.platform.client.put(*path, body={"rules": named, "default": "deny"}, version=0)

    def network(self, name: str, *addresses: str, ports: str, **draft: Any) -> Json:
        alerts = {**SETTINGS, **{key: draft.pop(key) for key in ("skips_to_alert",) if key in draft}}
        fields = {"profile": "discovery", **draft}
        return self.project.network(name=name, targets=list(addresses), ports=ports, alerts=alerts, **fields)

    def night(self, *networks: Json) -> list[Json]:
        """One scan of each network, side by side."""
        started = [self.project.start(network) for network in networks]
        return [self.project.ended(scan) for scan in started]

    def send(self, queue: str, **body: Any) -> None:
        url = self.project.platform.outputs[f"{queue}QueueUrl"]
        self.project.platform.aws("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))

    def fail(self, network: Json) -> None:
        """A scan whose workflow is stopped before anything was covered."""
        workflow = self.project.platform.aws("stepfunctions")
        machine = self.project.platform.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
        scan = self.project.start(network)
        workflow.stop_execution(executionArn=f"{machine}:{scan['id']}-{scan['run']}", cause="test")
        assert self.project.ended(scan)["status"] == "failed"

    def keep_busy(self, network: Json) -> Json:
        """A scan that is live while the schedule's tick comes, which is skipped."""
        live = self.project.start(network)
        self.send("Tick", project=self.project.id, network=network["id"], scheduled_time=datetime.now(UTC).isoformat())
        return live

    def miss(self, network: Json, live: Json) -> Json:
        """The tick was skipped and the scan in its way never came to an end of its own; the network as it is from then on."""
        eventually(lambda: self.ticks(network), seconds=PATIENCE, what="the tick is kept")
        self.project.post("scans", live["id"], "cancel")
        assert self.project.ended(live)["status"] == "cancelled"
        self.send("Review", kind="watches", project=self.project.id)
        given = ("name", "targets", "profile", "schedule", "alerts")
        body = {name: network[name] for name in given} | {"ports": "1-5", "rate": 2000}
        path = ("projects", self.project.id, "networks", network["id"])
        edited: Json = self.project.platform.client.put(*path, body=body, version=network["version"])
        return edited

    def ticks(self, network: Json) -> list[Json]:
        items: list[Json] = self.project.platform.aws("dynamodb").query(
            TableName=self.project.platform.outputs["TableName"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"TCK#{self.project.id}#{network['id']}"}},
        )["Items"]
        return items

    def standing(self) -> set[Standing]:
        self.alerts = self.project.items("alerts")
        return {(each["type"], each["asset"], each["port"]) for each in self.alerts if each["status"] != "resolved"}

    def expect(self, night: str, *standing: Standing, perhaps: Standing | None = None) -> None:
        """`perhaps`: what the clock's own turn may have found already."""
        wanted = set(standing)
        what = f"after {night}: {sorted(map(str, wanted))}"
        eventually(lambda: self.standing() - {perhaps} == wanted, seconds=PATIENCE, what=what)

    def only(self, kind: str) -> Json:
        (alert,) = (each for each in self.alerts if each["type"] == kind)
        return alert


@pytest.fixture(scope="module")
def nights(platform: Platform, lab: Lab) -> Iterator[Nights]:
    """Three nights: services that open, close, come again and change; hosts that appear; scans that fail or are forgotten."""
    web, ssh, mail = lab.host("web"), lab.host("ssh"), lab.host("mail")
    estate = Nights(platform.project(), lab)
    with ExitStack() as mended:
        for host, service in ((web, "admin"), (web, "http-alt")):
            host.stop(service)
            mended.callback(running, host, service)
        ssh.vanish()
        mended.callback(ssh.come_back)
        live = estate.keep_busy(estate.forgotten)
        estate.fail(estate.failing)
        estate.night(estate.office, estate.services, estate.odd)
        estate.expect(
            "the first night",
            ("EXPECTED_CLOSED", estate.web, 8080),
            ("NOT_ALLOWED", estate.web, 80),
            ("ANSWERS_EVERYTHING", estate.everything, None),
            ("SCAN_FAILED", "", None),
            perhaps=("NOT_WATCHED", "", None),
        )

        ssh.come_back()
        web.start("http-alt")
        web.start("admin")
        web.stop("http")
        mended.callback(running, web, "http")
        mail.stop("submission")
        mail.start("submission", kind="ftp")
        mended.callback(again, mail, "submission")
        estate.forgotten = estate.miss(estate.forgotten, live)
        estate.night(estate.office, estate.services, estate.failing)
        estate.expect(
            "the second night",
            ("ANSWERS_EVERYTHING", estate.everything, None),
            ("BLOCKED", estate.web, 31337),
            ("NEW_PORT", estate.web, 8080),
            ("NEW_HOST", estate.ssh, None),
            ("SERVICE_CHANGED", estate.mail, 587),
            ("NOT_WATCHED", "", None),
        )

        web.start("http")
        ssh.vanish()
        estate.night(estate.office, estate.forgotten)
        estate.expect(
            "the third night",
            ("ANSWERS_EVERYTHING", estate.everything, None),
            ("BLOCKED", estate.web, 31337),
            ("NEW_PORT", estate.web, 8080),
            ("SERVICE_CHANGED", estate.mail, 587),
            ("REOPENED", estate.web, 80),
        )
        yield estate


def running(host: Host, service: str) -> None:
    if service not in host.running:
        host.start(service)


def again(host: Host, service: str) -> None:
    host.stop(service)
    host.start(service)


def test_a_port_that_was_covered_and_not_open_is_a_high_new_port(nights: Nights) -> None:
    alert = nights.only("NEW_PORT")
    assert (alert["severity"], alert["status"], alert["count"]) == ("high", "open", 1)
    assert f"8080/tcp on {nights.web} is open. It was covered at" in alert["why"]["text"]
    assert alert["why"]["change"]["previous_covered"] is not None


def test_a_port_that_a_rule_blocks_is_critical_and_names_rule_and_version(nights: Nights) -> None:
    alert = nights.only("BLOCKED")
    assert (alert["severity"], alert["port"]) == ("critical", 31337)
    assert alert["why"]["rule"] == {"scope": nights.office["id"], "version": 1, "rule": "no-backdoor"}
    assert "rule no-backdoor of the network's rules (version 1) blocks" in alert["why"]["text"]


def test_a_first_coverage_that_no_rule_allows_is_an_alert_until_it_closes(nights: Nights) -> None:
    alert = nights.only("NOT_ALLOWED")
    assert (alert["severity"], alert["status"], alert["resolution"]["by"]) == ("medium", "resolved", "")
    assert alert["resolution"]["reason"].startswith("closed in covered scope: scan")


def test_a_port_that_opens_again_is_an_alert_of_its_own_kind(nights: Nights) -> None:
    alert = nights.only("REOPENED")
    assert (alert["asset"], alert["port"], alert["severity"]) == (nights.web, 80, "medium")
    assert "is open again" in alert["why"]["text"]


def test_what_must_answer_and_never_did_is_an_alert_until_it_does(nights: Nights) -> None:
    alert = nights.only("EXPECTED_CLOSED")
    assert (alert["severity"], alert["status"]) == ("high", "resolved")
    assert (
        "was never open, and rule proxy-answers of the network's rules (version 1) expects it" in alert["why"]["text"]
    )


def test_another_service_on_a_known_port_is_an_alert_that_names_both(nights: Nights) -> None:
    alert = nights.only("SERVICE_CHANGED")
    assert alert["severity"] == "low"
    assert "answers as vsftpd ftp where it answered as Postfix smtpd smtp" in alert["why"]["text"]


def test_a_host_where_nothing_was_is_an_alert_until_it_is_gone(nights: Nights) -> None:
    alert = nights.only("NEW_HOST")
    assert (alert["asset"], alert["port"], alert["severity"]) == (nights.ssh, None, "low")
    assert (alert["status"], alert["resolution"]["by"]) == ("resolved", "")
    assert alert["resolution"]["reason"].startswith("gone in covered scope")


def test_a_host_has_the_name_that_its_name_server_knows(nights: Nights) -> None:
    host = nights.project.get("networks", nights.services["id"], "hosts", nights.mail)
    assert host["names"] == [f"at-{nights.mail.replace('.', '-')}.lab.test"]


def test_a_host_that_answers_on_everything_is_one_alert_and_its_ports_are_none(nights: Nights) -> None:
    alert = nights.only("ANSWERS_EVERYTHING")
    assert (alert["asset"], alert["port"]) == (nights.everything, None)
    assert "their own alerts are held back" in alert["why"]["text"]


def test_a_scan_that_failed_is_an_alert_until_one_ends_well(nights: Nights) -> None:
    alert = nights.only("SCAN_FAILED")
    assert (alert["network"], alert["asset"], alert["status"]) == (nights.failing["id"], "", "resolved")
    assert alert["resolution"]["reason"].endswith("ended completed")


def test_a_network_whose_ticks_are_skipped_is_not_watched_until_a_scan_ends(nights: Nights) -> None:
    alert = nights.only("NOT_WATCHED")
    assert (alert["network"], alert["severity"], alert["status"]) == (nights.forgotten["id"], "high", "resolved")
    assert "were skipped" in alert["why"]["text"]


def test_every_type_has_been_raised_once(nights: Nights) -> None:
    assert sorted(alert["type"] for alert in nights.alerts) == sorted(AlertType)
