"""The main job, by every door: what is scanned is exactly what is there."""

import json

import pytest

from tests.e2e.estate import PORTS, Cell, targets, truth
from tests.e2e.platform import Json, Platform, Project, eventually
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab]
NEIGHBOURS = 5000
"""Bytes by which machines of a link find each other, of all workers."""


def cells_by_method(lines: list[Json]) -> dict[tuple[str, bool], set[str]]:
    """Answers by (method, IPv6?) over all TCP coverage rectangles."""
    found: dict[tuple[str, bool], set[str]] = {}
    for line in lines:
        if line["kind"] == "coverage" and line["protocol"] == "tcp":
            six = any(":" in part["first"] for part in line["addresses"])
            found.setdefault((line["how"], six), set()).add(line["answer"])
    return found


def test_a_scan_by_the_api_finds_exactly_the_labs_truth(project: Project, lab: Lab) -> None:
    scanned = targets(lab, versions=(4, 6))
    network = project.network(targets=scanned, ports=PORTS, rate=4000)
    scan = project.scan(network, seconds=500)
    assert scan["status"] == "completed"
    assert scan["counts"]["chunks"] >= 2
    assert scan["counts"]["cells_covered"] == scan["counts"]["cells"] == len(scanned) * 1033
    assert project.open() == truth(lab, scanned)

    lines = project.result_lines(scan)
    methods = cells_by_method(lines)
    assert {method for method, six in methods if not six} == {"syn"}, "a fall to connect scanning would show here"
    commands = [command["argv"] for line in lines if line["kind"] == "trailer" for command in line["commands"]]
    assert any("masscan" in argv[0] for argv in commands)
    assert any("-sV" in argv for argv in commands)

    web = project.exposures()[str(lab.host("web").address), "tcp", 443]["service"]
    assert (web["name"], web["product"], web["tunnel"]) == ("http", "nginx", "ssl")
    assert {host["asset"] for host in project.items("hosts")} >= {asset for asset, _, _ in truth(lab, scanned)}


def test_a_scan_tells_the_bytes_that_its_tasks_sent(project: Project, lab: Lab) -> None:
    scanned = targets(lab, "web", "ssh")
    network = project.network(targets=scanned, ports=PORTS, rate=4000)
    with lab.capture() as seen:
        scan = project.scan(network)
    used = scan["actual"]["usage"]
    to_targets = sum(packet.size for packet in seen.packets if str(packet.destination) in scanned)
    assert 0 < to_targets <= used["bytes_sent"] < sum(packet.size for packet in seen.packets) + NEIGHBOURS
    assert used["bytes_out"] == 0, "to private addresses: nobody charges for them"
    assert used["log_bytes"] > 0


def test_a_scan_by_the_command_prints_exactly_the_labs_truth(platform: Platform, lab: Lab) -> None:
    scanned = targets(lab, "web", "mail", "database")
    project = platform.project("by command")
    done = platform.command("scan", *scanned, "--ports", PORTS, "--rate", "4000", "--project", project.id, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    printed: set[Cell] = {(port["asset"], port["protocol"], port["port"]) for port in document["ports"]}
    assert printed == truth(lab, scanned)
    assert "planned: " in done.stderr
    assert "open " in done.stderr

    why = platform.command("why", f"{lab.host('web').address}:80", "--project", project.id)
    assert why.returncode == 0, why.stderr
    assert "open" in why.stdout
    assert document["scan"]["id"] in why.stdout


def test_udp_tells_open_from_silent(project: Project, lab: Lab) -> None:
    scanned = targets(lab, "dns", "silent")
    network = project.network(targets=scanned, ports="53,69", protocols=["udp"], rate=100)
    scan = project.scan(network)
    assert scan["status"] == "completed"
    assert project.open() == {(str(lab.host("dns").address), "udp", 53)}


def test_a_scan_by_schedule_starts_by_itself(project: Project, lab: Lab) -> None:
    scanned = targets(lab, "ssh")
    network = project.network(
        targets=scanned, ports="22,50000", schedule={"expression": "rate(1 minute)", "timezone": "Europe/Vienna"}
    )
    eventually(lambda: project.items("scans"), seconds=300, what="the schedule starts a scan")
    # One is enough: every minute another would run beside the tests that follow.
    where = ("projects", project.id, "networks", network["id"], "schedule")
    project.platform.client.patch(*where, body={"enabled": False}, version=network["version"])
    scan = project.ended(project.items("scans")[-1])
    assert scan["cause"]["kind"] == "schedule"
    assert scan["status"] == "completed"
    assert project.open() == truth(lab, scanned)
