"""A caller of the HTTP API, through the Lambda handler, on the stores in memory."""

import base64
import copy
import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.core.token import Principal
from functions.http_api import app
from functions.usecases.authenticate import context_of
from functions.usecases.tokens import ALL_SCOPES
from tests.core.authorities import everywhere
from tests.platform_in_memory import Platform

REQUEST = json.loads((Path(__file__).parent / "events" / "request.json").read_text())
LAMBDA_CONTEXT = SimpleNamespace(
    function_name="HttpApi",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:HttpApi",
    aws_request_id="request",
)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def slug(self) -> str:
        """Of a problem document."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.body["status"] == self.status
        return str(self.body["type"]).removeprefix("urn:vedette:error:")

    @property
    def version(self) -> int:
        return int(self.headers["ETag"].strip('"'))


@dataclass(frozen=True)
class Api:
    """Calls as `principal`; `None`: as nobody."""

    principal: Principal | None

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        raw: dict[str, Any] | None = None,
    ) -> Answer:
        event = copy.deepcopy(REQUEST)
        event["rawPath"] = event["requestContext"]["http"]["path"] = path
        event["requestContext"]["http"]["method"] = method
        event["headers"].update({name.lower(): value for name, value in (headers or {}).items()})
        if query:
            event["rawQueryString"] = urlencode(query)
            event["queryStringParameters"] = {name: str(value) for name, value in query.items()}
        if body is not None:
            event["body"] = json.dumps(body)
        if self.principal is not None:
            event["requestContext"]["authorizer"] = {"lambda": context_of(self.principal)}
        event.update(raw or {})
        answer = app.handler(event, LAMBDA_CONTEXT)
        document = _text(answer)
        is_json = "json" in str(answer["headers"].get("Content-Type", ""))
        return Answer(answer["statusCode"], answer["headers"], json.loads(document) if is_json else document)

    def get(self, path: str, **query: Any) -> Answer:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, *, key: str = "") -> Answer:
        return self.call("POST", path, {} if body is None else body, headers={"Idempotency-Key": key} if key else {})

    def put(self, path: str, body: Any, *, version: int | None = None) -> Answer:
        return self.call("PUT", path, body, headers=_if_match(version))

    def patch(self, path: str, body: Any, *, version: int | None = None) -> Answer:
        return self.call("PATCH", path, body, headers=_if_match(version))

    def delete(self, path: str, *, version: int | None = None) -> Answer:
        return self.call("DELETE", path, headers=_if_match(version))


def _text(answer: dict[str, Any]) -> str:
    body = str(answer.get("body") or "")
    if not answer["isBase64Encoded"]:
        return body
    return gzip.decompress(base64.b64decode(body)).decode()


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


ADMIN = Principal(id="01KAJ00000000000000000ADM0", scopes=ALL_SCOPES)


@pytest.fixture
def api(platform: Platform) -> Api:
    """An organisation token with every scope."""
    return Api(ADMIN)


@pytest.fixture
def project(api: Api, platform: Platform) -> str:
    """One that may scan wherever it likes."""
    made = str(api.post("/v1/projects", {"name": "acme"}).body["id"])
    platform.http.authorities.create(everywhere(made))
    return made


DRAFT: dict[str, Any] = {"name": "office", "targets": ["10.0.0.0/24"], "ports": "22,80,443"}


@pytest.fixture
def network(api: Api, project: str) -> str:
    return str(api.post(f"/v1/projects/{project}/networks", DRAFT).body["id"])
