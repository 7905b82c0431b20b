"""Two projects that have one of everything, and the people who are something to the first of them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.client import Client
from functions.core.ids import new_id
from functions.store.alerts import Alerts
from functions.store.exposures import Exposures
from functions.store.hosts import Hosts
from tests.e2e.platform import Json, Platform
from tests.e2e.stage_hand import Operator, StageHand
from tests.oidc import OWNERS, Someone
from tests.store import examples

MEMBERS = ("viewer", "analyst", "operator", "admin")
ADDRESS = "127.0.0.1"
NETWORK: Json = {"name": "loop", "targets": [ADDRESS], "ports": "1"}
HOOK: Json = {"name": "nobody", "kind": "webhook", "url": f"http://{ADDRESS}:9/"}
"""Where nothing listens: no packet leaves this machine."""
ATTESTED: Json = {
    "kind": "attestation",
    "ranges": ["10.0.0.0/8"],
    "authorized_by": "the matrix",
    "statement": "nothing is ever sent there",
    "until": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
}


def someone(name: str) -> Someone:
    return Someone(subject=name, email=f"{name}@example.com", groups=(OWNERS,) if name == "owner" else ())


@dataclass(frozen=True)
class Settled:
    """A project and its real ids, by the names of paths."""

    project: str
    ids: Mapping[str, str]


@dataclass
class World:
    platform: Platform
    owner: Client
    home: str = ""
    """The project that the people are members of."""
    people: dict[str, Client] = field(default_factory=dict)
    user_ids: dict[str, str] = field(default_factory=dict)

    def enter(self, name: str) -> None:
        """Logs somebody in."""
        self.people[name] = self.platform.as_user(someone(name))
        self.user_ids[name] = str(self.people[name].get("me")["id"])

    def join(self, project: str, name: str, role: str) -> None:
        body = {"email": f"{name}@example.com", "role": role}
        made = self.owner.post("projects", project, "invitations", body=body)
        self.people[name].post("invitations", "accept", body={"code": made["code"]})

    def settle(self, name: str) -> Settled:
        """A project of its own, with one of everything in it."""
        hand = StageHand(Operator(self.platform))
        project = hand.project
        where: dict[str, Any] = {"project": project}
        network = hand.network().id
        scan = hand.ended_scan()
        hand.saved_chunk(scan)
        alert = examples.alert(new_id(hand.now), **where, network=network)
        Alerts(hand.table).create(alert)
        Exposures(hand.table).save(examples.exposure(ADDRESS, 22, **where, network=network))
        Hosts(hand.table).save(examples.host(ADDRESS, **where, network=network))
        self.enter(f"{name}-member")
        self.join(project, f"{name}-member", "viewer")
        ids = {
            "network": network,
            "scan": scan.id,
            "chunk": "00000",
            "alert": alert.id,
            "comment": self._make(project, "alerts", alert.id, "comments", text="x")["id"],
            "channel": self._make(project, "channels", **HOOK)["channel"]["id"],
            "export": self._make(project, "exports", kind="hosts", format="csv")["id"],
            "token": self._make(project, "tokens", name="x", scopes=["read"])["details"]["id"],
            "invitation": self._make(project, "invitations", email="x@example.com", role="viewer")["invitation"]["id"],
            "authority": self._make(project, "authorities", **ATTESTED)["id"],
            "user": self.user_ids[f"{name}-member"],
            "asset": ADDRESS,
            "version": "1",
        }
        for rules in (("rules",), ("networks", network, "rules")):
            self.owner.put("projects", project, *rules, body={"rules": []}, version=0)
        return Settled(project, ids)

    def common(self) -> dict[str, str]:
        """Real ids of what belongs to no project."""
        exclusion = self.owner.post("exclusions", body={"targets": ["10.255.255.255"], "reason": "x"})
        token = self.owner.post("tokens", body={"name": "x", "scopes": ["read"]})
        hour = datetime.now(UTC).strftime("%Y-%m-%dT%H")
        return {"exclusion": exclusion["id"], "organisation token": token["details"]["id"], "hour": hour}

    def halt(self, *path: str) -> None:
        self.owner.put(*path, "halt", body={"why": "the matrix sends no packet"})

    def _make(self, project: str, *path: str, **body: Any) -> Json:
        return self.owner.post("projects", project, *path, body=body, key=str(uuid.uuid4()))
