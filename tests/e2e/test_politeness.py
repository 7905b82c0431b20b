"""Pausing, resuming and halting a scan of the lab on the deployed stack."""

from datetime import UTC, datetime

import pytest

from cli.errors import PARTIAL, ApiError
from tests.e2e.estate import PORTS, targets, truth
from tests.e2e.platform import Json, Project, eventually
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab]


def is_at_work(project: Project, scan: Json, *, run: int) -> bool:
    chunks = project.items("scans", scan["id"], "chunks")
    return any(chunk["status"] == "claimed" and chunk["run"] == run for chunk in chunks)


def stands(project: Project, scan: Json, status: str, stop: str) -> bool:
    found = project.get("scans", scan["id"])
    return (found["status"], found["stop"]) == (status, stop)


def test_a_scan_that_is_paused_and_halted_goes_on_each_time_and_finds_all(project: Project, lab: Lab) -> None:
    scanned = targets(lab, "web", "mail")
    # Each command is a process: the scan must be at work still when the second has started.
    network = project.network(targets=scanned, ports=PORTS, rate=80, profile="discovery")
    scan, by_command = project.start(network), ("--project", project.id)
    command = project.platform.command

    eventually(lambda: is_at_work(project, scan, run=1), seconds=240, what="a worker is at it")
    assert command("scans", "pause", scan["id"], *by_command).returncode == 0
    eventually(lambda: stands(project, scan, "paused", "pause"), seconds=240, what="the scan is paused")
    with pytest.raises(ApiError, match="has not ended"):
        project.start(network)
    followed = command("watch", scan["id"], *by_command)
    assert followed.returncode == PARTIAL, followed.stderr
    assert f"`vedette scans resume {scan['id']}` lets it go on" in followed.stdout

    assert command("scans", "resume", scan["id"], *by_command).returncode == 0
    eventually(lambda: is_at_work(project, scan, run=2), seconds=240, what="a worker of the second run is at it")
    halted = command("halt", "--why", "to try it", *by_command)
    assert halted.returncode == 0, halted.stderr
    eventually(lambda: stands(project, scan, "paused", "halt"), seconds=240, what="the scan is halted")
    with pytest.raises(ApiError, match=r"halted by .*: to try it"):
        project.post("scans", scan["id"], "resume")

    assert command("release", "--why", "it was tried", *by_command).returncode == 0
    assert stands(project, scan, "paused", "halt")
    project.post("scans", scan["id"], "resume")
    ended = project.ended(scan)
    assert (ended["status"], ended["run"]) == ("completed", 3)
    assert project.open() == truth(lab, scanned)


def test_a_scan_asked_for_outside_of_its_hours_waits_for_them_and_sends_nothing(project: Project, lab: Lab) -> None:
    closed = {"blackouts": [{"first": "2020-01-01", "last": "2999-12-31"}]}
    with pytest.raises(ApiError, match="it never opens"):
        project.network(targets=targets(lab, "silent"), window=closed)
    network = project.network(targets=targets(lab, "silent"), ports="80", profile="discovery")
    window = {"hours": [{"days": [_another_day()]}]}
    client = project.platform.client
    client.patch("projects", project.id, "networks", network["id"], body={"window": window}, version=network["version"])
    with lab.capture() as seen:
        scan = project.start(network)
        eventually(lambda: stands(project, scan, "paused", "window"), seconds=240, what="the scan waits")
    assert not [packet for packet in seen.packets if str(packet.destination) in targets(lab, "silent")]
    assert project.get("scans", scan["id"])["resume_at"] is not None
    project.post("scans", scan["id"], "cancel")


def _another_day() -> str:
    """Neither today nor tomorrow, whatever the time."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return days[(datetime.now(UTC).weekday() + 3) % 7]
