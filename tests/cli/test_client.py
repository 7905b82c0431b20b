"""The HTTP client: pages, problems, silence."""

import httpx
import pytest

from cli.access import Access
from cli.client import Client
from cli.errors import FAILED, USAGE, ApiError, Unreachable

ACCESS = Access(url="http://api.test/base", websocket_url="ws://api.test", token="vdt_x")


def answering(handler: object) -> Client:
    return Client(ACCESS, transport=httpx.MockTransport(handler))  # type: ignore[arg-type]


def test_items_follows_cursors_through_short_and_empty_pages() -> None:
    pages = {
        None: {"items": [{"id": 1}], "next_cursor": "a"},
        "a": {"items": [], "next_cursor": "b"},
        "b": {"items": [{"id": 2}], "next_cursor": None},
    }

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/base/v1/projects/P/networks"
        assert request.headers["authorization"] == "Bearer vdt_x"
        return httpx.Response(200, json=pages[request.url.params.get("cursor")])

    assert [item["id"] for item in answering(handler).items("projects", "P", "networks")] == [1, 2]


def test_a_path_part_cannot_leave_its_place() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"path": request.url.raw_path.decode()})

    assert answering(handler).get("projects", "../tokens?x")["path"] == "/base/v1/projects/..%2Ftokens%3Fx"


@pytest.mark.parametrize(("status", "code"), [(400, USAGE), (404, FAILED), (409, FAILED), (422, USAGE), (500, FAILED)])
def test_a_problem_names_the_field_and_sets_the_exit_code(status: int, code: int) -> None:
    problem = {"type": "urn:vedette:error:invalid-input", "detail": "bad port", "field": "ports"}
    client = answering(lambda _: httpx.Response(status, json=problem))
    with pytest.raises(ApiError, match=r"^ports: bad port$") as caught:
        client.post("projects", body={})
    assert (caught.value.exit_code, caught.value.slug) == (code, "invalid-input")


def test_an_answer_that_is_not_json_is_an_api_error() -> None:
    with pytest.raises(ApiError, match="502"):
        answering(lambda _: httpx.Response(502, text="<html>")).get("health")


def test_silence_is_unreachable() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(Unreachable, match=r"api\.test"):
        answering(handler).get("health")
