"""What is known of ports and hosts, through the door."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from functions.core.alert import Alert, AlertType, Severity, Why
from functions.core.block import Block
from functions.core.chunk import Chunk
from functions.core.coverage import Answer, Method
from functions.core.coverage_map import Segment, Stamp
from functions.core.effort import Sampled
from functions.core.exposure import Change, ChangeKind, Exposure, ExposureState
from functions.core.host import Host
from functions.core.ids import new_id
from functions.core.intervals import IntervalSet
from functions.core.messages import AddressRange, ChunkSpec, CoverageLine, ObservationLine, ResultHeader
from functions.core.model import Protocol
from functions.core.profile import PROFILES
from functions.core.service import Service
from tests.http_api.conftest import ADMIN, Api
from tests.platform_in_memory import START, Platform
from tests.result_document import write_result

WHOLE = AddressRange(first="10.0.0.0", last="10.0.0.255")
HOST = AddressRange(first="10.0.0.7", last="10.0.0.7")
SAMPLED = Sampled(rate=100, passes=2, known=1000, lost=10, miss_rate=0.0001)


@dataclass(frozen=True)
class Estate:
    """A scan of 10.0.0.0/24 x 22,80,443 in two chunks: the first has its result, the second failed."""

    project: str
    network: str
    scan: str

    @property
    def path(self) -> str:
        return f"/v1/projects/{self.project}"


@pytest.fixture
def estate(api: Api, platform: Platform, project: str, network: str, tmp_path: Path) -> Estate:
    scan = api.post(f"/v1/projects/{project}/scans", {"network": network}).body["id"]
    _plan(platform, project, network, scan)
    _save_result(platform, project, scan, tmp_path / "result.jsonl.gz")
    _remember(platform, project, network, scan)
    return Estate(project, network, scan)


def _plan(platform: Platform, project: str, network: str, scan: str) -> None:
    for chunk, ports in (("00000", "22,80"), ("00001", "443")):
        spec = ChunkSpec(
            project=project,
            network=network,
            scan=scan,
            chunk=chunk,
            addresses=(WHOLE,),
            protocol=Protocol.TCP,
            ports=ports,
            profile=PROFILES["standard"],
            rate=100,
            deadline_s=60,
            lease_s=90,
        )
        platform.http.explain_cell.results.put_spec(spec)
    ledger = platform.http.ledger
    ledger.create(Chunk(project=project, scan=scan, chunk=chunk) for chunk in ("00000", "00001"))
    ledger.fail(ledger.get(project, scan, "00001"), reason="the worker was killed")


def _save_result(platform: Platform, project: str, scan: str, path: Path, sampled: Sampled = SAMPLED) -> None:
    ledger, results = platform.http.ledger, platform.http.explain_cell.results
    claimed = ledger.claim(project, scan, "00000", run=1, now=START, lease_s=90)
    header = ResultHeader(
        project=project, scan=scan, chunk="00000", attempt=1, started=START, mode="raw", tools={"nmap": "7.93"}
    )
    seen = [
        ObservationLine(
            asset="10.0.0.7",
            address="10.0.0.7",
            protocol=Protocol.TCP,
            port=port,
            how=Method.SYN,
            service=Service(name=name, product="<script>alert(1)</script>"),
            at=START,
        )
        for port, name in ((22, "ssh"), (80, "http"))
    ]
    covered = [
        CoverageLine(
            addresses=(HOST,), protocol=Protocol.TCP, ports="22,80", answer=Answer.OPEN, how=Method.SYN, at=START
        ),
        CoverageLine(
            addresses=(
                AddressRange(first="10.0.0.0", last="10.0.0.6"),
                AddressRange(first="10.0.0.8", last="10.0.0.255"),
            ),
            protocol=Protocol.TCP,
            ports="22,80",
            answer=Answer.NOT_OPEN,
            how=Method.SYN,
            at=START,
        ),
    ]
    write_result(path, header=header, lines=[*seen, *covered], ended=START)
    key = results.put_result(path, project=project, scan=scan, chunk="00000", attempt=1)
    ledger.save(claimed, result_key=key, outcome="complete", sampled=(sampled,))


def _remember(platform: Platform, project: str, network: str, scan: str) -> None:
    change = Change(kind=ChangeKind.OPENED, scan=scan, chunk="00000", attempt=1, at=START, how=Method.SYN)
    for port, name in ((22, "ssh"), (80, "http")):
        exposure = Exposure(
            project=project,
            network=network,
            asset="10.0.0.7",
            address="10.0.0.7",
            protocol=Protocol.TCP,
            port=port,
            state=ExposureState.OPEN,
            service=Service(name=name),
            first_seen=START,
            last_changed=START,
            change=change,
            opening=change,
        )
        platform.http.exposures.save(exposure)
    platform.http.hosts.save(
        Host(project=project, network=network, asset="10.0.0.7", first_seen=START, last_changed=START)
    )
    stamp = Stamp(START, scan, "00000", 1, Method.SYN)
    everything = Segment(IntervalSet(((0, 255),)), IntervalSet(((22, 22), (80, 80))), START, stamp)
    platform.http.explain_cell.coverage.change(
        project, network, Block.of("10.0.0.7"), Protocol.TCP, lambda known: known.overlay([everything])
    )


def test_the_ports_of_a_scan_are_those_that_its_results_saw(api: Api, estate: Estate) -> None:
    ports = f"{estate.path}/scans/{estate.scan}/ports"
    found = api.get(ports).body
    assert [(each["asset"], each["port"], each["service"]["name"]) for each in found["items"]] == [
        ("10.0.0.7", 22, "ssh"),
        ("10.0.0.7", 80, "http"),
    ]
    assert found["next_cursor"] is None


def test_the_ports_of_a_scan_come_in_pages(api: Api, estate: Estate) -> None:
    ports = f"{estate.path}/scans/{estate.scan}/ports"
    first = api.get(ports, limit=1).body
    second = api.get(ports, limit=1, cursor=first["next_cursor"]).body
    assert [each["port"] for each in (*first["items"], *second["items"])] == [22, 80]
    assert api.get(f"{estate.path}/scans", cursor=first["next_cursor"]).body["field"] == "cursor"


@pytest.mark.parametrize(
    ("cell", "answer", "how"),
    [
        (("10.0.0.7", 22), "open", "syn"),
        (("10.0.0.8", 80), "not_open", "syn"),
        (("10.0.0.7", 443), "not_covered", "none"),
    ],
)
def test_the_coverage_of_a_cell_is_what_the_result_says(
    api: Api, estate: Estate, cell: tuple[str, int], answer: str, how: str
) -> None:
    told = api.get(f"{estate.path}/scans/{estate.scan}/coverage", asset=cell[0], port=cell[1]).body
    assert (told["answer"], told["how"], told["scan"]) == (answer, how, estate.scan)
    assert ("killed" in told["reason"]) == (answer == "not_covered")
    assert told["miss_rate"] == (SAMPLED.miss_rate if answer == "not_open" else None)
    assert told["sampled"] == (answer == "not_open")


def test_a_miss_rate_that_nobody_could_see_is_none(
    api: Api, platform: Platform, project: str, network: str, tmp_path: Path
) -> None:
    scan = api.post(f"/v1/projects/{project}/scans", {"network": network}).body["id"]
    path = f"/v1/projects/{project}/scans/{scan}"
    _plan(platform, project, network, scan)
    unseen = Sampled(rate=100, passes=2, known=0, lost=0, miss_rate=None)
    _save_result(platform, project, scan, tmp_path / "result.jsonl.gz", unseen)

    told = api.get(f"{path}/coverage", asset="10.0.0.8", port=80).body

    assert (told["answer"], told["sampled"], told["miss_rate"]) == ("not_open", True, None)
    assert api.get(f"{path}/chunks").body["items"][0]["sampled"] == [unseen.model_dump()]


def test_a_cell_outside_of_the_scan_has_no_coverage(api: Api, estate: Estate) -> None:
    coverage = f"{estate.path}/scans/{estate.scan}/coverage"
    assert api.get(coverage, asset="10.0.1.7", port=22).slug == "not-found"
    assert api.get(coverage, asset="10.0.0.7", port=22, protocol="udp").slug == "not-found"
    assert api.get(coverage, asset="0x0a.0.0.7", port=22).body["field"] == "asset"
    assert api.get(coverage, asset="10.0.0.7").body["field"] == "port"


def test_why_tells_when_how_what_and_by_which_scan(api: Api, estate: Estate) -> None:
    story = api.get(f"{estate.path}/why", asset="10.0.0.7", port=22).body["networks"][0]
    assert (story["network"], story["name"]) == (estate.network, "office")
    probe = story["last_probe"]
    assert (probe["answer"], probe["how"], probe["scan"], probe["chunk"]) == ("open", "syn", estate.scan, "00000")
    assert probe["at"].startswith("2026-11-21T08:00:00")
    assert story["exposure"]["change"]["kind"] == "opened"


def test_why_of_a_cell_that_nobody_covered_has_no_story(api: Api, estate: Estate) -> None:
    assert api.get(f"{estate.path}/why", asset="10.0.0.7", port=443).body["networks"] == []
    assert api.get(f"{estate.path}/why", asset="www.example.org", port=443).body["networks"] == []


@pytest.mark.parametrize(
    ("query", "ports"),
    [
        ({}, [22, 80]),
        ({"address": "10.0.0.7"}, [22, 80]),
        ({"address": "10.0.0.8"}, []),
        ({"cidr": "10.0.0.0/29"}, [22, 80]),
        ({"cidr": "10.0.1.0/24"}, []),
        ({"port": "80"}, [80]),
        ({"protocol": "udp"}, []),
        ({"service": "ssh"}, [22]),
        ({"state": "open"}, [22, 80]),
        ({"state": "closed"}, []),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_exposures_are_filtered(api: Api, estate: Estate, query: dict[str, str], ports: list[int], named: bool) -> None:
    asked = query | ({"network": estate.network} if named else {})
    found: list[int] = []
    cursor = ""
    while True:
        page = api.get(f"{estate.path}/exposures", **asked, cursor=cursor).body
        found += [each["port"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == ports


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cidr": "10.0.0.0/99"}, "cidr"),
        ({"port": "70000"}, "port"),
        ({"protocol": "sctp"}, "protocol"),
        ({"state": "ajar"}, "state"),
        ({"network": "x"}, "network"),
        ({"cursor": "x"}, "cursor"),
    ],
)
def test_a_bad_filter_is_refused(api: Api, estate: Estate, query: dict[str, str], field: str) -> None:
    refused = api.get(f"{estate.path}/exposures", **query)
    assert (refused.status, refused.body["field"]) == (400, field)


def test_exposures_of_all_networks_follow_each_other(api: Api, estate: Estate, platform: Platform) -> None:
    platform.clock.advance(seconds=1)
    second = {"name": "second", "targets": ["10.0.9.0/24"]}
    api.post(f"{estate.path}/networks", second)
    seen: list[int] = []
    cursor = ""
    while cursor is not None:
        page = api.get(f"{estate.path}/exposures", limit=1, cursor=cursor).body
        seen += [each["port"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [22, 80]


def test_hosts_are_listed(api: Api, estate: Estate) -> None:
    hosts = f"{estate.path}/hosts"
    assert [each["asset"] for each in api.get(hosts, network=estate.network).body["items"]] == ["10.0.0.7"]
    assert [each["asset"] for each in api.get(hosts).body["items"]] == ["10.0.0.7"]


@pytest.fixture
def alert(platform: Platform, estate: Estate) -> Alert:
    change = Change(kind=ChangeKind.OPENED, scan=estate.scan, chunk="00000", attempt=1, at=START, how=Method.SYN)
    raised = Alert(
        id=new_id(START),
        project=estate.project,
        network=estate.network,
        type=AlertType.NEW_PORT,
        severity=Severity.HIGH,
        rated=Severity.HIGH,
        asset="10.0.0.7",
        address="10.0.0.7",
        protocol=Protocol.TCP,
        port=22,
        group=new_id(START),
        why=Why(text="22/tcp is open", change=change),
        raised=START,
        updated=START,
    )
    platform.http.alerts.create(raised)
    return raised


def test_an_alert_is_read_listed_and_acknowledged_once(api: Api, estate: Estate, alert: Alert) -> None:
    alerts = f"{estate.path}/alerts"
    assert api.get(f"{alerts}/{alert.id}").body["why"]["text"] == "22/tcp is open"
    assert len(api.get(alerts, status="open").body["items"]) == 1

    done = api.post(f"{alerts}/{alert.id}/acknowledge", {"reason": "known"})
    assert (done.status, done.body["severity"], done.body["rated"]) == (200, "info", "high")
    assert done.body["acknowledged"]["by"] == ADMIN.id
    assert api.get(alerts, status="resolved").body["items"] == []
    assert [each["id"] for each in api.get(alerts, network=estate.network).body["items"]] == [alert.id]
    assert api.get(alerts, network=new_id(START)).body["items"] == []

    again = api.post(f"{alerts}/{alert.id}/acknowledge", {"reason": "known"})
    assert (again.status, again.slug) == (409, "illegal-transition")


def test_an_alert_that_is_not_there_is_not_found(api: Api, estate: Estate) -> None:
    assert api.get(f"{estate.path}/alerts/{new_id(START)}").slug == "not-found"
    assert api.get(f"{estate.path}/alerts", status="ajar").body["field"] == "status"


def test_reconcile_raises_what_is_missing_once(api: Api, estate: Estate) -> None:
    def reconcile() -> tuple[int, int]:
        examined = created = 0
        cursor = ""
        while cursor is not None:
            page = api.post(f"{estate.path}/alerts/reconcile", {"cursor": cursor}).body
            examined, created, cursor = (
                examined + page["examined"],
                created + page["created"],
                page["next_cursor"],
            )
        return examined, created

    assert reconcile() == (3, 2), "two ports and a host"
    assert reconcile() == (3, 0)


def test_reconcile_of_a_project_without_networks_does_nothing(api: Api, project: str) -> None:
    answer = api.post(f"/v1/projects/{project}/alerts/reconcile", {})
    assert answer.body == {"examined": 0, "created": 0, "next_cursor": None}
