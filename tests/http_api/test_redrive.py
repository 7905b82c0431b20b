"""Redriving an ended scan, through the door: who may, what is asked again, what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from functions.core.exclusion import Exclusion
from functions.core.ids import new_id
from functions.core.scan import CellRef, Scan, ScanEvent
from functions.core.token import Principal
from functions.store import keys
from tests.http_api.conftest import ADMIN, Answer, Api
from tests.platform_in_memory import Platform


@pytest.fixture
def scans(project: str) -> str:
    return f"/v1/projects/{project}/scans"


@pytest.fixture
def scan(api: Api, platform: Platform, network: str, scans: str) -> str:
    """One that ended partial."""
    made = str(api.post(scans, {"network": network}).body["id"])
    ended(platform, scans, made, ScanEvent.END_PARTIAL)
    return made


@pytest.fixture
def address(project: str, network: str) -> str:
    return f"/v1/projects/{project}/networks/{network}"


def ended(platform: Platform, scans: str, scan: str, event: ScanEvent) -> Scan:
    store, now, project = platform.http.scans, platform.clock.now, scans.split("/")[3]
    started = store.transition(store.get(project, scan), ScanEvent.START, started=now)
    return store.transition(started, event, ended=now, reason="4 of 12 cells are not covered")


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.slug


def edit(api: Api, address: str, **changes: Any) -> None:
    version = api.get(address).version
    assert api.patch(address, changes, version=version).status == 200


@pytest.mark.parametrize("event", [ScanEvent.END_PARTIAL, ScanEvent.FAIL])
def test_an_ended_scan_goes_live_again_as_its_next_run(
    api: Api, platform: Platform, network: str, scans: str, event: ScanEvent
) -> None:
    project = scans.split("/")[3]
    scan = api.post(scans, {"network": network}).body["id"]
    ended(platform, scans, scan, event)
    again = api.post(f"{scans}/{scan}/redrive")
    assert (again.status, again.body["status"], again.body["run"], again.body["redriven"]) == (202, "running", 2, 2)
    assert (again.body["ended"], again.body["reason"]) == (None, "")
    assert platform.workflow.executions[f"{scan}-2"] == {"project": project, "scan": scan, "run": 2}
    assert platform.http.scans.live(project, network) == scan
    assert refused(api.post(scans, {"network": network})) == (409, "scan-in-progress")


def test_it_is_told_in_the_audit_log_with_who_asked(api: Api, project: str, scans: str, scan: str) -> None:
    api.post(f"{scans}/{scan}/redrive")
    entry = api.get(f"/v1/projects/{project}/audit", subject=scan).body["items"][0]
    assert (entry["verb"], entry["principal"], entry["after"]["status"], entry["after"]["run"]) == (
        "update",
        ADMIN.id,
        "running",
        2,
    )
    assert entry["before"]["status"] == "partial"


def test_a_crash_before_the_workflow_is_mended_by_asking_again(
    api: Api, platform: Platform, scans: str, scan: str
) -> None:
    platform.workflow.down = True
    assert api.post(f"{scans}/{scan}/redrive").status == 503
    platform.workflow.down = False
    again = api.post(f"{scans}/{scan}/redrive")
    assert (again.status, again.body["run"]) == (202, 2)
    assert f"{scan}-2" in platform.workflow.executions


def test_a_live_scan_is_refused(api: Api, platform: Platform, network: str, scans: str) -> None:
    live = api.post(scans, {"network": network}).body["id"]
    answer = api.post(f"{scans}/{live}/redrive")
    assert refused(answer) == (409, "illegal-transition")
    assert answer.body["detail"] == "a scan that is planned cannot be redriven"


@pytest.mark.parametrize("event", [ScanEvent.COMPLETE, ScanEvent.CANCEL])
def test_one_that_was_completed_or_cancelled_is_refused(
    api: Api, platform: Platform, network: str, scans: str, event: ScanEvent
) -> None:
    scan = api.post(scans, {"network": network}).body["id"]
    status = ended(platform, scans, scan, event).status
    answer = api.post(f"{scans}/{scan}/redrive")
    assert refused(answer) == (409, "illegal-transition")
    assert answer.body["detail"] == f"a scan that is {status} cannot be redriven"


def test_a_second_look_is_refused(api: Api, platform: Platform, project: str, scans: str, scan: str) -> None:
    store, now = platform.http.scans, platform.clock.now
    seen = store.get(project, scan)
    cells = (CellRef(asset="10.0.0.1", protocol="tcp", port=22),)
    look = Scan.model_validate(
        {
            **dict(seen),
            "id": new_id(now),
            "kind": "confirm",
            "snapshot": seen.snapshot.model_copy(update={"cells": cells}),
        }
    )
    store.create_beside(look)
    answer = api.post(f"{scans}/{look.id}/redrive")
    assert refused(answer) == (409, "conflict")
    assert "second look" in answer.body["detail"]


def test_one_whose_network_is_gone_is_refused(api: Api, scans: str, scan: str, address: str) -> None:
    assert api.delete(address, version=api.get(address).version).status == 204
    answer = api.post(f"{scans}/{scan}/redrive")
    assert refused(answer) == (409, "conflict")
    assert "network is gone" in answer.body["detail"]


def test_one_whose_network_is_off_is_refused(api: Api, scans: str, scan: str, address: str) -> None:
    edit(api, address, enabled=False)
    answer = api.post(f"{scans}/{scan}/redrive")
    assert refused(answer) == (409, "conflict")
    assert "is off" in answer.body["detail"]


def test_one_whose_network_has_another_scan_live_is_refused_and_stays_as_it_was(
    api: Api, platform: Platform, network: str, scans: str, scan: str
) -> None:
    live = api.post(scans, {"network": network}, key="another").body["id"]
    before = api.get(f"{scans}/{scan}").body
    answer = api.post(f"{scans}/{scan}/redrive")
    assert refused(answer) == (409, "scan-in-progress")
    assert answer.body["current"] == {"scan": live}
    assert api.get(f"{scans}/{scan}").body == before


def test_one_whose_authority_ended_is_refused(
    api: Api, platform: Platform, project: str, scans: str, scan: str
) -> None:
    for each in platform.http.authorities.all(project):
        platform.table.delete(keys.authorities(project), each.id)
    answer = api.post(f"{scans}/{scan}/redrive")
    assert refused(answer) == (400, "out-of-scope")
    assert "authority" in answer.body["detail"]


def test_what_allows_it_now_is_what_it_leans_on(
    api: Api, platform: Platform, project: str, scans: str, scan: str
) -> None:
    store = platform.http.scans
    seen = store.get(project, scan)
    store.update(seen, snapshot=seen.snapshot.model_copy(update={"authorities": ()}))
    leaned = api.post(f"{scans}/{scan}/redrive").body["snapshot"]["authorities"]
    assert [each["id"] for each in leaned] == [each.id for each in platform.http.authorities.all(project)]


def test_one_that_is_wholly_excluded_by_now_is_refused(api: Api, scans: str, scan: str, address: str) -> None:
    edit(api, address, targets=["10.0.0.0/24", "10.0.9.0/24"], exclusions=["10.0.0.0/24"])
    answer = api.post(f"{scans}/{scan}/redrive")
    assert refused(answer) == (400, "out-of-scope")
    assert "nothing is left to scan" in answer.body["detail"]


def test_one_that_nobody_may_scan_by_now_is_refused(api: Api, platform: Platform, scans: str, scan: str) -> None:
    excluded = Exclusion(
        id=new_id(platform.clock.now),
        targets=("10.0.0.0/8",),
        reason="not ours",
        by="somebody",
        created=platform.clock.now,
    )
    platform.http.exclusions.create(excluded)
    assert refused(api.post(f"{scans}/{scan}/redrive")) == (400, "out-of-scope")


def test_one_whose_network_has_given_its_targets_up_is_refused(api: Api, scans: str, scan: str, address: str) -> None:
    edit(api, address, targets=["10.0.9.0/24"])
    answer = api.post(f"{scans}/{scan}/redrive")
    assert refused(answer) == (400, "out-of-scope")
    assert "not among the network's targets" in answer.body["detail"]


def test_under_a_halt_it_is_refused(api: Api, project: str, scans: str, scan: str) -> None:
    api.call("PUT", f"/v1/projects/{project}/halt", {"why": "a switch falls over"})
    assert refused(api.post(f"{scans}/{scan}/redrive")) == (409, "halted")


def test_whoever_may_only_read_may_not(api: Api, project: str, scans: str, scan: str, platform: Platform) -> None:
    reader = Api(Principal(id=new_id(platform.clock.now + timedelta(seconds=1)), scopes=("read",), project=project))
    assert reader.post(f"{scans}/{scan}/redrive").status == 403


def test_an_unknown_scan_is_not_found(api: Api, platform: Platform, scans: str) -> None:
    assert refused(api.post(f"{scans}/{new_id(platform.clock.now)}/redrive")) == (404, "not-found")
