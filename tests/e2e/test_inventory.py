"""A network scanned again and again while the lab changes: only what was covered is judged."""

import pytest

from tests.e2e.estate import PORTS, targets, truth
from tests.e2e.platform import Json, Project, eventually
from tests.e2e.table_stream import TableStream
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab]


@pytest.fixture
def network(project: Project, lab: Lab) -> Json:
    return project.network(targets=targets(lab, "web", "mail", "dropping"), ports=PORTS, profile="discovery")


def new_port_alerts(project: Project, kind: str = "NEW_PORT") -> set[tuple[str, int]]:
    return {(alert["asset"], alert["port"]) for alert in project.items("alerts") if alert["type"] == kind}


def test_an_unchanged_network_writes_no_exposure(project: Project, lab: Lab, network: Json) -> None:
    project.scan(network)
    stream = TableStream(project.platform)
    again = project.scan(network)
    assert again["status"] == "completed"
    written = stream.keys_since_start(family=f"EXP#{project.id}")
    assert written == []
    assert stream.keys_since_start(family=f"SCN#{project.id}"), "the stream shows what is written"


def test_what_opens_after_the_baseline_is_an_alert_and_the_baseline_is_not(
    project: Project, lab: Lab, network: Json
) -> None:
    web = lab.host("web")
    web.stop("admin")
    try:
        first = project.scan(network)
        assert first["counts"]["baseline"] == len(truth(lab, network["targets"]))
        assert new_port_alerts(project) == set()
    finally:
        web.start("admin")
    second = project.scan(network)
    assert second["counts"]["opened"] == 1
    assert second["counts"]["baseline"] == 0
    expected = {(str(web.address), 31337)}
    eventually(lambda: new_port_alerts(project) == expected, seconds=240, what="one alert, once it is confirmed")
    (confirmation,) = (scan for scan in project.items("scans") if scan["kind"] == "confirm")
    assert (confirmation["cause"]["key"], confirmation["counts"]["cells"]) == (second["id"], 1)
    alert = project.items("alerts")[0]
    assert alert["severity"] == "high"
    assert alert["why"]["change"]["scan"] == second["id"]
    assert alert["why"]["change"]["previous_covered"] is not None
    acknowledged = project.post("alerts", alert["id"], "acknowledge", body={"reason": "expected"})
    assert acknowledged["severity"] == "info"


def test_a_missing_alert_is_derived_from_its_exposure(project: Project, lab: Lab) -> None:
    web, cell = lab.host("web"), str(lab.host("web").address)
    network = project.network(targets=[cell], ports="80,443", profile="discovery", alerts={"baseline": "alert"})
    project.scan(network)
    eventually(
        lambda: len(new_port_alerts(project)) == 2, seconds=120, what="a first coverage raises alerts where asked to"
    )
    lost = project.items("alerts")[0]
    project.platform.aws("dynamodb").delete_item(
        TableName=project.platform.outputs["TableName"],
        Key={"pk": {"S": f"ALR#{project.id}"}, "sk": {"S": lost["id"]}},
    )
    assert len(project.items("alerts")) == 1, web.name
    done = project.platform.command("alerts", "reconcile", "--project", project.id)
    assert done.stdout == "examined 3 exposures and hosts, raised 1 missing alerts\n"
    assert {alert["id"] for alert in project.items("alerts")} >= {lost["id"]}


def test_a_service_that_stops_closes_and_one_that_starts_again_reopens(
    project: Project, lab: Lab, network: Json
) -> None:
    mail, cell = lab.host("mail"), (str(lab.host("mail").address), "tcp", 587)
    project.scan(network)
    mail.stop("submission")
    try:
        closing = project.scan(network)
        assert closing["counts"]["closed"] == 1
        assert project.exposures()[cell]["state"] == "closed"
    finally:
        mail.start("submission")
    project.scan(network)
    reopened = project.exposures()[cell]
    assert (reopened["state"], reopened["episode"], reopened["reopened"]) == ("open", 1, 1)
    expected = {(cell[0], 587)}
    eventually(
        lambda: new_port_alerts(project, "REOPENED") == expected, seconds=120, what="the reopened port is an alert"
    )
    assert new_port_alerts(project) == set()


def test_silence_is_a_miss_and_two_misses_close(project: Project, lab: Lab, network: Json) -> None:
    web, cell = lab.host("web"), (str(lab.host("web").address), "tcp", 8080)
    project.scan(network)
    lab.drop("web", "tcp", 8080)
    try:
        once = project.scan(network)
        assert once["counts"]["closed"] == 0
        assert (project.exposures()[cell]["state"], project.exposures()[cell]["misses"]) == ("suspect", 1)
        project.scan(network)
        assert project.exposures()[cell]["state"] == "closed"
    finally:
        lab.undrop("web", "tcp", 8080)
    assert all(item["state"] == "open" for key, item in project.exposures().items() if key != cell), web.name


def test_a_host_that_vanishes_closes_nothing_at_once(project: Project, lab: Lab, network: Json) -> None:
    project.scan(network)
    before, gone = project.open(), str(lab.host("mail").address)
    lab.host("mail").vanish()
    try:
        scan = project.scan(network)
    finally:
        lab.host("mail").come_back()
    assert scan["counts"]["closed"] == 0
    states = {cell: item["state"] for cell, item in project.exposures().items()}
    assert states.keys() == before
    assert {state for cell, state in states.items() if cell[0] == gone} == {"suspect"}
    assert {state for cell, state in states.items() if cell[0] != gone} == {"open"}


def test_a_narrower_scan_judges_nothing_else(project: Project, lab: Lab, network: Json) -> None:
    project.scan(network)
    before = project.open()
    mail = lab.host("mail")
    mail.stop("imap")
    try:
        scan = project.scan(network, targets=[str(lab.host("web").address)], ports="80,443")
    finally:
        mail.start("imap")
    assert scan["status"] == "completed"
    assert scan["counts"]["cells"] == 2
    assert project.open() == before
