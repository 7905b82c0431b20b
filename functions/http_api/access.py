"""Who may call what: one table of routes, and the two questions that it answers."""

import re
from collections.abc import Mapping

from functions.core.alert_life import Action
from functions.core.errors import Forbidden, NotFound
from functions.core.token import Principal, Scope
from functions.http_api.problems import MethodNotAllowed

_PROJECT = "/v1/projects/{project}"
_NETWORK = f"{_PROJECT}/networks/{{network}}"
_SCAN = f"{_PROJECT}/scans/{{scan}}"
_ALERT = f"{_PROJECT}/alerts/{{alert}}"
_CHANNEL = f"{_PROJECT}/channels/{{channel}}"

_RULE_SETS: Mapping[str, Mapping[str, Scope]] = {
    "": {"GET": "read", "PUT": "admin"},
    "/csv": {"GET": "read", "PUT": "admin"},
    "/versions": {"GET": "read"},
    "/versions/{version}": {"GET": "read"},
    "/current": {"PUT": "admin"},
    "/staged": {"PUT": "admin"},
    "/effect": {"GET": "read"},
}
"""Of a project and of each of its networks."""

PUBLIC = frozenset({"/v1/health", "/v1/version", "/openapi.json", "/docs"})

SCOPES: Mapping[str, Mapping[str, Scope]] = {
    "/v1/projects": {"GET": "read", "POST": "admin"},
    _PROJECT: {"GET": "read"},
    f"{_PROJECT}/networks": {"GET": "read", "POST": "admin"},
    f"{_PROJECT}/networks/preview": {"POST": "read"},
    _NETWORK: {"GET": "read", "PUT": "admin", "PATCH": "admin", "DELETE": "admin"},
    f"{_NETWORK}/clone": {"POST": "admin"},
    f"{_NETWORK}/baseline": {"POST": "admin"},
    f"{_NETWORK}/hosts/{{asset}}": {"GET": "read", "PATCH": "triage"},
    f"{_NETWORK}/hosts/{{asset}}/history": {"GET": "read"},
    f"{_PROJECT}/addresses/{{asset}}": {"GET": "read"},
    f"{_PROJECT}/addresses/{{asset}}/history": {"GET": "read"},
    f"{_NETWORK}/preview": {"GET": "read"},
    f"{_NETWORK}/schedule": {"PATCH": "admin"},
    f"{_PROJECT}/scans": {"GET": "read", "POST": "scan"},
    _SCAN: {"GET": "read", "DELETE": "admin"},
    f"{_SCAN}/cancel": {"POST": "scan"},
    f"{_SCAN}/chunks": {"GET": "read"},
    f"{_SCAN}/chunks/{{chunk}}/raw": {"GET": "read"},
    f"{_SCAN}/diff": {"GET": "read"},
    f"{_SCAN}/ports": {"GET": "read"},
    f"{_SCAN}/coverage": {"GET": "read"},
    f"{_SCAN}/log": {"GET": "read"},
    f"{_PROJECT}/exposures": {"GET": "read"},
    f"{_PROJECT}/hosts": {"GET": "read"},
    f"{_PROJECT}/why": {"GET": "read"},
    f"{_PROJECT}/alerts": {"GET": "read"},
    f"{_PROJECT}/alerts/groups": {"GET": "read"},
    f"{_PROJECT}/alerts/counts": {"GET": "read"},
    f"{_PROJECT}/alerts/bulk": {"POST": "triage"},
    _ALERT: {"GET": "read"},
    **{f"{_ALERT}/{action}": {"POST": "triage"} for action in Action},
    f"{_ALERT}/trail": {"GET": "read"},
    f"{_ALERT}/comments": {"GET": "read", "POST": "triage"},
    f"{_ALERT}/comments/{{comment}}": {"GET": "read", "PUT": "triage", "DELETE": "triage"},
    f"{_PROJECT}/alerts/reconcile": {"POST": "admin"},
    **{f"{scope}/rules{path}": methods for scope in (_PROJECT, _NETWORK) for path, methods in _RULE_SETS.items()},
    f"{_NETWORK}/rules/decide": {"GET": "read"},
    f"{_NETWORK}/rules/back-test": {"POST": "read"},
    f"{_PROJECT}/trends": {"GET": "read"},
    f"{_PROJECT}/exports": {"GET": "read", "POST": "read"},
    f"{_PROJECT}/exports/{{export}}": {"GET": "read"},
    f"{_PROJECT}/channels": {"GET": "read", "POST": "admin"},
    _CHANNEL: {"GET": "read", "PUT": "admin", "DELETE": "admin"},
    f"{_CHANNEL}/rotate": {"POST": "admin"},
    f"{_CHANNEL}/test": {"POST": "admin"},
    f"{_CHANNEL}/deliveries": {"GET": "read"},
    f"{_CHANNEL}/resend": {"POST": "triage"},
    f"{_ALERT}/deliveries": {"GET": "read"},
    f"{_PROJECT}/tokens": {"GET": "admin", "POST": "admin"},
    f"{_PROJECT}/tokens/{{token}}": {"DELETE": "admin"},
}
"""Path to method to the scope it needs. A route that is not here answers nobody."""

ORGANISATION_ONLY = frozenset({("POST", "/v1/projects")})
"""What no project's token may do, whatever its scopes."""

_PATTERNS = tuple(
    (re.compile("^" + re.sub(r"\{[a-z]+\}", "[^/]+", path) + "$"), methods)
    for path, methods in (*SCOPES.items(), *((path, {"GET": "read"}) for path in PUBLIC))
)


def is_public(method: str, route: str) -> bool:
    return method == "GET" and route in PUBLIC


def authorise(principal: Principal, *, method: str, route: str, project: str) -> None:
    """`route` as the table writes it; `project` of the path, empty where it has none.

    Raises NotFound for another tenant's project (as for one that does not exist), Forbidden for a missing scope.
    """
    if project and principal.project not in ("", project):
        raise NotFound("there is no such project")
    scope = SCOPES[route][method]
    if scope not in principal.scopes:
        raise Forbidden(f"this needs a token with the scope {scope}")
    if (method, route) in ORGANISATION_ONLY and principal.project:
        raise Forbidden("this needs an organisation token")


def unknown(method: str, path: str) -> NotFound | MethodNotAllowed:
    """What a path that no route answered is told: which methods it has, where it has any."""
    allowed = sorted({name for pattern, methods in _PATTERNS if pattern.match(path) for name in methods})
    if allowed and method not in allowed:
        return MethodNotAllowed(allowed)
    return NotFound("there is no such path; /docs shows what there is")
