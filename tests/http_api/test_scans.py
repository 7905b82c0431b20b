"""Scans, through the door: started once, followed, cancelled."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.core.chunk import Chunk
from functions.core.errors import Unavailable
from functions.core.ids import new_id
from functions.core.messages import Event
from functions.core.model import Protocol
from functions.core.scan import CellRef, Scan, ScanEvent
from functions.core.token import Principal
from functions.usecases import delete_scan
from tests.http_api.conftest import Api
from tests.platform_in_memory import Platform


@pytest.fixture
def scans(project: str) -> str:
    return f"/v1/projects/{project}/scans"


def test_a_scan_is_recorded_and_its_workflow_started_with_ids_only(
    api: Api, platform: Platform, project: str, network: str, scans: str
) -> None:
    started = api.post(scans, {"network": network})
    assert started.status == 201
    scan = started.body
    assert (scan["status"], scan["network"], scan["snapshot"]["ports"]) == ("planned", network, "22,80,443")
    assert platform.workflow.executions == {f"{scan['id']}-1": {"project": project, "scan": scan["id"], "run": 1}}
    assert api.get(f"{scans}/{scan['id']}").body == scan
    assert api.get(scans).body["items"] == [scan]
    assert api.get(scans, network=network, status="planned").body["items"] == [scan]
    assert api.get(scans, network=network, status="failed").body["items"] == []


def test_a_second_scan_of_a_network_is_refused_and_names_the_live_one(
    api: Api, platform: Platform, network: str, scans: str
) -> None:
    live = api.post(scans, {"network": network}).body["id"]
    refused = api.post(scans, {"network": network})
    assert (refused.status, refused.slug) == (409, "scan-in-progress")
    assert refused.body["current"] == {"scan": live}
    assert len(platform.workflow.executions) == 1


def test_a_repeat_with_its_key_has_the_first_answer(api: Api, platform: Platform, network: str, scans: str) -> None:
    first = api.post(scans, {"network": network}, key="k1")
    platform.clock.advance(minutes=5)
    repeat = api.post(scans, {"network": network}, key="k1")
    assert (repeat.status, repeat.body) == (201, first.body)
    assert repeat.headers["Idempotency-Replayed"] == "true"
    assert len(platform.workflow.executions) == 1


def test_the_key_with_another_body_is_refused(api: Api, network: str, scans: str) -> None:
    api.post(scans, {"network": network}, key="k1")
    assert api.post(scans, {"network": network, "confirm": True}, key="k1").slug == "conflict"


def test_a_crash_between_record_and_workflow_is_healed_by_the_repeat(
    api: Api, platform: Platform, network: str, scans: str
) -> None:
    platform.workflow.down = True
    failed = api.post(scans, {"network": network}, key="k1")
    assert (failed.status, failed.slug) == (503, "unavailable")
    recorded = api.get(scans).body["items"][0]
    assert platform.workflow.executions == {}

    platform.workflow.down = False
    platform.clock.advance(minutes=1)
    healed = api.post(scans, {"network": network}, key="k1")
    assert (healed.status, healed.body["id"]) == (201, recorded["id"])
    assert list(platform.workflow.executions) == [f"{recorded['id']}-1"]


def test_a_part_of_the_network_is_scanned_alone(api: Api, network: str, scans: str) -> None:
    part = {"network": network, "targets": ["10.0.0.7"], "ports": "443", "profile": "connect", "confirm": True}
    snapshot = api.post(scans, part).body["snapshot"]
    assert (snapshot["targets"], snapshot["ports"]) == (["10.0.0.7"], "443")
    assert (snapshot["profile"]["name"], snapshot["misses_to_close"]) == ("connect", 1)


@pytest.mark.parametrize(
    ("part", "refusal"),
    [
        ({"targets": ["10.0.1.0/24"]}, ("out-of-scope", "targets")),
        ({"targets": ["169.254.169.254"]}, ("out-of-scope", "targets.0")),
        ({"targets": ["host.example.org"]}, ("out-of-scope", "targets")),
        ({"targets": ["nonsense/"]}, ("invalid-input", "targets.0")),
        ({"ports": "22,8080"}, ("out-of-scope", "ports")),
        ({"ports": "x"}, ("invalid-input", "ports")),
        ({"profile": "reckless"}, ("invalid-input", "profile")),
        ({"network": "nope"}, ("invalid-input", "network")),
        ({"flags": ["-A"]}, ("invalid-input", "flags")),
    ],
)
def test_what_is_outside_of_the_network_is_refused(
    api: Api, network: str, scans: str, part: dict[str, Any], refusal: tuple[str, str]
) -> None:
    refused = api.post(scans, {"network": network} | part)
    assert (refused.status, (refused.slug, refused.body["field"])) == (400, refusal)
    assert api.get(scans).body["items"] == []


def test_a_network_that_is_not_there_is_refused(api: Api, scans: str) -> None:
    assert api.post(scans, {"network": "01KAJ0000000000000000000N0"}).slug == "not-found"


def test_a_scan_without_a_workflow_is_cancelled_at_once(api: Api, platform: Platform, network: str, scans: str) -> None:
    platform.workflow.down = True
    api.post(scans, {"network": network})
    scan = api.get(scans).body["items"][0]["id"]
    cancelled = api.post(f"{scans}/{scan}/cancel")
    assert (cancelled.status, cancelled.body["status"]) == (202, "cancelled")
    platform.workflow.down = False
    assert api.post(scans, {"network": network}).status == 201


def test_a_scan_that_runs_is_asked_to_stop(
    api: Api, platform: Platform, project: str, network: str, scans: str
) -> None:
    scan = api.post(scans, {"network": network}).body["id"]
    asked = api.post(f"{scans}/{scan}/cancel")
    assert (asked.status, asked.body["status"], asked.body["stop"]) == (202, "planned", "cancel")
    assert platform.http.ledger.stop_requested(project, scan, run=1) == "cancel"
    platform.clock.advance(minutes=1)
    assert api.post(f"{scans}/{scan}/cancel").body == asked.body


def test_a_cancelled_scan_may_be_cancelled_again_and_an_ended_one_may_not(
    api: Api, platform: Platform, project: str, network: str, scans: str
) -> None:
    store = platform.http.scans
    first = api.post(scans, {"network": network}).body["id"]
    store.transition(store.get(project, first), ScanEvent.CANCEL, ended=platform.clock.now)
    assert api.post(f"{scans}/{first}/cancel").body["status"] == "cancelled"

    second = api.post(scans, {"network": network}).body["id"]
    running = store.transition(store.get(project, second), ScanEvent.START, started=platform.clock.now)
    store.transition(running, ScanEvent.COMPLETE, ended=platform.clock.now)
    refused = api.post(f"{scans}/{second}/cancel")
    assert (refused.status, refused.slug) == (409, "illegal-transition")
    assert refused.body["current"]["status"] == "completed"


def test_scans_are_listed_newest_first(api: Api, platform: Platform, project: str, scans: str) -> None:
    made = []
    for number in range(3):
        network = {"name": f"n{number}", "targets": [f"10.0.{number}.1"]}
        identifier = api.post(f"/v1/projects/{project}/networks", network).body["id"]
        platform.clock.advance(seconds=1)
        made.append(api.post(scans, {"network": identifier}).body["id"])
    assert [each["id"] for each in api.get(scans).body["items"]] == made[::-1]


def test_chunks_are_listed(api: Api, platform: Platform, project: str, network: str, scans: str) -> None:
    scan = api.post(scans, {"network": network}).body["id"]
    platform.http.ledger.create(Chunk(project=project, scan=scan, chunk=f"{number:05}") for number in range(3))
    page = api.get(f"{scans}/{scan}/chunks", limit=2).body
    rest = api.get(f"{scans}/{scan}/chunks", limit=2, cursor=page["next_cursor"]).body
    assert [each["chunk"] for each in (*page["items"], *rest["items"])] == ["00000", "00001", "00002"]


def test_the_log_has_the_log_lines_alone(api: Api, platform: Platform, project: str, network: str, scans: str) -> None:
    scan = api.post(scans, {"network": network}).body["id"]
    for number, kind in enumerate(("log", "chunk.started", "log")):
        at = platform.clock.now + timedelta(seconds=number)
        event = {"id": new_id(at), "project": project, "topic": f"scan:{scan}", "type": kind, "time": at}
        platform.http.live.publish(Event.model_validate(event | {"data": {"text": f"line {number}"}}))
    lines = api.get(f"{scans}/{scan}/log").body["items"]
    assert [line["data"]["text"] for line in lines] == ["line 0", "line 2"]


@pytest.mark.parametrize("path", ["", "/chunks", "/log", "/ports", "/coverage?asset=10.0.0.1&port=22"])
def test_a_scan_of_another_project_is_not_there(api: Api, network: str, scans: str, path: str) -> None:
    scan = api.post(scans, {"network": network}).body["id"]
    other = api.post("/v1/projects", {"name": "other"}).body["id"]
    path, _, query = path.partition("?")
    asked = dict(pair.split("=") for pair in query.split("&")) if query else {}
    assert api.get(f"/v1/projects/{other}/scans/{scan}{path}", **asked).slug == "not-found"


def test_confirmations_are_listed_apart_and_without_their_cells(
    api: Api, platform: Platform, project: str, network: str, scans: str
) -> None:
    found = platform.http.scans.get(project, api.post(scans, {"network": network}).body["id"])
    cell = CellRef(asset="10.0.0.1", protocol=Protocol.TCP, port=22)
    snapshot = found.snapshot.model_copy(update={"cells": (cell,)})
    beside = found.model_copy(update={"id": new_id(platform.clock()), "kind": "confirm", "snapshot": snapshot})
    platform.http.scans.create_beside(beside)
    (listed,) = api.get(scans, kind="confirm").body["items"]
    assert (listed["id"], listed["snapshot"]["cells"]) == (beside.id, [])
    assert api.get(f"{scans}/{beside.id}").body["snapshot"]["cells"] == [cell.model_dump(mode="json")]
    assert [each["id"] for each in api.get(scans, kind="scan").body["items"]] == [found.id]
    assert len(api.get(scans).body["items"]) == 2
    assert api.get(scans, kind="both").status == 400


@pytest.fixture
def ended(api: Api, platform: Platform, project: str, network: str, scans: str) -> Scan:
    """A scan with one saved chunk, its raw output and a line of log, by now completed."""
    started = platform.http.scans.get(project, api.post(scans, {"network": network}).body["id"])
    running = platform.http.scans.transition(started, ScanEvent.START)
    ledger, results = platform.http.ledger, platform.http.scan_ports.results
    ledger.create([Chunk(project=project, scan=running.id, chunk="00000")])
    s3, bucket = results.client, results.bucket
    for key in (
        f"plans/{project}/{running.id}/chunks/00000.json",
        f"results/{project}/{running.id}/00000/1/result.jsonl.gz",
        f"results/{project}/{running.id}/00000/1/raw/nmap-1.xml.gz",
        f"results/{project}/{running.id}/00000/2/raw/nmap-1.xml.gz",
    ):
        s3.put_object(Bucket=bucket, Key=key, Body=b"raw")
    now = platform.clock()
    platform.http.live.publish(
        Event(id=new_id(now), project=project, topic=f"scan:{running.id}", type="log", time=now, data={})
    )
    return platform.http.scans.transition(running, ScanEvent.COMPLETE, ended=now)


def objects(platform: Platform, of: str) -> list[str]:
    results = platform.http.scan_ports.results
    found = results.client.list_objects_v2(Bucket=results.bucket).get("Contents", [])
    return [each["Key"] for each in found if of in each["Key"]]


def test_a_deleted_scan_is_gone_with_its_documents(api: Api, platform: Platform, scans: str, ended: Scan) -> None:
    path = f"{scans}/{ended.id}"
    assert api.delete(path, version=ended.version).status == 204
    assert api.get(path).status == 404
    assert api.get(scans).body["items"] == []
    assert objects(platform, ended.id) == []
    assert platform.http.ledger.list(ended.project, ended.id) == ()
    assert platform.http.live.replay(ended.project, f"scan:{ended.id}").items == ()
    assert api.delete(path, version=ended.version).status == 404


def test_a_deletion_that_was_cut_off_is_finished_by_a_repeat(
    api: Api, platform: Platform, scans: str, ended: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"{scans}/{ended.id}"
    with monkeypatch.context() as short:
        short.setattr(delete_scan, "MOST", 1)
        refused = api.delete(path, version=ended.version)
    assert (refused.status, refused.slug) == (503, "unavailable")
    assert api.get(path).status == 200, "the record goes last"

    def crash(*_: object, **__: object) -> None:
        raise Unavailable("the database did not answer")

    with monkeypatch.context() as broken:
        broken.setattr(type(platform.http.ledger), "remove", crash)
        assert api.delete(path, version=ended.version).status == 503
    assert api.delete(path, version=ended.version).status == 204
    assert objects(platform, ended.id) == []


def test_a_live_scan_or_another_version_is_not_deleted(
    api: Api, platform: Platform, scans: str, network: str, ended: Scan
) -> None:
    live = api.post(scans, {"network": network}).body
    assert api.delete(f"{scans}/{live['id']}", version=live["version"]).slug == "illegal-transition"
    assert api.delete(f"{scans}/{ended.id}").slug == "precondition-required"
    assert api.delete(f"{scans}/{ended.id}", version=ended.version + 1).slug == "stale-version"
    assert len(objects(platform, ended.id)) == 4
    other = api.post("/v1/projects", {"name": "other"}).body["id"]
    assert api.delete(f"/v1/projects/{other}/scans/{ended.id}", version=ended.version).status == 404
    reader = Api(Principal(id="reader", project=ended.project, scopes=("read", "scan", "triage")))
    assert reader.delete(f"{scans}/{ended.id}", version=ended.version).status == 403


def test_raw_output_is_linked_for_five_minutes(api: Api, platform: Platform, scans: str, ended: Scan) -> None:
    answer = api.get(f"{scans}/{ended.id}/chunks/00000/raw")
    assert [(each["attempt"], each["name"], each["size"]) for each in answer.body["items"]] == [
        (1, "nmap-1.xml.gz", 3),
        (2, "nmap-1.xml.gz", 3),
    ]
    first = answer.body["items"][0]
    assert first["expires"] == (platform.clock() + timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
    link = urlsplit(first["url"])
    assert link.path.endswith(f"results/{ended.project}/{ended.id}/00000/1/raw/nmap-1.xml.gz")
    assert parse_qs(link.query)["X-Amz-Expires"] == ["300"]
    assert parse_qs(link.query)["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


def test_raw_output_of_what_is_not_there_is_not_linked(api: Api, scans: str, ended: Scan) -> None:
    assert api.get(f"{scans}/{ended.id}/chunks/00001/raw").status == 404
    assert api.get(f"{scans}/{new_id(ended.created)}/chunks/00000/raw").status == 404
    assert api.get(f"{scans}/{ended.id}/chunks/..%2f00000/raw").status in (400, 404)
    other = api.post("/v1/projects", {"name": "other"}).body["id"]
    assert api.get(f"/v1/projects/{other}/scans/{ended.id}/chunks/00000/raw").status == 404


def test_a_diff_is_paged_and_tied_to_its_question(api: Api, network: str, scans: str, ended: Scan) -> None:
    path = f"{scans}/{ended.id}/diff"
    answer = api.get(path, against="inventory")
    assert (answer.status, answer.body["before"], answer.body["after"]) == (200, ended.id, "inventory")
    assert (answer.body["items"], answer.body["next_cursor"]) == ([], None)
    assert api.get(path, against=ended.id, limit=1).status == 200
    assert api.get(path).status == 400
    assert api.get(path, against="elsewhere").status == 400
    assert api.get(path, against="inventory", verdict="worse").status == 400
    assert api.get(path, against="inventory", cursor="nonsense").body["field"] == "cursor"
    assert api.get(path, against=new_id(ended.created)).status == 404
    live = api.post(scans, {"network": network}).body["id"]
    assert api.get(path, against=live).body["field"] == "against"


def test_one_port_of_one_host_is_scanned_again(api: Api, project: str) -> None:
    draft = {"name": "both", "targets": ["10.0.0.0/24"], "ports": "top-100", "protocols": ["tcp", "udp"]}
    both = api.post(f"/v1/projects/{project}/networks", draft).body["id"]
    asked = {"network": both, "targets": ["10.0.0.7"], "ports": "443", "protocols": ["tcp"], "confirm": True}
    snapshot = api.post(f"/v1/projects/{project}/scans", asked).body["snapshot"]
    assert (snapshot["targets"], snapshot["ports"], snapshot["protocols"]) == (["10.0.0.7"], "443", ["tcp"])
    assert snapshot["misses_to_close"] == 1


def test_a_protocol_that_the_network_has_not_is_refused(api: Api, network: str, scans: str) -> None:
    refused = api.post(scans, {"network": network, "protocols": ["udp"]})
    assert (refused.slug, refused.body["field"]) == ("out-of-scope", "protocols")
