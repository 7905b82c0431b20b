"""A small estate for a fuzzer to ask about: of everything that has an id there is something."""

import uuid
from collections.abc import Mapping
from typing import Any

from tests.e2e.platform import Json, Project, eventually

PORT = 8099
"""Open on this machine while the fuzzer runs."""
NAMES: Mapping[str, tuple[str, ...]] = {
    "network": ("networks",),
    "scan": ("scans",),
    "alert": ("alerts",),
    "channel": ("channels",),
    "export": ("exports",),
    "token": ("tokens",),
    "member": ("members",),
    "invitation": ("invitations",),
    "authority": ("authorities",),
}
"""The path parameter that takes an id of each list of a project."""


def build(project: Project, paths: set[str]) -> dict[str, list[str]]:
    """Ids by the name of a path parameter; `paths` are those that the description has."""
    webhook = {"kind": "webhook", "url": "http://127.0.0.1:9/hook"}
    if "/v1/projects/{project}/authorities" in paths:
        _post(
            project,
            "authorities",
            {
                "kind": "attestation",
                "ranges": ["127.0.0.0/8"],
                "authorized_by": "the owner of this machine",
                "statement": "this machine may be scanned",
                "until": "2028-01-01T00:00:00Z",
            },
        )
    rules = {"rules": [{"name": "no", "action": "block", "ports": str(PORT)}]}
    project.platform.client.put("projects", project.id, "rules", body=rules, version=0)
    networks = [
        _post(project, "networks", {"name": f"this machine {n}", "targets": ["127.0.0.1"], "ports": f"1-3,{PORT}"})
        for n in range(4)
    ]
    for n in range(3):
        _post(project, "channels", {"name": f"hook {n}", **webhook})
        _post(project, "tokens", {"name": f"to be revoked {n}", "scopes": ["read"]})
    scans = [project.start(network) for network in networks[:3]]
    for scan in scans:
        project.ended(scan)
    alerts = eventually(lambda: project.items("alerts"), seconds=60, what="the open port raises an alert")
    for alert in alerts:
        _post(project, f"alerts/{alert['id']}/comments", {"text": "seen"})
    _post(project, "exports", {"kind": "exposures", "format": "csv"})
    return _ids(project, alerts, paths)


def _ids(project: Project, alerts: list[Json], paths: set[str]) -> dict[str, list[str]]:
    found = {
        name: [str(item["id"]) for item in project.items(*path)]
        for name, path in NAMES.items()
        if f"/v1/projects/{{project}}/{'/'.join(path)}" in paths
    }
    comments = [item["id"] for alert in alerts for item in project.items("alerts", alert["id"], "comments")]
    return found | {
        "project": [project.id],
        "chunk": ["00000"],
        "comment": comments,
        "before": found["scan"],
        "against": [*found["scan"], "inventory"],
        "scope": ["project"],
    }


def _post(project: Project, path: str, body: Mapping[str, Any]) -> Json:
    return project.post(*path.split("/"), body=dict(body), key=str(uuid.uuid4()))
