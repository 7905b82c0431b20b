"""Authorities and exclusions, through the door."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.adapters.aws_inventory import Found
from functions.adapters.resolver import Resolver
from tests.authorities import FakeInventory, FakeTxt
from tests.http_api.conftest import Answer, Api
from tests.platform_in_memory import START, Platform

UNTIL = (START + timedelta(days=30)).isoformat()
ATTESTED: dict[str, Any] = {
    "kind": "attestation",
    "ranges": ["10.0.0.0/8"],
    "authorized_by": "the owner",
    "statement": "all of it",
    "until": UNTIL,
}
DNS: dict[str, Any] = {"kind": "dns", "domains": ["Example.com"], "authorized_by": "the owner", "until": UNTIL}
AWS: dict[str, Any] = {
    "kind": "aws",
    "role": "arn:aws:iam::123456789012:role/vedette-reader",
    "regions": ["eu-central-1"],
    "authorized_by": "the owner",
    "until": UNTIL,
}


@pytest.fixture
def txt(platform: Platform) -> FakeTxt:
    made = FakeTxt()
    _prove_by(platform, txt=made)
    return made


@pytest.fixture
def inventory(platform: Platform) -> FakeInventory:
    made = FakeInventory(Found(("192.0.2.1", "192.0.2.2", "2001:db8::1"), ("lb.example.com",)))
    _prove_by(platform, inventory=made)
    return made


def _prove_by(platform: Platform, **adapters: Any) -> None:
    manage = platform.http.manage_authorities
    platform.http = replace(platform.http, manage_authorities=replace(manage, prove=replace(manage.prove, **adapters)))


@pytest.fixture
def path(api: Api) -> str:
    """Of a project that may scan nothing yet."""
    project = api.post("/v1/projects", {"name": "new"}).body["id"]
    return f"/v1/projects/{project}/authorities"


def test_an_attestation_counts_at_once_and_is_kept_with_who_recorded_it(api: Api, path: str) -> None:
    made = api.post(path, ATTESTED)
    assert made.status == 201
    assert made.body["status"] == "active"
    assert made.body["recorded_by"] == api.principal.id if api.principal else ""
    assert api.get(f"{path}/{made.body['id']}").body == made.body
    assert api.get(path).body["items"] == [made.body]
    assert api.get(f"{path}/{made.body['id']}/targets").body["targets"] == ["10.0.0.0-10.255.255.255"]


def test_asked_again_with_its_key_it_is_the_same_one(api: Api, path: str) -> None:
    first, second = (api.post(path, ATTESTED, key="once").body for _ in range(2))
    assert first == second
    assert len(api.get(path).body["items"]) == 1


def test_a_wrong_draft_names_its_field(api: Api, path: str) -> None:
    refused = api.post(path, ATTESTED | {"ranges": ["10.0.0.0/8", "127.0.0.0/8"]})
    assert (refused.slug, refused.body["field"]) == ("out-of-scope", "ranges")
    assert api.get(path).body["items"] == []


def test_a_domain_counts_once_its_record_is_there_and_no_more_when_it_is_gone(
    api: Api, path: str, txt: FakeTxt
) -> None:
    made = api.post(path, DNS).body
    one = f"{path}/{made['id']}"
    assert (made["status"], made["domains"]) == ("pending", ["example.com"])
    refused = api.post(f"{one}/verify")
    assert (refused.status, refused.slug) == (409, "unproven")
    assert "_vedette-challenge.example.com" in refused.body["detail"]
    txt.records["_vedette-challenge.example.com"] = frozenset({"something else", made["challenge"]})
    assert api.post(f"{one}/verify").body["status"] == "active"
    txt.records.clear()
    assert api.post(f"{one}/verify").slug == "unproven"
    lost = api.get(one).body
    assert (lost["status"], "TXT record" in lost["why"]) == ("pending", True)


def test_an_account_counts_once_its_role_was_used_and_offers_what_it_holds(
    api: Api, path: str, inventory: FakeInventory
) -> None:
    made = api.post(path, AWS).body
    one = f"{path}/{made['id']}"
    assert (made["status"], made["addresses"]) == ("pending", [])
    proved = api.post(f"{one}/verify").body
    assert (proved["status"], inventory.asked["external_id"]) == ("active", made["external_id"])
    assert api.get(f"{one}/targets").body["targets"] == ["192.0.2.1-192.0.2.2", "2001:db8::1", "lb.example.com"]
    inventory.found = Found(("192.0.2.2",), ())
    api.post(f"{one}/verify")
    assert api.get(f"{one}/targets").body["targets"] == ["192.0.2.2"]
    inventory.found = None
    assert api.post(f"{one}/verify").slug == "unproven"
    assert api.get(one).body["status"] == "pending"


def test_one_whose_time_is_over_has_ended_and_is_not_verified_again(
    api: Api, path: str, platform: Platform, txt: FakeTxt
) -> None:
    made = api.post(path, DNS).body
    platform.clock.advance(days=31)
    assert api.get(path).body["items"][0]["status"] == "ended"
    assert api.post(f"{path}/{made['id']}/verify").slug == "conflict"


def test_revoking_says_who_and_why_and_stays(api: Api, path: str, txt: FakeTxt) -> None:
    made = api.post(path, DNS).body
    one = f"{path}/{made['id']}"
    revoked = api.post(f"{one}/revoke", {"why": "sold"}).body
    assert (revoked["status"], revoked["why"]) == ("revoked", "sold")
    assert api.post(f"{one}/revoke", {"why": "again"}).body == revoked
    assert api.post(f"{one}/verify").slug == "conflict"


def a_network(api: Api, path: str, *targets: str, **fields: Any) -> str:
    networks = path.replace("/authorities", "/networks")
    made = api.post(networks, {"name": targets[0], "targets": targets, "ports": "22", **fields})
    assert made.status == 201, made.body
    return str(made.body["id"])


def start(api: Api, path: str, network: str) -> Answer:
    return api.post(path.replace("/authorities", "/scans"), {"network": network})


def test_nothing_is_scanned_without_an_authority_and_the_refusal_says_how_to_record_one(api: Api, path: str) -> None:
    network = a_network(api, path, "10.0.0.0/24", "www.example.com")
    networks = path.replace("/authorities", "/networks")
    for refused in (start(api, path, network), api.get(f"{networks}/{network}/preview")):
        assert (refused.status, refused.slug, refused.body["field"]) == (400, "out-of-scope", "targets")
        assert "vedette authorities add --range 10.0.0.0-10.0.0.255 --domain www.example.com" in refused.body["detail"]
    api.post(path, ATTESTED | {"domains": ["example.com"]})
    assert api.get(f"{networks}/{network}/preview").body["addresses"] == 256
    assert start(api, path, network).status == 201


def test_what_is_excluded_needs_no_authority(api: Api, path: str) -> None:
    api.post(path, ATTESTED | {"ranges": ["10.0.0.0/25"]})
    network = a_network(api, path, "10.0.0.0/24", exclusions=["10.0.0.128/25"])
    assert start(api, path, network).status == 201


def test_a_schedule_is_refused_to_who_asks_for_it_where_no_authority_covers_its_targets(api: Api, path: str) -> None:
    networks = path.replace("/authorities", "/networks")
    daily = {"expression": "rate(1 day)", "timezone": "UTC"}
    draft = {"name": "x", "targets": ["10.0.0.0/24"], "ports": "22", "schedule": daily}
    assert api.post(networks, draft).slug == "out-of-scope"
    off = api.post(networks, draft | {"schedule": daily | {"enabled": False}}).body
    switch = f"{networks}/{off['id']}/schedule"
    assert api.patch(switch, {"enabled": True}, version=1).slug == "out-of-scope"
    api.post(path, ATTESTED)
    assert api.patch(switch, {"enabled": True}, version=1).status == 200


def test_a_scan_keeps_what_it_leans_on_and_a_later_one_needs_it_again(api: Api, path: str, platform: Platform) -> None:
    made = api.post(path, ATTESTED).body
    network = a_network(api, path, "10.0.0.0/24")
    scan = start(api, path, network).body
    assert scan["snapshot"]["authorities"] == [{"id": made["id"], "until": made["until"]}]
    platform.clock.advance(days=31)
    other = a_network(api, path, "10.0.1.0/24")
    assert start(api, path, other).slug == "out-of-scope"


def test_revoking_stops_the_live_scans_that_lean_on_it_and_no_other(api: Api, path: str, platform: Platform) -> None:
    project = path.split("/")[3]
    gone, _kept = (api.post(path, ATTESTED | {"ranges": [each]}).body for each in ("10.0.0.0/16", "10.1.0.0/16"))
    leaning, other = (
        start(api, path, a_network(api, path, each)).body["id"] for each in ("10.0.0.0/24", "10.1.0.0/24")
    )
    api.post(f"{path}/{gone['id']}/revoke", {"why": "sold"})
    assert platform.http.ledger.stop_requested(project, leaning, run=1) == "authority"
    assert platform.http.ledger.stop_requested(project, other, run=1) == ""
    stopped = platform.http.scans.get(project, leaning)
    assert (stopped.stop, "sold" in stopped.stop_why) == ("authority", True)


def test_evidence_that_is_gone_stops_the_scans_that_lean_on_it(
    api: Api, path: str, platform: Platform, txt: FakeTxt
) -> None:
    made = api.post(path, DNS).body
    txt.records["_vedette-challenge.example.com"] = frozenset({made["challenge"]})
    api.post(f"{path}/{made['id']}/verify")
    scan = start(api, path, a_network(api, path, "www.example.com")).body["id"]
    txt.records.clear()
    assert api.post(f"{path}/{made['id']}/verify").slug == "unproven"
    assert platform.http.ledger.stop_requested(path.split("/")[3], scan, run=1) == "authority"


def test_what_nobody_may_scan_is_left_out_of_a_scan_and_refused_alone(api: Api, path: str) -> None:
    api.post(path, ATTESTED)
    api.post("/v1/exclusions", {"targets": ["10.0.0.128/25"], "reason": "fragile"})
    scan = start(api, path, a_network(api, path, "10.0.0.0/24")).body
    assert scan["snapshot"]["exclusions"] == ["10.0.0.128/25"]
    refused = start(api, path, a_network(api, path, "10.0.0.200"))
    assert (refused.slug, "excluded" in refused.body["detail"]) == ("out-of-scope", True)


def test_where_the_exclusions_cannot_be_read_nothing_is_scanned(api: Api, path: str, platform: Platform) -> None:
    api.post(path, ATTESTED)
    network = a_network(api, path, "10.0.0.0/24")
    platform.table.put({"pk": "XCL", "sk": "broken"})
    assert start(api, path, network).status == 500


def test_another_projects_authority_is_not_there(api: Api, path: str) -> None:
    made = api.post(path, ATTESTED).body
    other = api.post("/v1/projects", {"name": "other"}).body["id"]
    for each in ("", "/targets"):
        assert api.get(f"/v1/projects/{other}/authorities/{made['id']}{each}").slug == "not-found"
    assert api.post(f"/v1/projects/{other}/authorities/{made['id']}/revoke", {"why": "x"}).slug == "not-found"


def test_an_exclusion_is_part_of_every_live_scan_at_once(
    api: Api, project: str, network: str, platform: Platform
) -> None:
    manage = platform.http.manage_exclusions
    resolver = Resolver(lambda name: ("10.0.0.7",) if name == "db.example.com" else ())
    platform.http = replace(platform.http, manage_exclusions=replace(manage, resolver=resolver))
    scan = api.post(f"/v1/projects/{project}/scans", {"network": network}).body["id"]
    made = api.post("/v1/exclusions", {"targets": ["10.0.0.9", "db.example.com"], "reason": "fragile"})
    assert made.status == 201
    assert api.get("/v1/exclusions").body["items"] == [made.body]
    assert platform.http.ledger.exclusions(project, scan) == ("10.0.0.9", "db.example.com", "10.0.0.7")
    platform.http.ledger.narrow(project, scan, ("10.0.0.1",))
    assert set(platform.http.ledger.exclusions(project, scan)) >= {"10.0.0.1", "10.0.0.9"}
    one = f"/v1/exclusions/{made.body['id']}"
    assert api.delete(one).slug == "precondition-required"
    assert api.delete(one, version=1).status == 204
    assert api.get(one).slug == "not-found"
    assert "10.0.0.9" in platform.http.ledger.exclusions(project, scan)


def test_an_exclusion_that_nothing_can_keep_is_refused(api: Api, platform: Platform) -> None:
    manage = platform.http.manage_exclusions
    platform.http = replace(platform.http, manage_exclusions=replace(manage, resolver=Resolver(lambda _: ())))
    refused = api.post("/v1/exclusions", {"targets": ["gone.example.com"], "reason": "fragile"})
    assert (refused.slug, refused.body["field"]) == ("invalid-input", "targets")
    assert api.post("/v1/exclusions", {"targets": ["10.0.0.0/33"], "reason": "x"}).slug == "invalid-input"
    assert api.get("/v1/exclusions").body["items"] == []
