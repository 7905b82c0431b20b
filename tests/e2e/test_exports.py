"""Exports through the deployed stack: asked for by the command, written by their function, read by their link."""

import csv
import json
import subprocess
from pathlib import Path

import httpx
import pytest
from defusedxml.ElementTree import parse

from tests.e2e.estate import targets
from tests.e2e.export_probes import done_export
from tests.e2e.platform import Json, Platform, Project
from tests.e2e.stage_hand import Operator, StageHand
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]

PORTS = "80,443,31337"
DTD = "/usr/share/nmap/nmap.dtd"


def exported(project: Project, *words: str, to: Path) -> Path:
    done = project.platform.command("export", *words, "-o", str(to), "--project", project.id)
    assert done.returncode == 0, done.stderr
    return to


def ndiff(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ndiff", *map(str, paths)], capture_output=True, text=True, timeout=60, check=False)


def test_two_scans_exported_as_xml_are_told_apart_by_ndiff_and_the_tables_have_what_the_lists_have(
    project: Project, lab: Lab, tmp_path: Path
) -> None:
    (web,) = targets(lab, "web")
    network = project.network(targets=[web], ports=PORTS, profile="discovery")
    first = project.scan(network)
    lab.host("web").stop("admin")
    try:
        second = project.scan(network)
    finally:
        lab.host("web").start("admin")
    before, after = (
        exported(project, "scan", "--scan", scan["id"], to=tmp_path / f"{scan['id']}.xml") for scan in (first, second)
    )
    for document in (before, after):
        subprocess.run(["xmllint", "--noout", "--dtdvalid", DTD, str(document)], check=True, timeout=60)
    assert ndiff(before, before).returncode == 0
    told = ndiff(before, after)
    assert (told.returncode, told.stderr) == (1, "")
    changed = [line.split() for line in told.stdout.splitlines() if "/tcp" in line]
    assert [line[0] for line in changed if line[0][0] in "-+"] == ["-31337/tcp"]
    open_ports = [port.get("portid") for port in parse(before).iterfind("host/ports/port")]
    assert open_ports == ["80", "443", "31337"]

    with exported(project, "exposures", "--network", network["id"], to=tmp_path / "ports.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    listed = project.exposures()
    assert {(row["asset"], row["protocol"], int(row["port"])): row["state"] for row in rows} == {
        cell: exposure["state"] for cell, exposure in listed.items()
    }
    lines = exported(project, "exposures", "--format", "jsonl", to=tmp_path / "ports.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == list(listed.values())
    for kind, path in (("hosts", "hosts"), ("alerts", "alerts"), ("scans", "scans")):
        text = exported(project, kind, "--format", "jsonl", to=tmp_path / kind).read_text()
        assert [json.loads(line) for line in text.splitlines()] == project.items(path)


def test_a_link_reads_one_document_and_nothing_else(platform: Platform) -> None:
    hand = StageHand(Operator(platform))
    export = done_export(hand)
    view: Json = platform.client.get("projects", hand.project, "exports", export.id)
    assert httpx.get(view["link"], trust_env=False).text == "one"
    forged = view["link"].replace(f"exports/{hand.project}", "plans")
    assert httpx.get(forged, trust_env=False).status_code in {403, 404}
    assert platform.command("export", "exposures", "--status", "open", "--project", hand.project).returncode == 2
    assert platform.command("export", "scan", "--project", hand.project).returncode == 2
