"""A small estate for a fuzzer to ask about: of everything that has an id there is something."""

import uuid
from collections.abc import Mapping
from typing import Any

from tests.e2e.platform import Json, Project, eventually
from tests.oidc import OWNERS, Someone

PORT = 8099
"""Open on this machine while the fuzzer runs."""
OWNER = Someone(subject="owner", email="owner@example.com", groups=(OWNERS,))
GUEST = Someone(subject="guest", email="guest@example.com")
NAMES: Mapping[str, tuple[str, ...]] = {
    "network": ("networks",),
    "scan": ("scans",),
    "alert": ("alerts",),
    "channel": ("channels",),
    "export": ("exports",),
    "token": ("tokens",),
    "authority": ("authorities",),
}
"""The path parameter that takes an id of each list of a project."""
CODES = 6
PATIENCE_S = 600


def build(project: Project) -> dict[str, list[str]]:
    """Ids by the name of a path parameter."""
    webhook = {"kind": "webhook", "url": "http://127.0.0.1:9/hook"}
    for n in range(3):
        _post(
            project,
            "authorities",
            {
                "kind": "attestation",
                "ranges": ["127.0.0.0/8"],
                "authorized_by": "the owner of this machine",
                "statement": f"this machine may be scanned {n}",
                "until": "2028-01-01T00:00:00Z",
            },
        )
    rules = {"rules": [{"name": "no", "action": "block", "ports": str(PORT)}]}
    client = project.platform.client
    client.put("projects", project.id, "rules", body=rules, version=0)
    networks = [
        _post(project, "networks", {"name": f"this machine {n}", "targets": ["127.0.0.1"], "ports": f"1-3,{PORT}"})
        for n in range(4)
    ]
    for network in networks:
        client.put("projects", project.id, "networks", network["id"], "rules", body={"rules": []}, version=0)
    for n in range(3):
        _post(project, "channels", {"name": f"hook {n}", **webhook})
        _post(project, "tokens", {"name": f"to be revoked {n}", "scopes": ["read"]})
    for network in (*networks[:3], networks[0]):
        project.ended(project.start(network), seconds=PATIENCE_S)
    alerts = eventually(lambda: project.items("alerts"), seconds=PATIENCE_S, what="the open port raises an alert")
    for alert in alerts:
        _post(project, f"alerts/{alert['id']}/comments", {"text": "seen"})
    _post(project, "exports", {"kind": "exposures", "format": "csv"})
    ids = _ids(project, alerts) | _people(project)
    ids["token"] += _tokens_for_all(project)
    exclusion = client.post("exclusions", body={"targets": ["10.255.255.255"], "reason": "not ours"})
    return ids | {"exclusion": [str(exclusion["id"])]}


def _ids(project: Project, alerts: list[Json]) -> dict[str, list[str]]:
    found = {name: [str(item["id"]) for item in project.items(*path)] for name, path in NAMES.items()}
    comments = [item["id"] for alert in alerts for item in project.items("alerts", alert["id"], "comments")]
    return found | {
        "project": [project.id],
        "chunk": ["00000"],
        "comment": comments,
        "alerts": found["alert"],
        "networks": found["network"],
    }


def _people(project: Project) -> dict[str, list[str]]:
    """A member, invitations that wait, and codes for whom the fuzzer asks as."""
    platform = project.platform
    body = {"email": GUEST.email, "role": "viewer"}
    with platform.as_user(GUEST) as guest:
        guest.post("invitations", "accept", body={"code": _post(project, "invitations", body)["code"]})
        user = str(guest.get("me")["id"])
    waiting = [_post(project, "invitations", body)["invitation"]["id"] for _ in range(3)]
    waiting.append(platform.client.post("owners", "invitations", body={"email": GUEST.email})["invitation"]["id"])
    spare = platform.project("spare")
    codes = [_post(spare, "invitations", {"email": OWNER.email, "role": "viewer"})["code"] for _ in range(CODES)]
    return {"user": [user], "invitation": waiting, "code": codes}


def _tokens_for_all(project: Project) -> list[str]:
    body = {"name": "to be revoked", "scopes": ["read"]}
    return [str(project.platform.client.post("tokens", body=body)["details"]["id"]) for _ in range(3)]


def _post(project: Project, path: str, body: Mapping[str, Any]) -> Json:
    return project.post(*path.split("/"), body=dict(body), key=str(uuid.uuid4()))
