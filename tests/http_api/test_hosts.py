"""Hosts, their history, addresses across networks and the baseline that users accept, through the door."""

from datetime import timedelta
from typing import Any

import pytest

from functions.core.block import Block
from functions.core.coverage import Method
from functions.core.coverage_map import Segment, Stamp
from functions.core.exposure import Exposure
from functions.core.history import HistoryEntry
from functions.core.ids import new_id
from functions.core.intervals import IntervalSet
from functions.core.model import Protocol
from tests.http_api.conftest import DRAFT, Api
from tests.platform_in_memory import START, Platform
from tests.store.examples import exposure, host

ADDRESS = "10.0.0.7"


@pytest.fixture
def known(platform: Platform, project: str, network: str) -> str:
    """A network that knows one host with two ports; its path."""
    remember(platform, project, network)
    return f"/v1/projects/{project}/networks/{network}"


def remember(platform: Platform, project: str, network: str) -> None:
    where: Any = {"project": project, "network": network}
    platform.http.hosts.save(host(ADDRESS, **where, tags=("office",)))
    platform.http.hosts.save(host("fd00::7", **where, up=False))
    for open_port in (22, 80):
        platform.http.exposures.save(exposure(ADDRESS, open_port, **where, confirmed=False))
    told: tuple[tuple[int | None, str], ...] = ((None, "seen"), (22, "opened"), (22, "closed"), (80, "opened"))
    for number, (port, event) in enumerate(told):
        entry = HistoryEntry(
            **where,
            asset=ADDRESS,
            protocol=Protocol.TCP if port else None,
            port=port,
            version=number + 1,
            event=event,
            at=START + timedelta(minutes=number),
        )
        platform.http.inventory.history.record([entry])
    stamp = Stamp(START + timedelta(days=900), new_id(START), "00000", 1, Method.SYN)
    covered = Segment(IntervalSet(((0, 255),)), IntervalSet(((1, 9),)), START, stamp)
    platform.http.inventory.coverage.change(
        project, network, Block.of(ADDRESS), Protocol.UDP, lambda kept: kept.overlay([covered])
    )


def test_a_host_says_when_it_was_last_seen(api: Api, known: str) -> None:
    found = api.get(f"{known}/hosts/{ADDRESS}")
    assert (found.status, found.version, found.body["asset"]) == (200, 1, ADDRESS)
    assert found.body["last_seen"] == (START + timedelta(days=900)).isoformat().replace("+00:00", "Z")
    down = api.get(f"{known}/hosts/fd00%3A%3A7").body
    assert (down["asset"], down["last_seen"]) == ("fd00::7", down["last_changed"])
    assert api.get(f"{known}/hosts/10.0.0.99").slug == "not-found"
    assert api.get(f"{known}/hosts/10.0.0.300").body["field"] == "asset"


def test_users_name_and_tag_a_host_by_version(api: Api, platform: Platform, known: str) -> None:
    one = f"{known}/hosts/{ADDRESS}"
    assert api.patch(one, {"name": "printer"}).slug == "precondition-required"
    edited = api.patch(one, {"name": "printer", "comment": "3rd floor", "tags": ["office", "third"]}, version=1)
    assert (edited.status, edited.version, edited.body["name"]) == (200, 2, "printer")
    assert api.patch(one, {"comment": ""}, version=2).body["tags"] == ["office", "third"]
    kept = api.get(one).body
    assert (kept["edited"], bool(kept["edited_by"])) == (platform.clock().isoformat().replace("+00:00", "Z"), True)
    late = api.patch(one, {"name": "scanner"}, version=1)
    assert (late.slug, late.body["current"]["name"]) == ("stale-version", "printer")
    assert api.patch(one, {"tags": ["two words"]}, version=3).body["field"] == "tags.0"


def test_hosts_are_found_by_tag_block_and_reachability(api: Api, project: str, known: str) -> None:
    def assets(**query: Any) -> list[str]:
        return [each["asset"] for each in api.get(f"/v1/projects/{project}/hosts", **query).body["items"]]

    assert sorted(assets()) == [ADDRESS, "fd00::7"]
    assert assets(tag="office") == [ADDRESS]
    assert assets(up="false") == ["fd00::7"]
    assert assets(cidr="10.0.0.0/24") == [ADDRESS]
    assert assets(address="fd00::7") == ["fd00::7"]


def test_the_history_of_a_host_and_of_a_port_is_told_newest_first(api: Api, known: str) -> None:
    of_host = f"{known}/hosts/{ADDRESS}/history"
    first = api.get(of_host, limit=3).body
    rest = api.get(of_host, limit=3, cursor=first["next_cursor"]).body
    assert [(each["port"], each["event"]) for each in (*first["items"], *rest["items"])] == [
        (80, "opened"),
        (22, "closed"),
        (22, "opened"),
        (None, "seen"),
    ]
    of_port = api.get(of_host, port=22).body
    assert [each["event"] for each in of_port["items"]] == ["closed", "opened"]
    assert api.get(of_host, port=22, cursor=first["next_cursor"]).body["field"] == "cursor"


def test_history_is_of_a_network_that_is_or_was(api: Api, project: str, known: str) -> None:
    of_host = f"{known}/hosts/{ADDRESS}/history"
    assert api.get(f"{known}/hosts/10.0.0.99/history").body["items"] == []
    unknown = f"/v1/projects/{project}/networks/{new_id(START)}/hosts/{ADDRESS}/history"
    assert (api.get(unknown).slug, api.get(unknown, port=22).slug) == ("not-found", "not-found")
    assert api.delete(known, version=1).status == 204
    assert len(api.get(of_host).body["items"]) == 4
    assert api.get(f"{known}/hosts/10.0.0.99/history").slug == "not-found"


def test_an_address_is_told_across_the_networks_that_saw_it(
    api: Api, platform: Platform, project: str, known: str
) -> None:
    networks = f"/v1/projects/{project}/networks"
    api.post(networks, DRAFT | {"name": "never saw it"})
    second = api.post(networks, DRAFT | {"name": "second"}).body["id"]
    remember(platform, project, second)
    address = f"/v1/projects/{project}/addresses/{ADDRESS}"
    found = api.get(address).body
    both = sorted((known.rpartition("/")[2], second))
    assert [each["network"] for each in found["items"]] == both
    assert [len(each["exposures"]) for each in found["items"]] == [2, 2]
    told: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        page = api.get(f"{address}/history", cursor=cursor, port=22).body
        told += page["items"]
        cursor = page["next_cursor"]
    assert [(each["network"], each["event"]) for each in told] == [
        (network, event) for network in both for event in ("closed", "opened")
    ]


def test_what_is_open_is_taken_for_the_baseline_once(
    api: Api, platform: Platform, project: str, network: str, known: str
) -> None:
    def stored() -> list[Exposure]:
        return list(platform.http.exposures.list(project, network).items)

    first = api.post(f"{known}/baseline", {}).body
    assert (first["examined"], first["accepted"]) == (2, 2)
    accepted = stored()
    assert all(each.accepted_by for each in accepted)
    assert {(each.opening.baseline, each.confirmed, each.version) for each in accepted} == {(True, True, 2)}
    assert all(each.accepted == platform.clock() for each in accepted)
    assert api.post(f"{known}/baseline", {}).body["accepted"] == 0
    assert stored() == accepted
    assert api.post(f"/v1/projects/{project}/networks/{new_id(START)}/baseline", {}).slug == "not-found"


def test_hosts_that_are_there_and_new_are_taken_for_the_baseline_once(
    api: Api, platform: Platform, project: str, network: str
) -> None:
    where: Any = {"project": project, "network": network}
    hosts = platform.http.hosts
    kinds: dict[str, dict[str, Any]] = {
        "10.0.0.7": {},
        "10.0.0.8": {"baseline": False},
        "10.0.0.9": {"baseline": False, "up": False},
        "10.0.0.10": {"answers_everything": START - timedelta(hours=1)},
    }
    for asset, fields in kinds.items():
        hosts.save(host(asset, **where, **fields))

    def accept() -> int:
        accepted, cursor = 0, ""
        while cursor is not None:
            page = api.post(f"/v1/projects/{project}/networks/{network}/baseline", {"cursor": cursor}).body
            accepted, cursor = accepted + page["hosts"], page["next_cursor"]
        return accepted

    assert (accept(), accept()) == (2, 0)
    stored = {each.asset: each for each in hosts.list(project, network).items}
    assert [asset for asset, each in sorted(stored.items()) if each.accepted] == ["10.0.0.10", "10.0.0.8"]
    assert stored["10.0.0.8"].accepted_by


def test_a_service_that_changed_since_is_accepted_again(
    api: Api, platform: Platform, project: str, network: str, known: str
) -> None:
    api.post(f"{known}/baseline", {})
    (first, _) = platform.http.exposures.list(project, network).items
    assert first.accepted is not None
    changed = {"last_changed": first.accepted + timedelta(hours=1), "version": first.version + 1}
    platform.http.exposures.save(first.model_copy(update=changed))
    platform.clock.advance(hours=2)
    assert api.post(f"{known}/baseline", {}).body["accepted"] == 1
