"""What a scan found is looked at twice, compared, repeated in part, and can be taken back."""

import gzip
import json
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.platform import Json, Platform, Project, eventually
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]

NEW = 31337
PORTS = "80,443,31337"


@pytest.fixture
def web(lab: Lab) -> Iterator[str]:
    """A host whose admin service does not run yet; it does again afterwards."""
    host = lab.host("web")
    host.stop("admin")
    yield str(host.address)
    if ("tcp", NEW) not in host.truth:
        host.start("admin")


def network_of(project: Project, address: str) -> Json:
    """Alerts of new ports wait for a second look, as they do by default."""
    return project.network(targets=[address], ports=PORTS, profile="discovery")


def confirmation(project: Project, scan: Json) -> Json:
    """The second look at what a scan found, once it has ended."""

    def look() -> Json | None:
        made = [each for each in project.items("scans", kind="confirm") if each["cause"]["key"] == scan["id"]]
        return project.get("scans", made[0]["id"]) if made else None

    found = eventually(look, seconds=240, what="the openings are confirmed")
    assert found is not None
    return project.ended(found)


def test_an_opening_is_looked_at_again_and_told_once(project: Project, lab: Lab, web: str) -> None:
    network = network_of(project, web)
    project.scan(network)
    lab.host("web").start("admin")
    second = project.scan(network)
    confirmed = confirmation(project, second)

    assert (confirmed["status"], confirmed["kind"], confirmed["cause"]["kind"]) == ("completed", "confirm", "confirm")
    assert confirmed["snapshot"]["cells"] == [{"asset": web, "protocol": "tcp", "port": NEW}]
    assert (confirmed["counts"]["cells"], confirmed["counts"]["cells_covered"]) == (1, 1)
    lines = project.result_lines(confirmed)
    (covered,) = [line for line in lines if line["kind"] == "coverage"]
    assert (covered["ports"], covered["answer"], covered["how"]) == (str(NEW), "open", "connect")
    assert [line["commands"] for line in lines if line["kind"] == "trailer"] == [[]], "no tool ran"

    exposure = project.exposures()[web, "tcp", NEW]
    assert (exposure["state"], exposure["confirmed"], exposure["episode"]) == ("open", True, 1)
    (alert,) = eventually(
        lambda: project.items("alerts", status="unresolved"), seconds=240, what="the confirmed port is an alert"
    )
    assert (alert["type"], alert["port"], alert["count"]) == ("NEW_PORT", NEW, 1)
    assert next(scan["id"] for scan in project.items("scans", kind="scan")) == second["id"]


def test_an_opening_that_was_over_before_the_second_look_is_not_told(project: Project, lab: Lab, web: str) -> None:
    network = network_of(project, web)
    project.scan(network)
    lab.host("web").start("admin")
    second = project.scan(network)
    lab.host("web").stop("admin")
    confirmed = confirmation(project, second)

    assert confirmed["counts"]["closed"] == 1
    assert project.exposures()[web, "tcp", NEW]["state"] == "closed"
    assert project.items("alerts") == []


def test_scans_are_compared_repeated_in_part_and_deleted(platform: Platform, lab: Lab, web: str) -> None:
    project = platform.project("history")
    network = network_of(project, web)
    first = project.scan(network)
    lab.host("web").start("admin")
    second = project.scan(network)
    # Its second look would else meet what is done to the port below.
    confirmation(project, second)

    told = platform.command("diff", first["id"], second["id"], "--project", project.id)
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == [
        f"opened\t{web}\t{NEW}/tcp\tnot open\topen",
        "1 opened, 0 closed, 0 changed, 0 not comparable, 2 unchanged; 3 cells compared, 0 covered by one only",
    ]
    narrow = project.scan(network, ports="80")
    compared = project.get("scans", narrow["id"], "diff", against=second["id"])
    assert {(item["port"], item["verdict"]) for item in compared["items"]} == {
        (443, "not_comparable"),
        (NEW, "not_comparable"),
    }

    lab.host("web").drop("tcp", NEW)
    try:
        again = platform.command("rescan", f"{web}:{NEW}", "--confirm", "--project", project.id, "--json")
    finally:
        lab.host("web").undrop("tcp", NEW)
    assert again.returncode == 0, again.stderr
    rescan = json.loads(again.stdout)["scan"]
    assert (rescan["counts"]["cells"], rescan["counts"]["closed"]) == (1, 1)
    since = project.get("scans", second["id"], "diff", against="inventory")
    assert [(item["port"], item["verdict"]) for item in since["items"]] == [(NEW, "closed")]

    links = project.get("scans", second["id"], "chunks", "00000", "raw")["items"]
    assert links
    raw = httpx.get(links[0]["url"], trust_env=False)
    assert raw.status_code == 200
    assert gzip.decompress(raw.content)
    assert (
        httpx.get(links[0]["url"].replace("X-Amz-Signature=", "X-Amz-Signature=0"), trust_env=False).status_code == 403
    )

    before = project.exposures()
    deleted = platform.command("scans", "delete", second["id"], "--yes", "--project", project.id)
    assert deleted.returncode == 0, deleted.stderr
    assert second["id"] not in {scan["id"] for scan in project.items("scans")}
    assert project.exposures() == before
    assert project.result_lines(second) == []
    assert platform.command("diff", first["id"], second["id"], "--project", project.id).returncode == 1
