"""Networks, through the door."""

from dataclasses import replace
from math import ceil
from typing import Any

import pytest

from functions.adapters.resolver import Resolver
from functions.store.ledger import Ledger
from tests.http_api.conftest import DRAFT, Api
from tests.platform_in_memory import Platform

DAILY = {"expression": "cron(0 6 * * ? *)", "timezone": "Europe/Berlin"}


def test_a_created_network_can_be_read_listed_and_edited(api: Api, project: str) -> None:
    networks = f"/v1/projects/{project}/networks"
    made = api.post(networks, DRAFT)
    assert made.status == 201
    assert made.version == 1
    one = f"{networks}/{made.body['id']}"
    assert api.get(one).body == made.body
    assert api.get(networks).body["items"] == [made.body]

    edited = api.put(one, DRAFT | {"ports": "all"}, version=1)
    assert (edited.status, edited.version, edited.body["ports"]) == (200, 2, "all")
    assert api.get(one).body == edited.body


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"targets": ["10.0.0.0/33"]}, "targets.0"),
        ({"protocols": ["tcp", "tcp"]}, "protocols"),
        ({"targets": []}, "targets"),
        ({"targets": ["010.0.0.1"]}, "targets.0"),
        ({"targets": ["::ffff:127.0.0.1"]}, "targets.0"),
        ({"targets": ["169.254.169.254"]}, "targets.0"),
        ({"targets": ["127.0.0.1"]}, "targets.0"),
        ({"targets": ["-oN/etc/passwd"]}, "targets.0"),
        ({"exclusions": ["10.0.0.300"]}, "exclusions.0"),
        ({"exclusions": ["10.0.0.0/24"]}, "targets"),
        ({"ports": "22-"}, "ports"),
        ({"ports": "--script=x"}, "ports"),
        ({"profile": "reckless"}, "profile"),
        ({"scripts": {"categories": ["vuln"]}}, "scripts.categories.0"),
        ({"scripts": {"names": ["smb-brute"]}}, "scripts.names"),
        ({"scripts": {"names": ["banner"], "arguments": {"banner.timeout": 99}}}, "scripts.arguments"),
        ({"scripts": {"names": ["banner"]}, "profile": "discovery"}, "scripts"),
        ({"host_discovery": {"by": ["ping"]}}, "host_discovery.by.0"),
        ({"host_discovery": {"by": ["icmp", "icmp"]}}, "host_discovery.by"),
        ({"host_discovery": {"by": ["tcp"], "tcp_ports": []}}, "host_discovery.tcp_ports"),
        ({"os_detection": "yes"}, "os_detection"),
        ({"os_detection": True, "profile": "discovery"}, "os_detection"),
        ({"os_detection": True, "profile": "connect"}, "os_detection"),
        ({"os_detection": True, "protocols": ["udp"]}, "os_detection"),
        ({"rate": 0}, "rate"),
        ({"deadline_minutes": 0}, "deadline_minutes"),
        ({"protocols": ["icmp"]}, "protocols.0"),
        ({"schedule": {"expression": "cron(0 6 * * * *)"}}, "schedule.expression"),
        ({"schedule": {"expression": "rate(1 day)", "timezone": "Mars/Olympus"}}, "schedule.timezone"),
        ({"alerts": {"severities": [{"ports": "22-", "severity": "low"}]}}, "alerts.severities.0.ports"),
        ({"alerts": {"severities": [{"severity": "urgent"}]}}, "alerts.severities.0.severity"),
        ({"alerts": {"confirm": ["NEW_HOST"]}}, "alerts.confirm"),
        ({"alerts": {"silent": ["NEW_HOST", "NEW_HOST"]}}, "alerts.silent"),
        ({"tags": ["two words"]}, "tags.0"),
        ({"flags": "--open"}, "flags"),
        ({"name": ""}, "name"),
    ],
)
def test_bad_input_is_refused_with_the_field_at_fault(
    api: Api, project: str, change: dict[str, Any], field: str
) -> None:
    refused = api.post(f"/v1/projects/{project}/networks", DRAFT | change)
    assert refused.status == 400
    assert refused.slug in {"invalid-input", "out-of-scope"}
    assert refused.body["field"] == field
    assert api.get(f"/v1/projects/{project}/networks").body["items"] == []


def test_an_edit_needs_the_version_that_it_edits(api: Api, project: str, network: str) -> None:
    one = f"/v1/projects/{project}/networks/{network}"
    assert api.put(one, DRAFT).slug == "precondition-required"
    assert api.patch(f"{one}/schedule", {"enabled": True}).slug == "precondition-required"
    assert api.delete(one).slug == "precondition-required"
    assert api.call("PUT", one, DRAFT, headers={"If-Match": "*"}).body["field"] == "If-Match"


def test_an_edit_of_an_older_version_is_refused_with_the_current_network(api: Api, project: str, network: str) -> None:
    one = f"/v1/projects/{project}/networks/{network}"
    api.put(one, DRAFT | {"name": "first"}, version=1)
    late = api.put(one, DRAFT | {"name": "second"}, version=1)
    assert (late.status, late.slug) == (412, "stale-version")
    assert late.body["current"]["name"] == "first"
    assert api.delete(one, version=1).slug == "stale-version"


def test_the_same_edit_again_is_done_already(api: Api, project: str, network: str) -> None:
    one = f"/v1/projects/{project}/networks/{network}"
    first = api.put(one, DRAFT | {"name": "new"}, version=1)
    assert api.put(one, DRAFT | {"name": "new"}, version=1).body == first.body


def test_a_network_of_another_project_is_not_there(api: Api, network: str) -> None:
    other = api.post("/v1/projects", {"name": "other"}).body["id"]
    assert api.get(f"/v1/projects/{other}/networks/{network}").slug == "not-found"
    assert api.put(f"/v1/projects/{other}/networks/{network}", DRAFT, version=1).slug == "not-found"
    assert api.delete(f"/v1/projects/{other}/networks/{network}", version=1).slug == "not-found"


def test_a_network_in_a_project_that_is_not_there_is_refused(api: Api) -> None:
    assert api.post("/v1/projects/01KAJ0000000000000000000N0/networks", DRAFT).slug == "not-found"


def test_a_schedule_follows_its_network(api: Api, platform: Platform, project: str) -> None:
    schedules = platform.scheduler.schedules
    made = api.post(f"/v1/projects/{project}/networks", DRAFT | {"schedule": DAILY}).body
    one = f"/v1/projects/{project}/networks/{made['id']}"
    kept = schedules[made["id"]].schedule
    assert kept is not None
    assert (kept.expression, kept.timezone, kept.enabled) == (*DAILY.values(), True)

    assert api.patch(f"{one}/schedule", {"enabled": False}, version=1).body["schedule"]["enabled"] is False
    switched = schedules[made["id"]].schedule
    assert switched is not None
    assert not switched.enabled

    assert api.put(one, DRAFT, version=2).status == 200
    assert schedules == {}


def test_a_network_without_a_schedule_has_none_to_switch(api: Api, project: str, network: str) -> None:
    refused = api.patch(f"/v1/projects/{project}/networks/{network}/schedule", {"enabled": True}, version=1)
    assert (refused.slug, refused.body["field"]) == ("invalid-input", "schedule")


def test_a_creation_that_lost_its_schedule_is_mended_by_its_repeat(api: Api, platform: Platform, project: str) -> None:
    networks = f"/v1/projects/{project}/networks"
    platform.scheduler.down = True
    assert api.post(networks, DRAFT | {"schedule": DAILY}, key="once").slug == "unavailable"
    platform.scheduler.down = False
    mended = api.post(networks, DRAFT | {"schedule": DAILY}, key="once")
    assert mended.status == 201
    assert list(platform.scheduler.schedules) == [mended.body["id"]]
    assert [each["id"] for each in api.get(networks).body["items"]] == [mended.body["id"]]


def test_an_edit_that_lost_its_schedule_is_mended_by_its_repeat(
    api: Api, platform: Platform, project: str, network: str
) -> None:
    one = f"/v1/projects/{project}/networks/{network}"
    platform.scheduler.down = True
    assert api.put(one, DRAFT | {"schedule": DAILY}, version=1).slug == "unavailable"
    platform.scheduler.down = False
    assert api.put(one, DRAFT | {"schedule": DAILY}, version=1).version == 2
    assert list(platform.scheduler.schedules) == [network]


def test_a_deleted_network_takes_its_schedule_with_it(api: Api, platform: Platform, project: str) -> None:
    made = api.post(f"/v1/projects/{project}/networks", DRAFT | {"schedule": DAILY}).body
    one = f"/v1/projects/{project}/networks/{made['id']}"
    deleted = api.delete(one, version=1)
    assert (deleted.status, deleted.body) == (204, "")
    assert platform.scheduler.schedules == {}
    assert api.get(one).slug == "not-found"


def test_a_network_with_a_live_scan_stays(api: Api, project: str, network: str) -> None:
    scan = api.post(f"/v1/projects/{project}/scans", {"network": network}).body["id"]
    refused = api.delete(f"/v1/projects/{project}/networks/{network}", version=1)
    assert (refused.status, refused.slug) == (409, "scan-in-progress")
    assert refused.body["current"] == {"scan": scan}


def test_an_exclusion_made_while_a_scan_is_live_reaches_its_workers(
    api: Api, platform: Platform, project: str, network: str
) -> None:
    scan = api.post(f"/v1/projects/{project}/scans", {"network": network}).body["id"]
    edited = api.put(f"/v1/projects/{project}/networks/{network}", DRAFT | {"exclusions": ["10.0.0.9"]}, version=1)
    assert edited.status == 200
    assert Ledger(platform.table).exclusions(project, scan) == ("10.0.0.9",)


def test_an_excluded_name_reaches_them_with_its_addresses_and_one_without_any_is_refused(
    api: Api, platform: Platform, project: str, network: str
) -> None:
    resolver = Resolver(lambda name: ("10.0.0.5",) if name == "db.example.com" else ())
    manage = replace(platform.http.manage_networks, resolver=resolver)
    platform.http = replace(platform.http, manage_networks=manage)
    one = f"/v1/projects/{project}/networks/{network}"
    scan = api.post(f"/v1/projects/{project}/scans", {"network": network}).body["id"]
    refused = api.patch(one, {"exclusions": ["gone.example.com"]}, version=1)
    assert (refused.status, refused.slug, refused.body["field"]) == (400, "invalid-input", "exclusions")
    assert api.patch(one, {"exclusions": ["db.example.com"]}, version=1).status == 200
    assert Ledger(platform.table).exclusions(project, scan) == ("db.example.com", "10.0.0.5")


def test_a_preview_counts_and_keeps_nothing(api: Api, project: str) -> None:
    draft = DRAFT | {"exclusions": ["10.0.0.0/25"]}
    counted = api.post(f"/v1/projects/{project}/networks/preview", draft)
    assert counted.status == 200
    assert (counted.body["addresses"], counted.body["cells"]) == (128, 384)
    assert counted.body["chunks"] >= 1
    assert api.get(f"/v1/projects/{project}/networks").body["items"] == []


def test_a_preview_of_a_network_counts_it(api: Api, project: str, network: str) -> None:
    assert api.get(f"/v1/projects/{project}/networks/{network}/preview").body["cells"] == 768


def test_a_preview_tells_what_a_scan_will_cost(api: Api, project: str, network: str) -> None:
    told = api.get(f"/v1/projects/{project}/networks/{network}/preview").body
    assert told["estimate"]["chunks"] == told["chunks"]
    assert told["estimate"]["usd"]["expected"] == told["estimate"]["bill"]["total"] > 0


def test_an_estimate_is_for_the_region_and_architecture_that_are_asked_for(
    api: Api, project: str, network: str
) -> None:
    path = f"/v1/projects/{project}/networks/{network}/estimate"
    own = api.get(path)
    assert (own.status, own.body["region"], own.body["architecture"]) == (200, "us-east-1", "x86_64")
    arm = api.get(path, region="us-west-2", architecture="arm64").body
    assert (arm["region"], arm["architecture"]) == ("us-west-2", "arm64")
    assert arm["usd"]["expected"] < own.body["usd"]["expected"]
    assert (arm["minutes"], arm["chunks"]) == (own.body["minutes"], own.body["chunks"])


def test_an_estimate_knows_no_prices_of_other_regions(api: Api, project: str, network: str) -> None:
    path = f"/v1/projects/{project}/networks/{network}/estimate"
    refused = api.get(path, region="mars-east-1")
    assert (refused.status, refused.slug, refused.body["field"]) == (400, "invalid-input", "region")
    assert "us-east-1, us-east-2, us-west-2" in refused.body["detail"]
    assert api.get(path, architecture="z80").status == 400


def test_a_deadline_is_kept_by_the_estimate_or_refused_with_the_shortest_possible(
    api: Api, project: str, network: str
) -> None:
    networks = f"/v1/projects/{project}/networks"
    free = api.get(f"{networks}/{network}/estimate").body
    enough = ceil(free["shortest_minutes"])
    assert api.patch(f"{networks}/{network}", {"deadline_minutes": enough}, version=1).status == 200
    assert api.get(f"{networks}/{network}/estimate").body["minutes"]["expected"] <= enough

    draft = DRAFT | {"ports": "1-65535", "deadline_minutes": enough}
    refused = api.post(f"{networks}/preview", draft)
    assert (refused.status, refused.slug, refused.body["field"]) == (400, "invalid-input", "deadline_minutes")
    assert "minutes at least: give it so long, raise the rate" in refused.body["detail"]
    assert api.patch(f"{networks}/{network}", {"deadline_minutes": "none"}, version=2).body["deadline_minutes"] is None


def test_an_estimate_goes_by_what_the_project_shares(api: Api, project: str, network: str) -> None:
    path = f"/v1/projects/{project}/networks/{network}/estimate"
    before = api.get(path).body
    one = api.get(f"/v1/projects/{project}")
    assert api.put(f"/v1/projects/{project}/limits", {"rate": 50}, version=one.version).status == 200
    assert api.get(path).body["minutes"]["expected"] > 1.2 * before["minutes"]["expected"]


def test_some_of_its_settings_are_changed_and_the_rest_stays(api: Api, project: str, network: str) -> None:
    one = f"/v1/projects/{project}/networks/{network}"
    assert api.patch(one, {"tags": ["dmz"]}).slug == "precondition-required"
    tagged = api.patch(one, {"tags": ["dmz"], "alerts": {"baseline": "alert"}}, version=1)
    assert (tagged.status, tagged.version, tagged.body["tags"]) == (200, 2, ["dmz"])
    assert (tagged.body["name"], tagged.body["alerts"]["baseline"]) == ("office", "alert")
    assert api.patch(one, {"alerts": {"confirm": ["NEW_HOST"]}}, version=2).body["field"] == "alerts.confirm"
    assert api.patch(one, {"name": "late"}, version=1).slug == "stale-version"
    assert api.patch(one, {"targets": ["10.0.0.0/33"]}, version=2).body["field"] == "targets.0"
    assert api.patch(one, {"targets": []}, version=2).body["field"] == "targets"
    change = {"targets": ["10.1.0.0/24"], "exclusions": ["10.1.0.9"], "ports": "22", "rate": 20, "profile": "connect"}
    changed = api.patch(one, change, version=2).body
    assert {name: changed[name] for name in change} == change
    assert (changed["tags"], changed["alerts"]["baseline"]) == (["dmz"], "alert")


def test_a_schedule_is_changed_and_taken_away_by_itself(
    api: Api, platform: Platform, project: str, network: str
) -> None:
    one = f"/v1/projects/{project}/networks/{network}"
    assert api.patch(one, {"schedule": DAILY}, version=1).body["schedule"] == DAILY | {"enabled": True}
    assert list(platform.scheduler.schedules) == [network]
    bad = api.patch(one, {"schedule": {"expression": "daily"}}, version=2)
    assert bad.body["field"] == "schedule.expression"
    assert api.patch(one, {"name": "hq"}, version=2).body["schedule"]["timezone"] == DAILY["timezone"]
    assert api.patch(one, {"schedule": "none"}, version=3).body["schedule"] is None
    assert platform.scheduler.schedules == {}


def test_a_network_that_is_off_is_not_scanned(api: Api, project: str, network: str) -> None:
    one = f"/v1/projects/{project}/networks/{network}"
    assert api.patch(one, {"enabled": False}, version=1).body["enabled"] is False
    refused = api.post(f"/v1/projects/{project}/scans", {"network": network})
    assert (refused.status, refused.slug, refused.body["current"]["id"]) == (409, "conflict", network)
    assert api.patch(one, {"enabled": True}, version=2).status == 200
    assert api.post(f"/v1/projects/{project}/scans", {"network": network}).status in {201, 202}


def test_a_clone_is_like_its_original_with_its_schedule_off(api: Api, project: str) -> None:
    networks = f"/v1/projects/{project}/networks"
    made = api.post(networks, DRAFT | {"schedule": DAILY, "tags": ["dmz"], "rate": 77, "os_detection": True}).body
    clone = api.post(f"{networks}/{made['id']}/clone", {"name": "copy"}, key="once")
    assert clone.status == 201
    same = made.keys() - {"id", "name", "schedule", "created", "updated"}
    assert {name: clone.body[name] for name in same} == {name: made[name] for name in same}
    assert (clone.body["name"], clone.body["schedule"]["enabled"]) == ("copy", False)
    assert api.post(f"{networks}/{made['id']}/clone", {"name": "copy"}, key="once").body == clone.body
    elsewhere = api.post(f"{networks}/{made['id']}/clone", {"name": "other", "targets": ["10.1.0.0/24"]})
    assert elsewhere.body["targets"] == ["10.1.0.0/24"]
    refused = api.post(f"{networks}/{made['id']}/clone", {"name": "bad", "targets": ["10.0.0.0/33"]})
    assert refused.body["field"] == "targets.0"


def test_the_scripts_of_a_network_stand_in_its_scans(api: Api, project: str) -> None:
    scripts = {"categories": ["default"], "names": ["banner"], "arguments": {"http-title.url": "/login"}}
    networks = f"/v1/projects/{project}/networks"
    made = api.post(networks, DRAFT | {"scripts": scripts}).body
    assert made["scripts"] == scripts

    scan = api.post(f"/v1/projects/{project}/scans", {"network": made["id"], "profile": "connect"}).body

    assert scan["snapshot"]["profile"]["scripts"] == scripts


def test_the_host_discovery_of_a_network_stands_in_its_scans(api: Api, project: str) -> None:
    networks = f"/v1/projects/{project}/networks"
    made = api.post(networks, DRAFT | {"host_discovery": {"by": ["icmp", "tcp"]}}).body
    assert made["host_discovery"] == {"by": ["icmp", "tcp"], "tcp_ports": [22, 80, 443, 3389], "silent": "not_covered"}

    scan = api.post(f"/v1/projects/{project}/scans", {"network": made["id"]}).body

    assert scan["snapshot"]["profile"]["host_discovery"] == made["host_discovery"]


def test_no_network_asks_hosts_first_of_itself(api: Api, project: str, network: str) -> None:
    made = api.get(f"/v1/projects/{project}/networks/{network}").body
    assert made["host_discovery"]["by"] == []


def test_a_network_runs_no_scripts_of_itself(api: Api, project: str, network: str) -> None:
    made = api.get(f"/v1/projects/{project}/networks/{network}").body
    assert made["scripts"] == {"categories": [], "names": [], "arguments": {}}


@pytest.mark.parametrize(
    ("profile", "asked", "guessed"),
    [("standard", False, False), ("standard", True, True), ("thorough", False, True), ("thorough", True, True)],
)
def test_systems_are_guessed_where_the_network_or_its_profile_says_so(
    api: Api, project: str, profile: str, *, asked: bool, guessed: bool
) -> None:
    draft = DRAFT | {"profile": profile, "protocols": ["tcp", "udp"], "os_detection": asked}
    made = api.post(f"/v1/projects/{project}/networks", draft).body
    assert made["os_detection"] is asked

    scan = api.post(f"/v1/projects/{project}/scans", {"network": made["id"]}).body

    assert (scan["snapshot"]["profile"]["name"], scan["snapshot"]["profile"]["os_detection"]) == (profile, guessed)


def test_the_guess_of_systems_is_turned_on_and_off_by_itself(api: Api, project: str, network: str) -> None:
    one = f"/v1/projects/{project}/networks/{network}"
    assert api.get(one).body["os_detection"] is False
    assert api.patch(one, {"os_detection": True}, version=1).body["os_detection"] is True
    assert api.patch(one, {"name": "hq"}, version=2).body["os_detection"] is True
    assert api.patch(one, {"profile": "connect"}, version=3).body["field"] == "os_detection"
    assert api.patch(one, {"os_detection": False}, version=3).body["os_detection"] is False
    assert api.patch(one, {"profile": "connect"}, version=4).status == 200
