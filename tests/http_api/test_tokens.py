"""Tokens, through the door."""

import json
from datetime import timedelta

from tests.http_api.conftest import Api
from tests.http_api.test_authorizer import ask
from tests.platform_in_memory import START, Platform

DRAFT = {"name": "ci", "scopes": ["read", "scan"]}


def test_a_token_is_shown_once_and_works(api: Api, project: str) -> None:
    tokens = f"/v1/projects/{project}/tokens"
    made = api.post(tokens, DRAFT)
    assert made.status == 201
    secret = made.body["token"].split("_", 2)[2]
    assert ask(f"Bearer {made.body['token']}")["context"]["project"] == project
    listed = api.get(tokens).body
    assert listed["items"] == [made.body["details"]]
    assert secret not in json.dumps(listed)
    assert "secret_hash" not in json.dumps(listed)


def test_a_repeat_does_not_show_the_secret_again(api: Api, platform: Platform, project: str) -> None:
    tokens = f"/v1/projects/{project}/tokens"
    secret = api.post(tokens, DRAFT, key="k").body["token"].split("_", 2)[2]
    assert api.post(tokens, DRAFT, key="k").slug == "already-exists"
    items = platform.table.client.scan(TableName=platform.table.name)["Items"]
    assert secret not in json.dumps(items, default=str)


def test_a_revoked_token_is_refused_from_then_on(api: Api, project: str) -> None:
    tokens = f"/v1/projects/{project}/tokens"
    made = api.post(tokens, DRAFT).body
    assert api.delete(f"{tokens}/{made['details']['id']}").status == 204
    assert ask(f"Bearer {made['token']}") == {"isAuthorized": False}
    assert api.get(tokens).body["items"][0]["revoked"] is not None
    assert api.delete(f"{tokens}/{made['details']['id']}").status == 204


def test_a_token_of_another_project_is_not_there(api: Api, project: str) -> None:
    made = api.post(f"/v1/projects/{project}/tokens", DRAFT).body
    other = api.post("/v1/projects", {"name": "other"}).body["id"]
    assert api.delete(f"/v1/projects/{other}/tokens/{made['details']['id']}").slug == "not-found"
    assert ask(f"Bearer {made['token']}")["isAuthorized"]


def test_a_token_with_an_unknown_scope_or_a_past_end_is_refused(api: Api, project: str) -> None:
    tokens = f"/v1/projects/{project}/tokens"
    assert api.post(tokens, DRAFT | {"scopes": ["root"]}).body["field"] == "scopes.0"
    assert api.post(tokens, DRAFT | {"scopes": []}).body["field"] == "scopes"
    past = (START - timedelta(seconds=1)).isoformat()
    assert api.post(tokens, DRAFT | {"expires": past}).body["field"] == "expires"
    assert api.post(tokens, DRAFT | {"expires": "tomorrow"}).body["field"] == "expires"
