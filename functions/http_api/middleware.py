"""What surrounds every route: authority, idempotent POSTs, ETags."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response

from functions.core.errors import InvalidInput
from functions.core.ids import new_id
from functions.http_api import access
from functions.http_api.caller import RequestCause
from functions.usecases.authenticate import principal_of
from functions.wiring import http_api as wiring

Next = Callable[[ApiGatewayResolver], Response[Any]]

MAX_KEY = 200
SECRET_ANSWERS = frozenset(
    {
        "/v1/projects/{project}/tickets",
        "/v1/projects/{project}/invitations",
        "/v1/owners/invitations",
        "/v1/projects/{project}/tokens",
        "/v1/projects/{project}/tokens/{token}/rotate",
        "/v1/tokens",
        "/v1/tokens/{token}/rotate",
        "/v1/projects/{project}/channels",
        "/v1/projects/{project}/channels/{channel}/rotate",
    }
)
"""Answers that are never kept, for they show a secret: a repeat finds the thing made already."""


def authorise(app: ApiGatewayResolver, next_middleware: Next) -> Response[Any]:
    """Nothing is answered that the table of access does not know, whether or not there is a route."""
    request = app.request
    if access.is_public(request.method, request.route):
        return next_middleware(app)
    if request.method not in access.PERMISSIONS.get(request.route, {}):
        raise access.unknown(request.method, app.current_event.path)
    spoken = app.current_event.raw_event["requestContext"].get("authorizer") or {}
    principal = principal_of(spoken.get("lambda") or {})
    project = str(request.path_parameters.get("project", ""))
    permission = access.PERMISSIONS[request.route][request.method]
    app.append_context(principal=principal, permissions=wiring.http_api().authorise(principal, permission, project))
    return next_middleware(app)


def once(app: ApiGatewayResolver, next_middleware: Next) -> Response[Any]:
    """A POST repeated by its caller with its Idempotency-Key has its first answer again; where a crash left none, it runs again.

    Every run of one key has one cause, so what it creates has the same id each time.
    """
    services = wiring.http_api()
    now, caller = services.now(), app.context["principal"].id if "principal" in app.context else ""
    key = _header(app, "idempotency-key")
    request = app.request
    if request.method != "POST" or not key:
        app.append_context(cause=RequestCause(now, new_id(now)))
        return next_middleware(app)
    if len(key) > MAX_KEY:
        raise InvalidInput("Idempotency-Key", f"an idempotency key has at most {MAX_KEY} characters")
    project = str(request.path_parameters.get("project", ""))
    name = f"{caller} {request.method} {app.current_event.path} {key}"
    fingerprint = hashlib.sha256((app.current_event.decoded_body or "").encode()).hexdigest()
    begun = services.idempotency.begin(project, name, fingerprint=fingerprint, now=now)
    if begun.response:
        return _replay(begun.response)
    app.append_context(cause=RequestCause(begun.first, f"{caller} {key}"))
    response = next_middleware(app)
    if response.status_code < 300 and request.route not in SECRET_ANSWERS:
        services.idempotency.complete(project, name, response=_record(response), now=now)
    return response


def etag(app: ApiGatewayResolver, next_middleware: Next) -> Response[Any]:
    """Answers that have a version carry it as their ETag; nothing here may be cached by anyone between."""
    response = next_middleware(app)
    if isinstance(response.body, dict) and isinstance(response.body.get("version"), int):
        response.headers["ETag"] = f'"{response.body["version"]}"'
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _header(app: ApiGatewayResolver, name: str) -> str:
    return str(app.current_event.headers.get(name, "")).strip()


def _record(response: Response[Any]) -> str:
    kept = {"status": response.status_code, "headers": response.headers, "body": response.body}
    return json.dumps(kept, ensure_ascii=False)


def _replay(text: str) -> Response[Any]:
    kept = json.loads(text)
    return Response(
        status_code=kept["status"], body=kept["body"], headers={**kept["headers"], "Idempotency-Replayed": "true"}
    )
