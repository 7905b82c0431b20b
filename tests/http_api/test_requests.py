"""What any request must be, and what any failure looks like."""

import base64
import json

import pytest

from functions.http_api.body import MAX_BYTES
from tests.http_api.conftest import DRAFT, Api
from tests.platform_in_memory import Platform


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "[]",
        '[{"name": "x"}]',
        '"x"',
        "1",
        "NaN",
        '{"name": NaN}',
        '{"name": "a", "name": "b"}',
        "[" * 100_000,
        '{"name": "x", "extra": 1}',
        '{"name": {"$ne": ""}}',
        '{"name": "' + "x" * 101 + '"}',
    ],
)
def test_a_malformed_body_is_refused(api: Api, body: str) -> None:
    refused = api.call("POST", "/v1/projects", raw={"body": body})
    assert (refused.status, refused.slug) == (400, "invalid-input")
    assert refused.body["field"]


def test_no_body_is_refused(api: Api) -> None:
    assert api.call("POST", "/v1/projects").slug == "invalid-input"


def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    refused = api.call("POST", "/v1/projects", raw={"body": " " * (MAX_BYTES + 1)})
    assert (refused.status, refused.slug) == (413, "body-too-large")


def test_a_body_that_is_no_text_is_refused(api: Api) -> None:
    binary = base64.b64encode(b"\xff\xfe{}").decode()
    assert api.call("POST", "/v1/projects", raw={"body": binary, "isBase64Encoded": True}).slug == "invalid-input"


def test_a_body_may_come_in_base64(api: Api) -> None:
    text = base64.b64encode(json.dumps({"name": "zoë"}).encode()).decode()
    made = api.call("POST", "/v1/projects", raw={"body": text, "isBase64Encoded": True})
    assert (made.status, made.body["name"]) == (201, "zoë")


@pytest.mark.parametrize("kind", ["text/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_another_content_type_is_refused(api: Api, kind: str) -> None:
    refused = api.call("POST", "/v1/projects", {"name": "x"}, headers={"content-type": kind})
    assert (refused.status, refused.slug) == (415, "unsupported-media-type")


def test_every_fault_of_a_body_is_told(api: Api, project: str) -> None:
    refused = api.post(f"/v1/projects/{project}/networks", DRAFT | {"rate": -1, "name": ""})
    assert {fault["field"] for fault in refused.body["errors"]} == {"rate", "name"}


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"cursor": "x"}, {"cursor": "é"}, {"cursor": "bnVsbA"}],
)
def test_a_bad_page_is_refused(api: Api, query: dict[str, str]) -> None:
    refused = api.get("/v1/projects", **query)
    assert (refused.status, refused.slug, refused.body["field"]) == (400, "invalid-input", next(iter(query)))


def test_a_path_that_names_no_id_is_refused(api: Api) -> None:
    assert api.get("/v1/projects/..%2f..").status in {400, 404}
    assert api.get("/v1/projects/acme").body["field"] == "project"


def test_an_idempotency_key_has_a_length(api: Api) -> None:
    assert api.post("/v1/projects", {"name": "x"}, key="k" * 201).body["field"] == "Idempotency-Key"


def test_a_repeat_creates_nothing_anew_after_a_crash(
    api: Api, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("killed before the answer was kept")

    with monkeypatch.context() as patch:
        patch.setattr(platform.http.idempotency, "complete", crash)
        assert api.post("/v1/projects", {"name": "x"}, key="k").status == 500
    platform.clock.advance(seconds=30)
    made = api.post("/v1/projects", {"name": "x"}, key="k")
    assert made.status == 201
    assert [each["id"] for each in api.get("/v1/projects").body["items"]] == [made.body["id"]]


def test_a_defect_is_a_problem_that_tells_nothing(
    api: Api, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr(platform.http.projects, "list", defect)
    failed = api.get("/v1/projects")
    assert (failed.status, failed.slug) == (500, "internal")
    assert "secret" not in json.dumps(failed.body)


def test_no_answer_may_be_cached(api: Api, project: str) -> None:
    assert api.get(f"/v1/projects/{project}").headers["Cache-Control"] == "no-store"
    assert api.get("/v1/projects/x").headers["Cache-Control"] == "no-store"
