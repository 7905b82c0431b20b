"""Every answer tells a browser that there is nothing in it for it."""

import pytest

from tests.http_api.conftest import Answer, Api
from tests.platform_in_memory import Platform

EVERYWHERE = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
NOTHING = "default-src 'none'; frame-ancestors 'none'"


def answers(api: Api, project: str) -> dict[str, Answer]:
    networks = f"/v1/projects/{project}/networks"
    return {
        "an item": api.get(f"/v1/projects/{project}"),
        "a list": api.get(networks),
        "a health check": api.get("/v1/health"),
        "the description": api.get("/openapi.json"),
        "an invalid body": api.post(networks, {"name": 5}),
        "an unknown path": api.get("/v1/nowhere"),
        "a method it has not": api.call("DELETE", networks),
        "another content": api.call("POST", networks, raw={"body": "<a/>"}, headers={"content-type": "text/xml"}),
        "nobody": Api(None).get(networks),
    }


def test_every_answer_carries_the_headers(api: Api, project: str) -> None:
    for what, answer in answers(api, project).items():
        assert EVERYWHERE.items() <= answer.headers.items(), what
        assert answer.headers["Content-Security-Policy"] == NOTHING, what


def test_a_defect_carries_them_too(api: Api, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError

    monkeypatch.setattr("functions.http_api.caller.wiring.http_api", fail)
    answer = api.get("/v1/health")
    assert answer.status == 500
    assert EVERYWHERE.items() <= answer.headers.items()


def test_the_page_runs_its_own_scripts_alone_and_in_no_frame(api: Api) -> None:
    answer = api.get("/docs")
    assert EVERYWHERE.items() <= answer.headers.items()
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert policy["script-src"].count("'sha256-") == 2


def test_an_answer_that_does_not_fit_its_schema_is_our_defect_and_not_the_callers(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.http_api.routes.meta.Health", lambda: {"status": 5})
    answer = api.get("/v1/health")
    assert (answer.status, answer.slug) == (500, "internal")
