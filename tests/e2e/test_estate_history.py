"""What a team sees of its estate over time: timelines, flapping ports, hosts that answer on everything, accepted baselines."""

import json
from typing import Any

import pytest

from cli.errors import ApiError
from tests.e2e.estate import targets
from tests.e2e.platform import Json, Project, eventually
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]

ADMIN = 31337


@pytest.fixture
def network(project: Project, lab: Lab) -> Json:
    """A port that opened, closed and opened again flaps here already."""
    flapping = {"changes": 3, "window_hours": 168}
    return project.network(
        targets=targets(lab, "web"), ports=f"80,{ADMIN}", profile="discovery", alerts={"flapping": flapping}
    )


def run(project: Project, *words: str) -> Any:
    """What the command prints as JSON."""
    done = project.platform.command(*words, "--project", project.id, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def alerts(project: Project) -> set[tuple[str, str]]:
    return {(alert["type"], alert["status"]) for alert in project.items("alerts")}


def test_a_port_that_comes_and_goes_is_one_story_and_can_be_accepted(project: Project, lab: Lab, network: Json) -> None:
    web = lab.host("web")
    scans = [project.scan(network)]
    web.stop("admin")
    try:
        scans.append(project.scan(network))
    finally:
        web.start("admin")
    scans.append(project.scan(network))

    def story() -> list[tuple[str, str]]:
        told = run(project, "history", f"{web.address}:{ADMIN}")["history"]
        return [(entry["event"], entry["scan"]) for entry in told]

    events = ("reopened", "closed", "opened")
    wanted = list(zip(events, (scan["id"] for scan in reversed(scans)), strict=True))
    eventually(lambda: story() == wanted, what="the port tells its story")
    assert [port["port"] for port in run(project, "ports", "--state", "flapping")["ports"]] == [ADMIN]
    assert run(project, "ports", "--state", "suspect") == {"ports": []}
    of_host = project.items("networks", network["id"], "hosts", str(web.address), "history")
    assert {entry["event"] for entry in of_host} >= {"seen", "opened", "closed", "reopened"}

    eventually(lambda: ("REOPENED", "open") in alerts(project), what="the port that opened again is an alert")
    assert run(project, "networks", "baseline", network["id"]) == {"examined": 2, "accepted": 2, "hosts": 0}
    eventually(lambda: alerts(project) == {("REOPENED", "resolved")}, what="what is accepted is no alert")
    assert story()[0] == ("accepted", "")
    assert run(project, "history", f"{web.address}:{ADMIN}")["history"][0]["by"]


def test_a_host_is_named_by_its_users_and_told_across_networks(project: Project, lab: Lab, network: Json) -> None:
    web = str(lab.host("web").address)
    project.scan(network)
    copy = run(project, "networks", "clone", network["id"], "copy")
    project.scan(copy)
    done = project.platform.command("hosts", "edit", web, "--name", "front", "--tag", "dmz", "--project", project.id)
    assert done.returncode == 0, done.stderr
    sightings = run(project, "hosts", "show", web)["networks"]
    assert {(each["network"], each["host"]["name"]) for each in sightings} == {
        (network["id"], "front"),
        (copy["id"], "front"),
    }
    assert {exposure["port"] for each in sightings for exposure in each["exposures"]} == {80, ADMIN}
    assert all(each["last_seen"] >= each["host"]["first_seen"] for each in sightings)
    assert len(run(project, "hosts", "--tag", "dmz", "--up")["hosts"]) == 2
    eventually(
        lambda: (
            [bool(each["by"]) for each in run(project, "history", web)["history"] if each["event"] == "edited"]
            == [True, True]
        ),
        what="edits are told in both networks, with who made them",
    )


def test_a_network_that_is_off_is_not_scanned(project: Project, network: Json) -> None:
    assert project.platform.command("networks", "disable", network["id"], "--project", project.id).returncode == 0
    with pytest.raises(ApiError, match="is off") as refused:
        project.start(network)
    assert refused.value.slug == "conflict"


def test_a_host_that_answers_on_everything_is_one_alert(project: Project, lab: Lab) -> None:
    wide = project.network(
        targets=targets(lab, "everything"), ports="1-120", profile="discovery", alerts={"baseline": "alert"}
    )
    project.scan(wide)
    (host,) = project.items("hosts")
    assert host["answers_everything"]
    assert {exposure["held"] for exposure in project.items("exposures")} == {True}
    eventually(lambda: alerts(project) >= {("ANSWERS_EVERYTHING", "open")}, what="the host is an alert")
    assert {kind for kind, _ in alerts(project)} <= {"ANSWERS_EVERYTHING", "NEW_HOST"}
    (lost,) = project.items("alerts", type="ANSWERS_EVERYTHING")
    key = {"pk": {"S": f"ALR#{project.id}"}, "sk": {"S": lost["id"]}}
    project.platform.aws("dynamodb").delete_item(TableName=project.platform.outputs["TableName"], Key=key)
    assert run(project, "alerts", "reconcile")["created"] == 1
    assert run(project, "networks", "baseline", wide["id"])["hosts"] == 1
    eventually(lambda: alerts(project) == {("ANSWERS_EVERYTHING", "resolved")}, what="what is accepted is no alert")


def test_a_network_is_made_edited_and_scheduled_by_command(project: Project, lab: Lab) -> None:
    (web,) = targets(lab, "web")
    made = run(project, "networks", "create", "dmz", web, "--ports", "80", "--profile", "discovery", "--rate", "500")
    edited = run(project, "networks", "edit", "dmz", "--ports", "80,443", "--exclude", "10.99.0.9", "--tag", "edge")
    assert (edited["id"], edited["ports"], edited["rate"], edited["tags"]) == (made["id"], "80,443", 500, ["edge"])
    project.platform.command("networks", "schedule", "dmz", "rate(7 days)", "--project", project.id)
    off = project.platform.command("networks", "schedule", "dmz", "off", "--project", project.id)
    assert off.stdout == "network dmz: rate(7 days) (UTC, off)\n"
    refused = project.platform.command("networks", "edit", "dmz", "--ports", "22-", "--project", project.id)
    assert (refused.returncode, refused.stderr.startswith("vedette: ports: ")) == (2, True)
    assert run(project, "networks", "list") == run(project, "networks")
    assert [each["status"] for each in run(project, "scans", "list")["scans"]] == []
