"""Requests as a client would send them, by operation: where a made request that is to fit begins; `{network}` is a network's id."""

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]

_P = "/v1/projects/{project}"
_N, _A, _S = f"{_P}/networks/{{network}}", f"{_P}/alerts/{{alert}}", f"{_P}/scans/{{scan}}"
_HERE = "127.0.0.1"
_LATER = "2027-06-01T00:00:00Z"
_CELL = {"asset": _HERE, "port": 8099, "protocol": "tcp"}
_WHY: Sequence[Json] = ({"why": "to see what comes of it"},)
_REASON: Sequence[Json] = ({"reason": "it is known"}, {"reason": "for now", "until": _LATER})
_NOTHING: Sequence[Json] = ({},)

_NETWORKS: Sequence[Json] = (
    {"name": "office", "targets": [_HERE], "ports": "1-5"},
    {
        "name": "at night",
        "targets": ["127.0.0.0/29", "127.0.0.9"],
        "exclusions": ["127.0.0.5"],
        "ports": "22,80,8099",
        "protocols": ["tcp"],
        "profile": "connect",
        "rate": 200,
        "schedule": {"expression": "cron(0 3 * * ? *)", "timezone": "Europe/Berlin", "enabled": False},
        "window": {
            "timezone": "Europe/Berlin",
            "hours": [{"days": ["mon", "sun"], "start": "22:00", "end": "06:00"}],
            "blackouts": [{"first": "2026-12-24", "last": "2026-12-26", "reason": "holidays"}],
        },
        "tags": ["dmz"],
    },
    {
        "name": "loud",
        "targets": [_HERE],
        "ports": "8099",
        "alerts": {"baseline": "alert", "misses_to_close": 1, "silent": ["NEW_HOST"], "confirm": []},
    },
)
_RULES: Sequence[Json] = (
    {"rules": [{"name": "web", "action": "allow", "assets": [_HERE], "ports": "80,443", "protocol": "tcp"}]},
    {
        "default": "deny",
        "rules": [
            {"name": "found", "action": "block", "ports": "8099", "reason": "nobody said so"},
            {"name": "wanted", "action": "expect", "assets": ["127.0.0.0/24"], "ports": "22"},
            {"name": "soon", "action": "allow", "service": "http", "reason": "moving", "until": _LATER},
        ],
        "comment": "the strict ones",
    },
    {"rules": []},
)
_TABLES: Sequence[Json] = (
    {"csv": "name,action,assets,ports\nweb,allow,127.0.0.1,80\n"},
    {"csv": "name,action\nall,allow\n", "default": "deny", "comment": "from a table"},
)
_CHANNELS: Sequence[Json] = (
    {"name": "hook", "kind": "webhook", "url": "http://127.0.0.1:9/hook"},
    {
        "name": "mail",
        "kind": "sns",
        "topic": "arn:aws:sns:us-east-1:000000000000:vedette-fuzz",
        "routes": [{"severity": "high", "types": ["BLOCKED"], "networks": ["{network}"], "tags": ["dmz"]}],
        "digest_minutes": 60,
        "quiet": {"start": "22:00", "end": "06:00", "timezone": "Europe/Berlin"},
        "urgent": "critical",
    },
)
# The channels that are there are webhooks, and each keeps its kind.
_HOOKS: Sequence[Json] = (
    _CHANNELS[0],
    {
        **_CHANNELS[0],
        "routes": [{"severity": "low", "networks": ["{network}"]}],
        "digest_minutes": 15,
        "enabled": False,
    },
)
_TOKENS: Sequence[Json] = (
    {"name": "reader", "scopes": ["read"], "expires": _LATER},
    {"name": "all of it", "scopes": ["read", "scan", "triage", "admin"], "requests_per_minute": 600},
)
_POINTERS: Sequence[Json] = ({"version": 1}, {"version": 0}, {"version": 2})

BODIES: Mapping[str, Sequence[Json]] = {
    "POST /v1/projects": ({"name": "another"},),
    "POST /v1/invitations/accept": ({"code": "{code}"},),
    "PUT /v1/halt": _WHY,
    "POST /v1/exclusions": (
        {"targets": ["10.9.0.0/16"], "reason": "not ours"},
        {"targets": ["h.example"], "reason": "x"},
    ),
    "POST /v1/owners/invitations": ({"email": "someone@example.org", "days": 3},),
    "POST /v1/tokens": _TOKENS,
    "POST /v1/tokens/{token}/rotate": ({"overlap_minutes": 10}, {}),
    f"PUT {_P}/limits": ({"rate": 1000, "max_tasks": 5}, {}),
    f"PUT {_P}/halt": _WHY,
    f"PUT {_P}/members/{{user}}": ({"role": "analyst"},),
    f"POST {_P}/invitations": ({"email": "someone@example.org", "role": "viewer"},),
    f"POST {_P}/networks": _NETWORKS,
    f"POST {_P}/networks/preview": _NETWORKS,
    f"PUT {_N}": _NETWORKS,
    f"PATCH {_N}": (
        {"rate": 100},
        {"schedule": "none", "window": "none"},
        {"ports": "1-9", "tags": ["dmz"], "enabled": True},
    ),
    f"POST {_N}/clone": ({"name": "its copy"}, {"name": "its neighbour", "targets": ["127.0.0.7"]}),
    f"POST {_N}/baseline": _NOTHING,
    f"PATCH {_N}/schedule": ({"enabled": True}, {"enabled": False}),
    f"POST {_N}/rules/back-test": (
        {"version": 1, "scans": 2},
        {"scope": "project", "version": 1},
        {"draft": _RULES[0], "scans": 3},
        {"scope": "project", "draft": _RULES[1]},
    ),
    f"PATCH {_N}/hosts/{{asset}}": ({"name": "printer", "comment": "by the stairs"}, {"tags": ["dmz", "office"]}),
    f"POST {_P}/scans": (
        {"network": "{network}"},
        {"network": "{network}", "targets": [_HERE], "ports": "1", "protocols": ["tcp"], "profile": "connect"},
    ),
    f"POST {_P}/authorities": (
        {
            "kind": "attestation",
            "ranges": ["127.0.1.0/24"],
            "authorized_by": "the owner of this machine",
            "statement": "it may be scanned",
            "until": _LATER,
        },
        {"kind": "dns", "domains": ["example.org"], "authorized_by": "its holder", "until": _LATER},
        {
            "kind": "aws",
            "role": "arn:aws:iam::000000000000:role/vedette-inventory",
            "regions": ["us-east-1"],
            "authorized_by": "its holder",
            "until": _LATER,
        },
    ),
    f"POST {_P}/authorities/{{authority}}/revoke": _WHY,
    f"POST {_P}/exports": (
        {"kind": "exposures", "format": "csv", "filters": {"network": "{network}", "port": 8099}},
        {"kind": "alerts", "format": "jsonl", "filters": {"status": "unresolved", "severity": "high"}},
        {"kind": "hosts", "format": "jsonl", "filters": {"cidr": "127.0.0.0/8", "up": True}},
        {"kind": "scans", "format": "csv", "filters": {"status": "completed"}},
        {"kind": "scan_xml", "format": "nmap_xml", "filters": {"scan": "{scan}"}},
    ),
    f"POST {_P}/channels": _CHANNELS,
    f"PUT {_P}/channels/{{channel}}": _HOOKS,
    f"POST {_P}/channels/{{channel}}/resend": ({}, {"alerts": ["{alert}"]}),
    f"POST {_P}/tokens": _TOKENS,
    f"POST {_P}/tokens/{{token}}/rotate": ({"overlap_minutes": 10}, {}),
    f"POST {_P}/alerts/bulk": (
        {"action": "take", "alerts": ["{alert}"]},
        {"action": "mute", "reason": "it is known", "filter": {"status": "unresolved", "network": "{network}"}},
        {"action": "assign", "assignee": "someone", "filter": {"cidr": "127.0.0.0/8"}, "limit": 2},
        {"action": "snooze", "until": _LATER, "alerts": ["{alert}", "{alert}"]},
    ),
    f"POST {_P}/alerts/reconcile": _NOTHING,
    f"POST {_A}/acknowledge": _REASON,
    f"POST {_A}/resolve": _REASON[:1],
    f"POST {_A}/mute": _REASON,
    f"POST {_A}/snooze": ({"until": _LATER},),
    f"POST {_A}/assign": ({"assignee": "someone"},),
    **{f"POST {_A}/{each}": _NOTHING for each in ("unacknowledge", "take", "release", "reopen", "unsnooze", "unmute")},
    f"POST {_A}/comments": ({"text": "seen"},),
    f"PUT {_A}/comments/{{comment}}": ({"text": "seen again"},),
    **{
        f"PUT {scope}/rules{path}": bodies
        for scope in (_P, _N)
        for path, bodies in (("", _RULES), ("/csv", _TABLES), ("/current", _POINTERS), ("/staged", _POINTERS))
    },
}
_PLACES: Sequence[Json] = ({"network": "{network}"}, {"address": _HERE}, {"cidr": "127.0.0.0/8"}, {})
_PROBE: Sequence[Json] = ({"source": _HERE, "target": _HERE, "at": "2026-11-21T00:00:00Z"},)

QUERIES: Mapping[str, Sequence[Json]] = {
    "DELETE /v1/halt": _WHY,
    f"DELETE {_P}/halt": _WHY,
    "GET /v1/probes": _PROBE,
    f"GET {_P}/probes": _PROBE,
    "GET /v1/audit": ({"since": "2026-01-01T00:00:00Z"}, {}),
    f"GET {_P}/audit": ({"since": "2026-01-01T00:00:00Z"}, {"subject": "{network}"}, {}),
    f"GET {_P}/alerts": (*_PLACES, {"status": "unresolved"}, {"severity": "high", "type": "BLOCKED"}),
    f"GET {_P}/exposures": (*_PLACES, {"port": 8099, "protocol": "tcp"}, {"state": "open", "service": "http"}),
    f"GET {_P}/hosts": (*_PLACES, {"tag": "dmz"}, {"up": True}),
    f"GET {_P}/why": (_CELL,),
    f"GET {_P}/scans": ({"network": "{network}"}, {"status": "completed"}, {}),
    f"GET {_S}/coverage": (_CELL,),
    f"GET {_S}/diff": (
        {"against": "inventory"},
        {"against": "{scan}"},
        {"against": "inventory", "verdict": "unchanged"},
    ),
    f"GET {_N}/estimate": ({}, {"region": "us-east-1"}),
    f"GET {_N}/rules/decide": (_CELL, {**_CELL, "service": "http", "tag": "dmz"}),
    **{f"GET {scope}/rules{path}": ({}, {"version": 1}) for scope in (_P, _N) for path in ("/csv", "/effect")},
    f"GET {_N}/hosts/{{asset}}/history": ({}, {"port": 8099, "protocol": "tcp"}),
    f"GET {_P}/addresses/{{asset}}/history": ({}, {"port": 8099, "protocol": "tcp"}),
    f"GET {_P}/trends": ({"network": "{network}", "days": 7}, {"by": "week"}, {}),
}
