"""How each action is asked for: its body, its query, and what must be there anew before it takes something away."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cli.client import Client
from tests.e2e.platform import Json
from tests.matrix.world import ADDRESS, ATTESTED, HOOK, MEMBERS, NETWORK, Settled, World

STALE = 999_999
"""A version that nothing has: whoever may change a thing is told so, and it stays."""
_P = "/v1/projects/{project}"
_N, _A = f"{_P}/networks/{{network}}", f"{_P}/alerts/{{alert}}"
_REASON: Json = {"reason": "x"}
_CELL = {"asset": ADDRESS, "port": "22"}
_RULES: Mapping[str, Json] = {
    "": {"rules": []},
    "/csv": {"csv": ""},
    "/current": {"version": 1},
    "/staged": {"version": 1},
}

BODIES: Mapping[str, Json] = {
    "POST /v1/projects": {"name": "x"},
    "PUT /v1/halt": {"why": "x"},
    "POST /v1/exclusions": {"targets": ["10.255.255.254"], "reason": "x"},
    "POST /v1/owners/invitations": {"email": "x@example.com"},
    "POST /v1/tokens": {"name": "x", "scopes": ["read"]},
    f"PUT {_P}/halt": {"why": "x"},
    f"PUT {_P}/limits": {},
    f"POST {_P}/networks": NETWORK,
    f"POST {_P}/networks/preview": NETWORK,
    f"PUT {_N}": NETWORK,
    f"POST {_N}/clone": {"name": "x"},
    f"PATCH {_N}/schedule": {"enabled": True},
    f"POST {_N}/rules/back-test": {"version": 1},
    f"POST {_P}/exports": {"kind": "hosts", "format": "csv"},
    f"POST {_A}/acknowledge": _REASON,
    f"POST {_A}/resolve": _REASON,
    f"POST {_A}/mute": _REASON,
    f"POST {_A}/snooze": {"until": "2099-01-01T00:00:00Z"},
    f"POST {_A}/assign": {"assignee": "x"},
    f"POST {_A}/comments": {"text": "x"},
    f"PUT {_A}/comments/{{comment}}": {"text": "x"},
    f"POST {_P}/channels": HOOK,
    f"PUT {_P}/channels/{{channel}}": HOOK,
    f"POST {_P}/authorities": ATTESTED,
    f"POST {_P}/authorities/{{authority}}/revoke": {"why": "x"},
    f"PUT {_P}/members/{{user}}": {"role": "viewer"},
    f"POST {_P}/invitations": {"email": "x@example.com", "role": "viewer"},
    f"POST {_P}/tokens": {"name": "x", "scopes": ["read"]},
    **{f"PUT {scope}/rules{path}": body for scope in (_P, _N) for path, body in _RULES.items()},
}
QUERIES: Mapping[str, Mapping[str, str]] = {
    f"GET {_P}/why": _CELL,
    f"GET {_N}/rules/decide": _CELL,
    f"GET {_P}/scans/{{scan}}/coverage": {"asset": ADDRESS, "port": "1"},
    f"GET {_P}/scans/{{scan}}/diff": {"against": "inventory"},
    f"GET {_P}/probes": {"source": ADDRESS, "target": ADDRESS, "at": "2026-01-01T00:00:00Z"},
    "GET /v1/probes": {"source": ADDRESS, "target": ADDRESS, "at": "2026-01-01T00:00:00Z"},
    f"DELETE {_P}/halt": {"why": "x"},
    "DELETE /v1/halt": {"why": "x"},
}


@dataclass(frozen=True)
class Ask:
    """One request: `who` is empty for nobody."""

    who: str
    action: str
    project: str
    ids: Mapping[str, str]

    @property
    def method(self) -> str:
        return self.action.partition(" ")[0]

    @property
    def path(self) -> str:
        route = self.action.partition(" ")[2]
        return re.sub(r"\{([a-z]+)\}", lambda part: {"project": self.project, **self.ids}[part[1]], route)

    @property
    def body(self) -> Json | None:
        if self.method in ("GET", "DELETE"):
            return None
        if self.action == f"POST {_P}/scans":
            return {"network": self.ids["network"]}
        if self.action == f"POST {_P}/alerts/bulk":
            return {"action": "take", "alerts": [self.ids["alert"]]}
        if self.action == "POST /v1/invitations/accept":
            return {"code": self.ids["code"]}
        return BODIES.get(self.action, {})


Fresh = Callable[[World, Settled, str], Mapping[str, str]]
"""Makes anew what the next request takes away; its ids."""


def _comment(world: World, there: Settled, who: str) -> Mapping[str, str]:
    """Of the caller's own, where they may write one: nobody edits another's."""
    may = who == "owner" or (who in MEMBERS[1:] and there.project == world.home)
    by: Client = world.people[who] if may else world.owner
    made = by.post("projects", there.project, "alerts", there.ids["alert"], "comments", body={"text": "x"})
    return {"comment": made["id"]}


def _invitation(world: World, there: Settled, _who: str) -> Mapping[str, str]:
    body = {"email": "x@example.com", "role": "viewer"}
    return {
        "invitation": world.owner.post("projects", there.project, "invitations", body=body)["invitation"]["id"],
    }


def _code(world: World, _there: Settled, who: str) -> Mapping[str, str]:
    """An invitation of the caller's, to a project that nobody else looks at."""
    spare = world.owner.post("projects", body={"name": "spare"})["id"]
    body = {"email": f"{who or 'x'}@example.com", "role": "viewer"}
    return {"code": world.owner.post("projects", spare, "invitations", body=body)["code"]}


def _owner(world: World, _there: Settled, _who: str) -> Mapping[str, str]:
    made = world.owner.post("owners", "invitations", body={"email": "second@example.com"})
    if "second" not in world.people:
        world.enter("second")
    owners = {each["user"] for each in world.owner.items("owners")}
    if world.user_ids["second"] not in owners:
        world.people["second"].post("invitations", "accept", body={"code": made["code"]})
    return {"user": world.user_ids["second"]}


def _owner_invitation(world: World, _there: Settled, _who: str) -> Mapping[str, str]:
    made = world.owner.post("owners", "invitations", body={"email": "x@example.com"})
    return {"invitation": made["invitation"]["id"]}


def _exclusion(world: World, _there: Settled, _who: str) -> Mapping[str, str]:
    made = world.owner.post("exclusions", body={"targets": ["10.255.255.253"], "reason": "x"})
    return {"exclusion": made["id"]}


def _membership(world: World, there: Settled, who: str) -> Mapping[str, str]:
    """Whoever left is back; the admin is not the last one."""
    if who in MEMBERS and there.project == world.home:
        members = {each["user"] for each in world.owner.items("projects", there.project, "members")}
        if world.user_ids[who] not in members:
            world.join(there.project, who, who)
    return {}


def _halted(world: World, there: Settled, _who: str) -> Mapping[str, str]:
    world.halt("projects", there.project)
    return {}


def _all_halted(world: World, _there: Settled, _who: str) -> Mapping[str, str]:
    world.halt()
    return {}


FRESH: Mapping[str, Fresh] = {
    f"PUT {_A}/comments/{{comment}}": _comment,
    f"DELETE {_A}/comments/{{comment}}": _comment,
    f"DELETE {_P}/invitations/{{invitation}}": _invitation,
    "POST /v1/invitations/accept": _code,
    "DELETE /v1/owners/{user}": _owner,
    "DELETE /v1/owners/invitations/{invitation}": _owner_invitation,
    "DELETE /v1/exclusions/{exclusion}": _exclusion,
    f"DELETE {_P}/halt": _halted,
    "DELETE /v1/halt": _all_halted,
}
AFTER: Mapping[str, Fresh] = {
    f"DELETE {_P}/members/me": _membership,
    f"DELETE {_P}/halt": _halted,
    "DELETE /v1/halt": _all_halted,
}
