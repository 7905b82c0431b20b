"""Who may call what: one table of routes, each with the permission that it needs."""

import re
from collections.abc import Mapping

from functions.core.alert_life import Action
from functions.core.errors import NotFound
from functions.core.roles import Permission
from functions.http_api.problems import MethodNotAllowed

_PROJECT = "/v1/projects/{project}"
_NETWORK = f"{_PROJECT}/networks/{{network}}"
_SCAN = f"{_PROJECT}/scans/{{scan}}"
_ALERT = f"{_PROJECT}/alerts/{{alert}}"
_AUTHORITY = f"{_PROJECT}/authorities/{{authority}}"
_CHANNEL = f"{_PROJECT}/channels/{{channel}}"

Methods = Mapping[str, Permission | None]
"""None: whoever is known, or, under a project, whoever reaches it."""

_RULE_SETS: Mapping[str, Methods] = {
    "": {"GET": Permission.PROJECT_READ, "PUT": Permission.RULE_WRITE},
    "/csv": {"GET": Permission.PROJECT_READ, "PUT": Permission.RULE_WRITE},
    "/versions": {"GET": Permission.PROJECT_READ},
    "/versions/{version}": {"GET": Permission.PROJECT_READ},
    "/current": {"PUT": Permission.RULE_WRITE},
    "/staged": {"PUT": Permission.RULE_WRITE},
    "/effect": {"GET": Permission.PROJECT_READ},
}
"""Of a project and of each of its networks."""

PUBLIC = frozenset({"/v1/health", "/v1/identity", "/v1/version", "/openapi.json", "/docs"})

PERMISSIONS: Mapping[str, Methods] = {
    "/v1/projects": {"GET": Permission.PROJECT_LIST, "POST": Permission.PROJECT_CREATE},
    _PROJECT: {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/limits": {"PUT": Permission.PROJECT_WRITE},
    f"{_PROJECT}/networks": {"GET": Permission.PROJECT_READ, "POST": Permission.NETWORK_WRITE},
    f"{_PROJECT}/networks/preview": {"POST": Permission.PROJECT_READ},
    _NETWORK: {
        "GET": Permission.PROJECT_READ,
        "PUT": Permission.NETWORK_WRITE,
        "PATCH": Permission.NETWORK_WRITE,
        "DELETE": Permission.NETWORK_WRITE,
    },
    f"{_NETWORK}/clone": {"POST": Permission.NETWORK_WRITE},
    f"{_NETWORK}/baseline": {"POST": Permission.NETWORK_WRITE},
    f"{_NETWORK}/hosts/{{asset}}": {"GET": Permission.PROJECT_READ, "PATCH": Permission.HOST_WRITE},
    f"{_NETWORK}/hosts/{{asset}}/history": {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/addresses/{{asset}}": {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/addresses/{{asset}}/history": {"GET": Permission.PROJECT_READ},
    f"{_NETWORK}/preview": {"GET": Permission.PROJECT_READ},
    f"{_NETWORK}/estimate": {"GET": Permission.PROJECT_READ},
    f"{_NETWORK}/schedule": {"PATCH": Permission.NETWORK_WRITE},
    f"{_PROJECT}/authorities": {"GET": Permission.AUTHORITY_READ, "POST": Permission.AUTHORITY_WRITE},
    _AUTHORITY: {"GET": Permission.AUTHORITY_READ},
    f"{_AUTHORITY}/verify": {"POST": Permission.AUTHORITY_WRITE},
    f"{_AUTHORITY}/revoke": {"POST": Permission.AUTHORITY_WRITE},
    f"{_AUTHORITY}/targets": {"GET": Permission.AUTHORITY_READ},
    "/v1/exclusions": {"GET": Permission.ORGANISATION_READ, "POST": Permission.ORGANISATION_WRITE},
    "/v1/exclusions/{exclusion}": {"GET": Permission.ORGANISATION_READ, "DELETE": Permission.ORGANISATION_WRITE},
    f"{_PROJECT}/scans": {"GET": Permission.PROJECT_READ, "POST": Permission.SCAN_START},
    _SCAN: {"GET": Permission.PROJECT_READ, "DELETE": Permission.SCAN_DELETE},
    f"{_SCAN}/cancel": {"POST": Permission.SCAN_STOP},
    f"{_SCAN}/pause": {"POST": Permission.SCAN_STOP},
    f"{_SCAN}/resume": {"POST": Permission.SCAN_START},
    f"{_SCAN}/redrive": {"POST": Permission.SCAN_START},
    f"{_PROJECT}/halt": {
        "GET": Permission.PROJECT_READ,
        "PUT": Permission.HALT_SET,
        "DELETE": Permission.HALT_RELEASE,
    },
    "/v1/halt": {
        "GET": Permission.ORGANISATION_READ,
        "PUT": Permission.ORGANISATION_WRITE,
        "DELETE": Permission.ORGANISATION_WRITE,
    },
    f"{_SCAN}/chunks": {"GET": Permission.PROJECT_READ},
    f"{_SCAN}/chunks/{{chunk}}/raw": {"GET": Permission.PROJECT_READ},
    f"{_SCAN}/diff": {"GET": Permission.PROJECT_READ},
    f"{_SCAN}/ports": {"GET": Permission.PROJECT_READ},
    f"{_SCAN}/coverage": {"GET": Permission.PROJECT_READ},
    f"{_SCAN}/log": {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/exposures": {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/hosts": {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/why": {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/alerts": {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/alerts/groups": {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/alerts/counts": {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/alerts/bulk": {"POST": Permission.ALERT_TRIAGE},
    _ALERT: {"GET": Permission.PROJECT_READ},
    **{f"{_ALERT}/{action}": {"POST": Permission.ALERT_TRIAGE} for action in Action},
    f"{_ALERT}/trail": {"GET": Permission.PROJECT_READ},
    f"{_ALERT}/comments": {"GET": Permission.PROJECT_READ, "POST": Permission.ALERT_TRIAGE},
    f"{_ALERT}/comments/{{comment}}": {
        "GET": Permission.PROJECT_READ,
        "PUT": Permission.ALERT_TRIAGE,
        "DELETE": Permission.ALERT_TRIAGE,
    },
    f"{_PROJECT}/alerts/reconcile": {"POST": Permission.RULE_WRITE},
    **{f"{scope}/rules{path}": methods for scope in (_PROJECT, _NETWORK) for path, methods in _RULE_SETS.items()},
    f"{_NETWORK}/rules/decide": {"GET": Permission.PROJECT_READ},
    f"{_NETWORK}/rules/back-test": {"POST": Permission.PROJECT_READ},
    f"{_PROJECT}/trends": {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/exports": {"GET": Permission.PROJECT_READ, "POST": Permission.EXPORT_MAKE},
    f"{_PROJECT}/exports/{{export}}": {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/channels": {"GET": Permission.PROJECT_READ, "POST": Permission.CHANNEL_WRITE},
    _CHANNEL: {"GET": Permission.PROJECT_READ, "PUT": Permission.CHANNEL_WRITE, "DELETE": Permission.CHANNEL_WRITE},
    f"{_CHANNEL}/rotate": {"POST": Permission.CHANNEL_WRITE},
    f"{_CHANNEL}/test": {"POST": Permission.CHANNEL_WRITE},
    f"{_CHANNEL}/deliveries": {"GET": Permission.PROJECT_READ},
    f"{_CHANNEL}/resend": {"POST": Permission.ALERT_TRIAGE},
    f"{_ALERT}/deliveries": {"GET": Permission.PROJECT_READ},
    f"{_PROJECT}/audit": {"GET": Permission.AUDIT_READ},
    "/v1/audit": {"GET": Permission.AUDIT_READ},
    "/v1/audit/hours/{hour}": {"GET": Permission.AUDIT_READ},
    "/v1/audit/seals": {"GET": Permission.AUDIT_READ},
    f"{_PROJECT}/probes": {"GET": Permission.AUTHORITY_READ},
    "/v1/probes": {"GET": Permission.AUDIT_READ},
    f"{_PROJECT}/tickets": {"POST": Permission.PROJECT_READ},
    f"{_PROJECT}/members": {"GET": Permission.MEMBER_READ},
    f"{_PROJECT}/members/me": {"DELETE": None},
    f"{_PROJECT}/members/{{user}}": {
        "GET": Permission.MEMBER_READ,
        "PUT": Permission.MEMBER_WRITE,
        "DELETE": Permission.MEMBER_WRITE,
    },
    f"{_PROJECT}/invitations": {"GET": Permission.MEMBER_READ, "POST": Permission.MEMBER_WRITE},
    f"{_PROJECT}/invitations/{{invitation}}": {"DELETE": Permission.MEMBER_WRITE},
    "/v1/invitations/accept": {"POST": None},
    "/v1/owners": {"GET": Permission.ORGANISATION_WRITE},
    "/v1/owners/{user}": {"DELETE": Permission.ORGANISATION_WRITE},
    "/v1/owners/invitations": {"GET": Permission.ORGANISATION_WRITE, "POST": Permission.ORGANISATION_WRITE},
    "/v1/owners/invitations/{invitation}": {"DELETE": Permission.ORGANISATION_WRITE},
    "/v1/me": {"GET": None},
    "/v1/profiles": {"GET": None},
    f"{_PROJECT}/tokens": {"GET": Permission.TOKEN_READ, "POST": Permission.TOKEN_WRITE},
    f"{_PROJECT}/tokens/{{token}}": {"DELETE": Permission.TOKEN_WRITE},
    f"{_PROJECT}/tokens/{{token}}/rotate": {"POST": Permission.TOKEN_WRITE},
    "/v1/tokens": {"GET": Permission.ORGANISATION_WRITE, "POST": Permission.ORGANISATION_WRITE},
    "/v1/tokens/{token}": {"DELETE": Permission.ORGANISATION_WRITE},
    "/v1/tokens/{token}/rotate": {"POST": Permission.ORGANISATION_WRITE},
}
"""Path to method to the permission it needs. A route that is not here answers nobody."""

_PATTERNS = tuple(
    (re.compile("^" + re.sub(r"\{[a-z]+\}", "[^/]+", path) + "$"), tuple(methods))
    for path, methods in (*PERMISSIONS.items(), *((path, ("GET",)) for path in PUBLIC))
)


def is_public(method: str, route: str) -> bool:
    return method == "GET" and route in PUBLIC


def unknown(method: str, path: str) -> NotFound | MethodNotAllowed:
    """What a path that no route answered is told: which methods it has, where it has any."""
    allowed = sorted({name for pattern, methods in _PATTERNS if pattern.match(path) for name in methods})
    if allowed and method not in allowed:
        return MethodNotAllowed(allowed)
    return NotFound("there is no such path; /docs shows what there is")
