"""The API's description: generated from the routes, with every error they may answer; and a page that shows it, offline."""

import base64
import hashlib
import html
import json
from functools import cache
from importlib.resources import files
from typing import Any

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response

from functions.core.roles import Permission, roles_with, scopes_with
from functions.http_api import problems
from functions.http_api.access import PERMISSIONS, PUBLIC

_DESCRIPTION = (
    "Networks, scans, exposures and alerts. Errors are problem documents (RFC 9457) whose `type` is stable. "
    "Lists take `limit` and `cursor` and give `items` and `next_cursor`."
)
_SWAGGER = "aws_lambda_powertools.event_handler.openapi.swagger_ui"
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeat with the same key and body has the first answer again; another body is refused (409).",
    "schema": {"type": "string", "maxLength": 200},
}
_IF_MATCH = "If-Match"
_ALWAYS = (400, 503)
_WITH_TOKEN = (401, 403, 404, 429)
_WITH_VERSION = (412, 428)
_WITH_BODY = (409, 413, 415)
_BY_METHOD = {"POST": _WITH_BODY, "PUT": _WITH_BODY, "PATCH": _WITH_BODY, "DELETE": (409,)}


def publish(app: ApiGatewayResolver) -> None:
    """Adds `/openapi.json` and `/docs` to the app that they describe."""

    @cache
    def document() -> dict[str, Any]:
        generated = app.get_openapi_json_schema(
            title="Vedette", version="v1", openapi_version="3.1.0", description=_DESCRIPTION
        )
        return complete(json.loads(generated))

    def read_openapi() -> Response[Any]:
        return Response(status_code=200, content_type="application/json", body=json.dumps(document()))

    def read_docs() -> Response[Any]:
        text, policy = page(document())
        headers = {"Content-Security-Policy": policy}
        return Response(status_code=200, content_type="text/html; charset=utf-8", body=text, headers=headers)

    app.get("/openapi.json", include_in_schema=False, compress=True)(read_openapi)
    app.get("/docs", include_in_schema=False, compress=True)(read_docs)


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The generated `document` with problems, security and idempotency keys put to each operation."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for generated in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        schemas.pop(generated, None)
    schemas["Problem"] = problems.Problem.model_json_schema()
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document.pop("security", None)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete_operation(path, method.upper(), operation)
    return document


def page(document: dict[str, Any]) -> tuple[str, str]:
    """One HTML page that holds the document and the viewer that the Powertools package brings: it loads nothing.

    With it the policy that lets these two scripts run and no other.
    """
    assets = files(_SWAGGER)
    style = (assets / "swagger-ui.min.css").read_text(encoding="utf-8")
    script = (assets / "swagger-ui-bundle.min.js").read_text(encoding="utf-8")
    spec = json.dumps(document).replace("</", "<\\/")
    start = f'SwaggerUIBundle({{dom_id: "#page", spec: {spec}, validatorUrl: null}})'
    scripts = " ".join(map(_digest, (script, start)))
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(document['info']['title'])}</title><style>{style}</style></head>"
        f'<body><div id="page"></div><script>{script}</script>'
        f"<script>{start}</script></body></html>"
    )
    return text, policy


def _digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _complete_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    for generated in ("422", "500"):
        responses.pop(generated, None)
    statuses = {*_ALWAYS, *_BY_METHOD.get(method, ())}
    for parameter in operation.get("parameters", ()):
        # The generator writes it in small letters.
        if parameter["in"] == "header" and parameter["name"].lower() == _IF_MATCH.lower():
            parameter["name"] = _IF_MATCH
            statuses.update(_WITH_VERSION)
    if path not in PUBLIC:
        statuses.update(_WITH_TOKEN)
        operation["security"] = [{"token": []}]
        operation["description"] = _need(PERMISSIONS[path][method])
    for status in sorted(statuses):
        responses[str(status)] = {
            "description": _title(status),
            "content": {problems.CONTENT_TYPE: {"schema": _PROBLEM}},
        }
    if "204" in responses:
        responses["204"] = {"description": "Done"}
    if method == "POST":
        operation.setdefault("parameters", []).append(_KEY)


def _need(permission: Permission | None) -> str:
    if permission is None:
        return "Needs a credential; whoever it is may call this."
    scopes = " or ".join(f"`{scope}`" for scope in scopes_with(permission))
    token = f", or a token with the scope {scopes}" if scopes else ", or an organisation token with every scope"
    return f"Needs `{permission}`: the role {roles_with(permission)[0]} or above{token}."


@cache
def _title(status: int) -> str:
    slugs = [slug for slug, code in problems.STATUS.items() if code == status]
    return ", ".join(slugs)
