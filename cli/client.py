"""The HTTP API as a client sees it: JSON in and out, pages as iterators, problems as ApiError."""

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from cli.access import Access
from cli.bearer import Bearer
from cli.errors import ApiError, Unreachable

Json = dict[str, Any]


class Client:
    """One HTTPS client; close it, or use it as a context manager. `transport` is the seam for tests."""

    def __init__(self, access: Access, *, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(
            base_url=access.url.rstrip("/") + "/v1/",
            auth=Bearer(access),
            timeout=httpx.Timeout(35, connect=5),
            transport=transport,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, *path: str, **query: Any) -> Json:
        return self._call("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(
        self, *path: str, body: Mapping[str, Any] | None = None, key: str = "", version: int | None = None
    ) -> Json:
        """`key`: the Idempotency-Key, so that the call may be repeated; `version`: of what it changes, where it needs one."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._call("POST", path, json=dict(body or {}), headers=headers | _if_match(version))

    def text(self, *path: str, **query: Any) -> str:
        """An answer that is no JSON."""
        return self._send("GET", path, params=query).text

    def put(self, *path: str, body: Mapping[str, Any], version: int | None = None, **query: Any) -> Json:
        return self._call("PUT", path, json=dict(body), params=query, headers=_if_match(version))

    def patch(self, *path: str, body: Mapping[str, Any], version: int) -> Json:
        return self._call("PATCH", path, json=dict(body), headers=_if_match(version))

    def delete(self, *path: str, version: int | None = None, **query: Any) -> Json:
        return self._call("DELETE", path, params=query, headers=_if_match(version))

    def items(self, *path: str, **query: Any) -> Iterator[Json]:
        """Every item of a list, page after page (a page may be short, or even empty, and still have a next one)."""
        cursor: str | None = None
        while True:
            page = self.get(*path, cursor=cursor, **query)
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def _call(self, method: str, path: tuple[str, ...], **options: Any) -> Json:
        response = self._send(method, path, **options)
        return dict(response.json()) if response.content else {}

    def _send(self, method: str, path: tuple[str, ...], **options: Any) -> httpx.Response:
        try:
            response = self._http.request(method, "/".join(quote(part, safe="") for part in path), **options)
        except httpx.HTTPError as error:
            raise Unreachable(f"no answer from {self._http.base_url.host}: {error}") from error
        if response.is_success:
            return response
        try:
            problem = response.json()
        except ValueError:
            problem = {}
        raise ApiError(response.status_code, problem if isinstance(problem, dict) else {})


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}
