"""The audit log by the API: what a request changed stands in it with who asked, from where, and what it was before."""

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.core.token import Principal
from functions.store.audit_log import AuditLog
from tests.http_api.conftest import ADMIN, DRAFT, Api
from tests.http_api.test_hosts import remember
from tests.platform_in_memory import Platform


def audit(api: Api, project: str, **query: Any) -> list[dict[str, Any]]:
    return list(api.get(f"/v1/projects/{project}/audit", **query).body["items"])


def told(entry: dict[str, Any]) -> tuple[str, str]:
    return entry["subject"], entry["verb"]


def test_each_change_is_told_newest_first_with_who_what_and_from_where(api: Api, project: str, network: str) -> None:
    path = f"/v1/projects/{project}/networks/{network}"
    api.put(path, {**DRAFT, "name": "lab", "exclusions": ["10.0.0.9"]}, version=1)
    assert api.delete(path, version=2).status == 204
    deleted, updated, created = audit(api, project)[:3]
    assert told(audit(api, project)[-1]) == ("project", "create")
    assert [told(each) for each in (created, updated, deleted)] == [
        ("network", "create"),
        ("network", "update"),
        ("network", "delete"),
    ]
    assert (updated["before"]["name"], updated["after"]["name"]) == ("office", "lab")
    assert updated["before"]["exclusions"] == []
    assert updated["after"]["exclusions"] == ["10.0.0.9"]
    assert updated["principal"] == ADMIN.id
    assert updated["route"] == "PUT /v1/projects/{project}/networks/{network}"
    assert updated["source"] == "192.0.2.10"
    assert updated["request"]
    assert updated["subject_id"] == network
    assert deleted["after"] == {}


def test_the_log_is_searched_by_who_and_what(api: Api, project: str, network: str) -> None:
    assert [told(each) for each in audit(api, project, subject="network")] == [("network", "create")]
    assert [told(each) for each in audit(api, project, subject=network)] == [("network", "create")]
    assert audit(api, project, by=ADMIN.id)[0]["subject"] == "network"
    assert audit(api, project, by="u_somebody_else") == []


def test_the_log_comes_in_pages_and_by_time(api: Api, project: str, network: str) -> None:
    whole = audit(api, project)
    first = api.get(f"/v1/projects/{project}/audit", limit=1).body
    rest = api.get(f"/v1/projects/{project}/audit", cursor=first["next_cursor"]).body
    assert [*first["items"], *rest["items"]] == whole
    assert [told(whole[0]), told(whole[-1])] == [("network", "create"), ("project", "create")]
    assert audit(api, project, since="2100-01-01T00:00:00Z") == []
    assert audit(api, project, since="2020-01-01T00:00:00Z", until="2100-01-01T00:00:00Z") == whole


def test_a_secret_is_not_told(api: Api, project: str) -> None:
    token = api.post(f"/v1/projects/{project}/tokens", {"name": "ci", "scopes": ["read"]}).body["token"]
    (entry,) = audit(api, project, subject="token")
    assert entry["after"]["secret_hash"] == "(removed)"
    assert token.split("_", 2)[2] not in json.dumps(audit(api, project))


def test_what_is_refused_changes_nothing_and_tells_nothing(api: Api, project: str, network: str) -> None:
    before = audit(api, project)
    assert api.put(f"/v1/projects/{project}/networks/{network}", DRAFT, version=7).status == 412
    assert api.post(f"/v1/projects/{project}/networks", {**DRAFT, "targets": ["224.0.0.1"]}).status == 400
    assert audit(api, project) == before


def test_a_repeated_request_is_told_once(api: Api, project: str) -> None:
    for _ in range(2):
        api.post(f"/v1/projects/{project}/networks", DRAFT, key="once")
    assert len(audit(api, project, subject="network")) == 1


def test_many_changes_at_once_are_each_told_in_the_name_of_who_asked(
    platform: Platform, api: Api, project: str
) -> None:
    network = str(api.post(f"/v1/projects/{project}/networks", DRAFT).body["id"])
    remember(platform, project, network)
    api.post(f"/v1/projects/{project}/networks/{network}/baseline")
    accepted = [each for each in audit(api, project, by=ADMIN.id, limit=200) if each["subject"] == "exposure"]
    assert len(accepted) > 1
    assert {each["verb"] for each in accepted} == {"update"}


def test_another_projects_log_is_its_own(api: Api, project: str, network: str) -> None:
    other = str(api.post("/v1/projects", {"name": "other"}).body["id"])
    assert [told(each) for each in audit(api, other)] == [("project", "create")]
    cursor = api.get(f"/v1/projects/{project}/audit", limit=1).body["next_cursor"]
    assert api.get(f"/v1/projects/{other}/audit", cursor=cursor).slug == "invalid-input"


def test_the_records_of_an_hour_are_those_that_the_sealer_seals(platform: Platform, api: Api, network: str) -> None:
    first = platform.http.audit_log.first() or platform.clock.now
    records = api.get(f"/v1/audit/hours/{first:%Y-%m-%dT%H}").body["items"]
    assert records == list(AuditLog(platform.table).all_records(first))
    assert api.get(f"/v1/audit/hours/{first - timedelta(hours=1):%Y-%m-%dT%H}").body["items"] == []
    assert api.get("/v1/audit/hours/2026-13-01T00").slug == "invalid-input"


def test_refusals_are_logged_with_who_and_which_route(
    project: str, caplog: pytest.LogCaptureFixture, platform: Platform
) -> None:
    reader = Api(Principal(id="01KAJ0000000000000000RDR00", scopes=("read",)))
    with caplog.at_level("INFO"):
        assert reader.delete(f"/v1/projects/{project}/networks/01KAJ0000000000000000000N0", version=1).status == 403
    (refusal,) = (vars(record) for record in caplog.records if record.message == "refused")
    assert refusal["principal"] == "01KAJ0000000000000000RDR00"
    assert refusal["route"] == "DELETE /v1/projects/{project}/networks/{network}"
    assert (refusal["status"], refusal["error"], refusal["source"]) == (403, "forbidden", "192.0.2.10")
