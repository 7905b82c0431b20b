"""Nothing is guessed: what the description does not name is refused, and so is what only a conversion would make fit."""

import base64
import json
from typing import Any

import pytest

from tests.http_api.conftest import DRAFT, Api


def refused(api: Api, path: str, **event: Any) -> str:
    answer = api.call("GET", path, raw=event)
    assert (answer.status, answer.slug) == (400, "invalid-input")
    return str(answer.body["field"])


@pytest.mark.parametrize("raw", ["page=2", "limit=5&offset=1", "LIMIT=5", "limit%5B%5D=5", "cursor=&x"])
def test_a_query_parameter_that_is_not_described_is_refused(api: Api, project: str, raw: str) -> None:
    names = {part.partition("=")[0] for part in raw.split("&")} - {"limit", "cursor"}
    field = refused(api, f"/v1/projects/{project}/networks", rawQueryString=raw, queryStringParameters={})
    assert field in {name.replace("%5B%5D", "[]") for name in names}


def test_a_query_parameter_given_twice_is_refused(api: Api, project: str) -> None:
    twice = {"rawQueryString": "limit=1&limit=2", "queryStringParameters": {"limit": "1,2"}}
    assert refused(api, f"/v1/projects/{project}/networks", **twice) == "limit"
    same = {"rawQueryString": "cursor=&cursor=", "queryStringParameters": {"cursor": ""}}
    assert refused(api, f"/v1/projects/{project}/networks", **same) == "cursor"


def test_the_public_paths_take_no_query_either(api: Api) -> None:
    assert refused(api, "/v1/health", rawQueryString="debug=1", queryStringParameters={"debug": "1"}) == "debug"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rate": "1000"}, "rate"),
        ({"rate": 1000.5}, "rate"),
        ({"rate": True}, "rate"),
        ({"name": 5}, "name"),
        ({"enabled": "yes"}, "enabled"),
        ({"enabled": 1}, "enabled"),
        ({"targets": "10.0.0.1"}, "targets"),
        ({"schedule": {"expression": "rate(1 day)", "enabled": "on"}}, "schedule.enabled"),
        ({"unheard_of": 1}, "unheard_of"),
    ],
)
def test_a_body_of_other_types_than_described_is_refused(
    api: Api, project: str, change: dict[str, Any], field: str
) -> None:
    answer = api.post(f"/v1/projects/{project}/networks", DRAFT | change)
    assert (answer.status, answer.slug, answer.body["field"]) == (400, "invalid-input", field)


def test_a_time_is_text_and_not_a_number_of_seconds(api: Api, project: str) -> None:
    body = {"name": "t", "scopes": ["read"], "expires": 4_000_000_000}
    answer = api.post(f"/v1/projects/{project}/tokens", body)
    assert (answer.status, answer.body["field"]) == (400, "expires")


def test_a_body_in_base64_is_held_to_the_same(api: Api, project: str) -> None:
    text = base64.b64encode(json.dumps(DRAFT | {"rate": "1000"}).encode()).decode()
    answer = api.call("POST", f"/v1/projects/{project}/networks", raw={"body": text, "isBase64Encoded": True})
    assert (answer.status, answer.body["field"]) == (400, "rate")


@pytest.mark.parametrize("cursor", ["\u00e9\u00e9\u00e9\u00e9", "W1tb" * 1000, "not a cursor", "AAAA", "bnVsbA"])
@pytest.mark.parametrize("path", ["networks", "scans", "hosts", "exposures", "alerts", "addresses/10.0.0.1/history"])
def test_a_text_that_is_no_cursor_is_refused(api: Api, project: str, network: str, path: str, cursor: str) -> None:
    answer = api.get(f"/v1/projects/{project}/{path}", cursor=cursor)
    assert (answer.status, answer.slug, answer.body["field"]) == (400, "invalid-input", "cursor")
