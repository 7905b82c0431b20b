"""Only what somebody allowed is scanned: recorded by the command, read from an account, ended while a scan runs."""

import re
import uuid

import pytest

from cli.errors import ApiError
from tests.e2e.platform import Json, Platform, Project, eventually
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

ATTESTED: Json = {
    "kind": "attestation",
    "authorized_by": "the lab",
    "statement": "it is ours",
    "until": "2028-01-01T00:00:00Z",
}


def attest(project: Project, *ranges: str) -> Json:
    return project.post("authorities", body=ATTESTED | {"ranges": ranges}, key=str(uuid.uuid4()))


def refused(project: Project, network: Json) -> ApiError:
    with pytest.raises(ApiError) as refusal:
        project.start(network)
    return refusal.value


def test_the_command_that_a_refusal_names_is_all_that_is_missing(platform: Platform, lab: Lab) -> None:
    project = platform.project("without leave", allowed=False)
    web = str(lab.host("web").address)
    words = ("scan", web, "--ports", "80", "--profile", "discovery", "--project", project.id)
    told = platform.command(*words)
    assert told.returncode == 2
    found = re.search(r"`vedette (authorities add --range \S+ --by \"[^\"]+\" --statement \"[^\"]+\")`", told.stderr)
    assert found, told.stderr
    assert project.items("scans") == []

    command = re.findall(r'"([^"]*)"|(\S+)', found[1])
    done = platform.command(*(quoted or plain for quoted, plain in command), "--project", project.id)
    assert done.returncode == 0, done.stderr
    scanned = platform.command(*words)
    assert scanned.returncode == 0, scanned.stderr
    assert project.open() == {(web, "tcp", 80)}


def test_a_scan_stops_when_what_it_leans_on_is_revoked(platform: Platform, lab: Lab) -> None:
    project = platform.project("revoked", allowed=False)
    leave = attest(project, str(lab.network))
    network = project.network(targets=[str(lab.network)], ports="1-5000", rate=500, profile="discovery")
    scan = project.start(network)
    eventually(lambda: project.get("scans", scan["id"])["status"] == "running", what="it runs")
    project.post("authorities", leave["id"], "revoke", body={"why": "it was sold"})
    ended = project.ended(scan)
    assert ended["status"] in {"partial", "failed"}
    assert ended["stop"] == "authority"
    assert "it was sold" in ended["stop_why"]
    assert "10.77.0." in str(refused(project, network))


def test_nobody_scans_what_the_organisation_excludes(platform: Platform, project: Project) -> None:
    made = platform.client.post("exclusions", body={"targets": ["192.0.2.99"], "reason": "it is fragile"})
    try:
        refusal = refused(project, project.network(targets=["192.0.2.99"], ports="80"))
        assert refusal.slug == "out-of-scope"
    finally:
        platform.client.delete("exclusions", made["id"], version=made["version"])
