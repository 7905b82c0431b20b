"""Rules on the deployed stack: staged, tried, made to count, and what becomes of the alerts."""

from pathlib import Path

import pytest

from tests.e2e.estate import targets
from tests.e2e.platform import Json, Project, eventually
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

PORTS = "80,443,8080"
LONG = 120.0
"""Seconds that a review may take: it waits in a queue behind whatever else the platform does."""
CSV = "name,action,ports,reason\nno-http,block,80,=cleartext\n"


def rules(project: Project, *words: str) -> str:
    done = project.platform.command("rules", *words, "--project", project.id)
    assert done.returncode == 0, done.stderr
    return done.stdout


def put(project: Project, network: Json, current: Json, *given: Json, default: str = "allow") -> Json:
    path = ("projects", project.id, "networks", network["id"], "rules")
    body = {"rules": list(given), "default": default}
    return project.platform.client.put(*path, body=body, version=current["version"])


def standing(project: Project) -> set[tuple[str, int]]:
    return {(each["type"], each["port"]) for each in project.items("alerts") if each["status"] != "resolved"}


def test_rules_are_staged_tried_published_and_taken_back(project: Project, lab: Lab, tmp_path: Path) -> None:
    (web,) = targets(lab, "web")
    network = project.network(targets=[web], ports=PORTS, profile="discovery")
    project.scan(network)
    assert project.open() == {(web, "tcp", port) for port in (80, 443, 8080)}

    file = tmp_path / "rules.csv"
    file.write_text(CSV)
    assert rules(project, "import", str(file), "--stage") == "no rules count; version 1 is staged\n"
    assert rules(project, "effect") == "of 3 exposures: would raise 1 BLOCKED, resolve none, keep 0\n"
    tried = rules(project, "test", "--project-rules", "--network", network["id"]).splitlines()
    assert tried[0].startswith(f"+ BLOCKED (critical) {web} 80/tcp: 80/tcp on {web} is open, and rule no-http of")
    assert tried[1:] == ["1 scan: adds 1 BLOCKED, removes none, keeps 0"]
    assert standing(project) == set()

    assert rules(project, "publish") == "version 1 counts: 1 rule, default allow\n"
    eventually(lambda: standing(project) == {("BLOCKED", 80)}, seconds=LONG, what="the published block is an alert")
    (alert,) = project.items("alerts")
    assert alert["why"]["rule"] == {"scope": "project", "version": 1, "rule": "no-http"}
    told = rules(project, "why", f"{web}:80", "--network", network["id"])
    assert told == "block: rule no-http of the project's rules (version 1) blocks any asset, ports 80\n"
    assert rules(project, "export").splitlines()[1] == "no-http,block,,80,,,,'=cleartext,"

    path = ("networks", network["id"], "rules")
    jump = {"name": "web", "action": "allow", "ports": "80", "assets": [web]}
    allowed = put(project, network, project.get(*path), jump, default="deny")
    strict = {("NOT_ALLOWED", 443), ("NOT_ALLOWED", 8080)}
    eventually(
        lambda: standing(project) == strict, seconds=LONG, what="the network's own rules change which alerts stand"
    )
    resolved = next(each for each in project.items("alerts") if each["type"] == "BLOCKED")
    assert resolved["resolution"]["by"] == ""
    put(project, network, allowed, {"name": "all", "action": "allow"}, default="deny")
    what = "what a rule allows is no alert, but the project's rule for the port is more specific"
    eventually(lambda: standing(project) == {("BLOCKED", 80)}, seconds=LONG, what=what)
    assert rules(project, "publish", "1", "--network", network["id"]).startswith("version 1 counts")
    eventually(lambda: standing(project) == strict, seconds=LONG, what="an older version counts again")
    assert [each["version"] for each in project.items(*path, "versions")] == [2, 1]


def test_a_faulty_file_changes_nothing(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "rules.csv"
    file.write_text("name,action,ports\ngood,block,22\nbad,permit,22\nworse,block,99999\n")
    done = project.platform.command("rules", "import", str(file), "--project", project.id)
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.partition(": ")[0] for line in done.stderr.removeprefix("vedette: ").splitlines()] == [
        "lines.3.action",
        "lines.4.ports",
    ]
    assert project.get("rules")["version"] == 0
