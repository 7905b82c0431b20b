"""Pauses and halts, through the door."""

import pytest

from functions.core.scan import ScanEvent
from functions.core.token import Principal
from functions.usecases.tokens import ALL_SCOPES
from tests.http_api.conftest import Api
from tests.http_api.people import join, person
from tests.platform_in_memory import Platform


@pytest.fixture
def scans(project: str) -> str:
    return f"/v1/projects/{project}/scans"


@pytest.fixture
def halt(project: str) -> str:
    return f"/v1/projects/{project}/halt"


@pytest.fixture
def running(api: Api, platform: Platform, project: str, network: str, scans: str) -> str:
    scan = api.post(scans, {"network": network}).body["id"]
    store = platform.http.scans
    store.transition(store.get(project, scan), ScanEvent.START, started=platform.clock.now)
    return str(scan)


def test_a_running_scan_is_asked_to_pause_and_says_who_asked(
    api: Api, platform: Platform, project: str, scans: str, running: str
) -> None:
    asked = api.post(f"{scans}/{running}/pause")
    assert (asked.status, asked.body["status"], asked.body["stop"]) == (202, "running", "pause")
    assert asked.body["stop_why"].startswith("pause asked by ")
    assert platform.http.ledger.stop_requested(project, running, run=1) == "pause"


def test_a_cancel_is_stronger_than_a_pause_and_a_pause_no_stronger_than_a_cancel(
    api: Api, scans: str, running: str
) -> None:
    api.post(f"{scans}/{running}/pause")
    assert api.post(f"{scans}/{running}/cancel").body["stop"] == "cancel"
    assert api.post(f"{scans}/{running}/pause").body["stop"] == "cancel"


def test_only_a_paused_scan_resumes_and_its_next_run_is_started_once(
    api: Api, platform: Platform, project: str, scans: str, running: str
) -> None:
    refused = api.post(f"{scans}/{running}/resume")
    assert (refused.status, refused.slug) == (409, "illegal-transition")
    store = platform.http.scans
    store.transition(store.get(project, running), ScanEvent.PAUSE, stop="pause", paused=platform.clock.now)
    resumed = api.post(f"{scans}/{running}/resume")
    assert (resumed.status, resumed.body["status"], resumed.body["run"]) == (202, "running", 2)
    assert f"{running}-2" in platform.workflow.executions
    assert api.post(f"{scans}/{running}/resume").body["run"] == 2


def test_a_halt_asks_every_scan_of_the_project_to_stop_and_refuses_new_ones(
    api: Api, network: str, scans: str, running: str, halt: str
) -> None:
    halted = api.call("PUT", halt, {"why": "a switch falls over"})
    assert halted.status == 200
    assert halted.body["why"] == "a switch falls over"
    asked = api.get(f"{scans}/{running}").body
    assert asked["stop"] == "halt"
    assert "a switch falls over" in asked["stop_why"]
    refused = api.post(scans, {"network": network})
    assert (refused.status, refused.slug, refused.body["current"]["why"]) == (409, "halted", "a switch falls over")
    assert api.call("PUT", halt, {"why": "again"}).body["why"] == "a switch falls over"


def test_nothing_resumes_under_a_halt_and_releasing_it_resumes_nothing(
    api: Api, platform: Platform, scans: str, running: str, halt: str
) -> None:
    api.call("PUT", halt, {"why": "a switch falls over"})
    store, project = platform.http.scans, scans.split("/")[3]
    store.transition(store.get(project, running), ScanEvent.PAUSE, paused=platform.clock.now)
    assert api.post(f"{scans}/{running}/resume").slug == "halted"
    assert api.call("DELETE", halt, query={"why": "it stands again"}).status == 204
    assert api.get(halt).status == 404
    assert api.get(f"{scans}/{running}").body["status"] == "paused"
    assert api.post(f"{scans}/{running}/resume").body["status"] == "running"


def test_a_halt_needs_a_reason_and_so_does_its_release(api: Api, halt: str) -> None:
    assert api.call("PUT", halt, {"why": ""}).status == 400
    assert api.call("DELETE", halt).status == 400
    assert api.call("DELETE", halt, query={"why": "x"}).status == 404


def test_the_audit_log_tells_why_a_halt_was_released(api: Api, project: str, halt: str) -> None:
    api.call("PUT", halt, {"why": "a switch falls over"})
    api.call("DELETE", halt, query={"why": "it stands again"})
    told = api.get(f"/v1/projects/{project}/audit").body["items"]
    assert [entry["verb"] for entry in told if entry["subject"] == "halt"] == ["delete", "update", "create"]
    assert told[0]["before"]["released"] == "it stands again"


def test_the_organisations_halt_holds_every_project(api: Api, network: str, scans: str, halt: str) -> None:
    assert api.call("PUT", "/v1/halt", {"why": "all of it"}).status == 200
    refused = api.post(scans, {"network": network})
    assert (refused.slug, refused.body["current"]["scope"]) == ("halted", "ORG")
    assert api.get(halt).body["scope"] == "ORG"
    assert api.call("DELETE", "/v1/halt", query={"why": "over"}).status == 204
    assert api.post(scans, {"network": network}).status == 201


def test_a_member_sees_what_holds_for_every_project_and_a_stranger_does_not(api: Api, project: str) -> None:
    made = api.post("/v1/exclusions", {"targets": ["10.0.0.9"], "reason": "fragile"}).body
    api.put("/v1/halt", {"why": "maintenance"})
    paths = ("/v1/halt", "/v1/exclusions", f"/v1/exclusions/{made['id']}")
    viewer = join(api, project, "vic", "viewer")
    assert [viewer.get(path).status for path in paths] == [200, 200, 200]
    assert [person("eve").get(path).slug for path in paths] == ["forbidden"] * 3
    assert viewer.delete(f"/v1/projects/{project}/members/me").status == 204
    assert [viewer.get(path).slug for path in paths] == ["forbidden"] * 3


def test_a_tokens_scopes_decide_who_halts_and_who_releases(api: Api, project: str, halt: str) -> None:
    assert api.principal is not None
    operator = Api(Principal(id="O", project=project, scopes=("read", "scan")))
    assert operator.call("PUT", halt, {"why": "stop"}).status == 200
    assert operator.call("DELETE", halt, query={"why": "go"}).status == 403
    admin = Api(Principal(id="A", project=project, scopes=ALL_SCOPES))
    assert admin.call("PUT", "/v1/halt", {"why": "stop"}).status == 403
    assert admin.call("DELETE", halt, query={"why": "go"}).status == 204


def test_what_a_project_shares_is_set_by_version(api: Api, project: str) -> None:
    path = f"/v1/projects/{project}"
    version = api.get(path).version
    limits = {"rate": 500, "max_tasks": 2, "usd_a_scan": 1.5, "usd_a_month": None}
    changed = api.call("PUT", f"{path}/limits", limits, headers={"If-Match": f'"{version}"'})
    assert (changed.status, changed.body["limits"]) == (200, limits)
    assert api.call("PUT", f"{path}/limits", limits, headers={"If-Match": f'"{version}"'}).status == 412
    assert api.call("PUT", f"{path}/limits", {"rate": 1}, headers={"If-Match": '"2"'}).status == 400


def test_a_networks_hours_are_set_and_taken_away(api: Api, project: str, network: str) -> None:
    path = f"/v1/projects/{project}/networks/{network}"
    hours = {"timezone": "Europe/Berlin", "hours": [{"days": ["mon"], "start": "22:00", "end": "06:00"}]}
    found = api.get(path)
    changed = api.call("PATCH", path, {"window": hours}, headers={"If-Match": f'"{found.version}"'})
    assert changed.body["window"]["hours"] == hours["hours"]
    refused = api.call(
        "PATCH", path, {"window": {"timezone": "Mars/Olympus"}}, headers={"If-Match": f'"{changed.version}"'}
    )
    assert (refused.status, refused.body["field"]) == (400, "window.timezone")
    taken = api.call("PATCH", path, {"window": "none"}, headers={"If-Match": f'"{changed.version}"'})
    assert taken.body["window"] is None
