"""Who may call what: each route of the table, refused without its permission, and nothing outside of the table."""

import re
from typing import Any

import pytest

from functions.core.roles import scopes_with
from functions.core.token import Principal
from functions.http_api.access import PERMISSIONS, PUBLIC
from functions.http_api.app import app
from functions.usecases.tokens import ALL_SCOPES
from tests.http_api.conftest import DRAFT, Api
from tests.http_api.people import person
from tests.platform_in_memory import Platform

ID = "01KAJ0000000000000000000N0"
USER = "u_" + "0" * 32
CHANNEL = {"name": "x", "kind": "webhook", "url": "https://example.com/"}
AUTHORITY = {
    "kind": "attestation",
    "ranges": ["10.0.0.0/8"],
    "authorized_by": "x",
    "statement": "x",
    "until": "2027-01-01T00:00:00Z",
}
BODIES: dict[str, Any] = {
    "/v1/projects": {"name": "x"},
    "/v1/halt": {"why": "x"},
    "/v1/projects/{project}/halt": {"why": "x"},
    "/v1/projects/{project}/networks": DRAFT,
    "/v1/projects/{project}/networks/preview": DRAFT,
    "/v1/projects/{project}/networks/{network}": DRAFT,
    "/v1/projects/{project}/networks/{network}/schedule": {"enabled": True},
    **{
        f"/v1/projects/{{project}}{network}/rules{path}": body
        for network in ("", "/networks/{network}")
        for path, body in {
            "": {"rules": []},
            "/csv": {"csv": ""},
            "/current": {"version": 1},
            "/staged": {"version": 1},
            "/back-test": {"version": 1},
        }.items()
    },
    "/v1/projects/{project}/networks/{network}/clone": {"name": "x"},
    "/v1/projects/{project}/scans": {"network": ID},
    "/v1/projects/{project}/alerts/bulk": {"action": "take", "alerts": [ID]},
    "/v1/projects/{project}/alerts/{alert}/comments": {"text": "x"},
    "/v1/projects/{project}/alerts/{alert}/comments/{comment}": {"text": "x"},
    "/v1/projects/{project}/channels": CHANNEL,
    "/v1/projects/{project}/channels/{channel}": CHANNEL,
    "/v1/projects/{project}/authorities": AUTHORITY,
    "/v1/projects/{project}/authorities/{authority}/revoke": {"why": "x"},
    "/v1/exclusions": {"targets": ["10.0.0.1"], "reason": "x"},
    "/v1/projects/{project}/exports": {"kind": "hosts", "format": "csv"},
    "/v1/projects/{project}/members/{user}": {"role": "viewer"},
    "/v1/projects/{project}/invitations": {"email": "x@example.com", "role": "viewer"},
    "/v1/owners/invitations": {"email": "x@example.com"},
    "/v1/invitations/accept": {"code": "x"},
    "/v1/projects/{project}/tokens": {"name": "x", "scopes": ["read"]},
    "/v1/tokens": {"name": "x", "scopes": ["read"]},
}
ROUTES = [(method, path) for path, methods in PERMISSIONS.items() for method in methods]
GUARDED = [(method, path) for method, path in ROUTES if PERMISSIONS[path][method] is not None]


def registered() -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, methods in document()["paths"].items() for method in methods}


def document() -> dict[str, dict[str, dict[str, object]]]:
    import json

    found: dict[str, dict[str, dict[str, object]]] = json.loads(app.get_openapi_json_schema())
    return found


def concrete(path: str) -> str:
    return re.sub(
        r"\{[a-z]+\}",
        ID,
        path.replace("{version}", "1")
        .replace("{user}", USER)
        .replace("{chunk}", "00000")
        .replace("{hour}", "2026-11-21T08"),
    )


def call_with_nonsense(api: Api, method: str, path: str) -> tuple[int, str]:
    """Everything of the request that a route would refuse."""
    query = {"no-such-parameter": "x", "limit": "x", "cursor": "x"}
    headers = {"content-type": "text/xml", "idempotency-key": "k" * 300, "if-match": "x"}
    answer = api.call(method, concrete(path), query=query, headers=headers, raw={"body": "{"})
    return answer.status, answer.slug


def call(api: Api, method: str, path: str) -> tuple[int, str]:
    query = {"asset": "10.0.0.1", "port": "22"} if path.endswith(("/coverage", "/decide", "/why")) else None
    query = {"against": "inventory"} if path.endswith("/diff") else query
    query = {"why": "x"} if (method, path.rpartition("/")[2]) == ("DELETE", "halt") else query
    answer = api.call(
        method,
        concrete(path),
        {} if method == "PATCH" and path.endswith("{network}") else BODIES.get(path, {}) if method != "GET" else None,
        query=query,
    )
    return answer.status, answer.slug


def test_the_table_has_every_route_and_no_other() -> None:
    assert registered() == {*ROUTES, *(("GET", path) for path in PUBLIC if path.startswith("/v1"))}


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_each_route_needs_its_permission(platform: Platform, method: str, path: str) -> None:
    permission = PERMISSIONS[path][method]
    assert permission is not None
    granting = scopes_with(permission) or ALL_SCOPES[:1]
    others = Api(Principal(id=ID, scopes=tuple(scope for scope in ALL_SCOPES if scope not in granting)))
    assert call(others, method, path) == (403, "forbidden")
    assert call_with_nonsense(others, method, path) == (403, "forbidden")


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "{project}" in route[1]])
def test_each_route_of_another_project_is_not_there(platform: Platform, method: str, path: str) -> None:
    foreign = Api(Principal(id=ID, project="01KAJ0000000000000000000N1", scopes=ALL_SCOPES))
    assert call(foreign, method, path) == (404, "not-found")
    assert call_with_nonsense(foreign, method, path) == (404, "not-found")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_each_route_refuses_a_caller_that_no_authorizer_has_seen(platform: Platform, method: str, path: str) -> None:
    assert call(Api(None), method, path) == (401, "unauthenticated")
    assert call_with_nonsense(Api(None), method, path) == (401, "unauthenticated")


@pytest.mark.parametrize("name", ["acme", "ORG", "x" * 3000])
def test_a_project_of_no_such_name_is_not_there_for_a_user(platform: Platform, name: str) -> None:
    assert person("ann").get(f"/v1/projects/{name}").slug == "not-found"
    assert person("ann", owner=True).get(f"/v1/projects/{name}").body["field"] == "project"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_path_that_is_none_is_told_before_its_body_is_read(api: Api, method: str) -> None:
    assert call_with_nonsense(api, method, "/v1/nothing") == (404, "not-found")


@pytest.mark.parametrize("path", sorted(PUBLIC))
def test_what_is_public_needs_no_token(platform: Platform, path: str) -> None:
    assert Api(None).get(path).status == 200


def test_an_unknown_path_is_a_problem_and_so_is_a_wrong_method(api: Api) -> None:
    assert api.get("/v2/projects").slug == "not-found"
    wrong = api.delete("/v1/projects")
    assert (wrong.status, wrong.slug, wrong.headers["Allow"]) == (405, "method-not-allowed", "GET, POST")
    assert api.post("/v1/health").headers["Allow"] == "GET"
