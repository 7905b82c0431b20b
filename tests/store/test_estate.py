"""Exposures and hosts over their buckets: filters, short pages, cursors."""

import ipaddress
from typing import Any

import pytest

from functions.core.errors import InvalidInput, NotFound, StaleVersion
from functions.core.exposure import Exposure, ExposureState
from functions.core.host import Host
from functions.core.messages import AddressRange, KnownExposure
from functions.core.model import Protocol
from functions.core.service import Service
from functions.store import estate
from functions.store.cursor import Page
from functions.store.exposures import Exposures
from functions.store.hosts import Hosts
from functions.store.table import Table
from tests.store.examples import NETWORK, OTHER_PROJECT, PROJECT, exposure, host, identifier

OTHER_NETWORK = identifier("other network")
ASSETS = ("10.0.0.1", "10.0.0.2", "10.0.1.1", "10.1.0.1", "fd00::1", "www.example", "www.example-two")


@pytest.fixture
def exposures(table: Table) -> Exposures:
    exposures = Exposures(table)
    for asset in ASSETS:
        exposures.save(exposure(asset, 22, service=Service(name="ssh")))
    exposures.save(exposure("10.0.0.1", 53, protocol=Protocol.UDP, state=ExposureState.CLOSED))
    return exposures


def assets(page: Page[Exposure] | Page[Host]) -> list[str]:
    return sorted({each.asset for each in page.items})


def test_an_exposure_is_read_by_its_cell(exposures: Exposures) -> None:
    assert exposures.get(PROJECT, NETWORK, "fd00::1", Protocol.TCP, 22) == exposure(
        "fd00::1", 22, service=Service(name="ssh")
    )
    with pytest.raises(NotFound):
        exposures.get(PROJECT, NETWORK, "fd00::1", Protocol.UDP, 22)
    with pytest.raises(NotFound):
        exposures.get(OTHER_PROJECT, NETWORK, "fd00::1", Protocol.TCP, 22)


def test_a_write_over_a_version_that_is_gone_carries_the_current_one(exposures: Exposures) -> None:
    second = exposure("10.0.0.1", 22, version=2, misses=1)
    exposures.save(second)
    with pytest.raises(StaleVersion) as refused:
        exposures.save(exposure("10.0.0.1", 22, version=2))
    assert refused.value.current == second.model_dump(mode="json")
    with pytest.raises(StaleVersion):
        exposures.save(exposure("10.0.0.1", 22))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, sorted(ASSETS)),
        ({"address": "10.0.0.1"}, ["10.0.0.1"]),
        ({"address": "www.example"}, ["www.example"]),
        ({"cidr": "10.0.0.0/24"}, ["10.0.0.1", "10.0.0.2"]),
        ({"cidr": "10.0.0.2/32"}, ["10.0.0.2"]),
        ({"cidr": "10.0.0.0/16"}, ["10.0.0.1", "10.0.0.2", "10.0.1.1"]),
        ({"cidr": "fd00::/8"}, ["fd00::1"]),
        ({"port": 53}, ["10.0.0.1"]),
        ({"protocol": "udp"}, ["10.0.0.1"]),
        ({"state": "closed"}, ["10.0.0.1"]),
        ({"service": "http"}, []),
        ({"service": "ssh", "cidr": "10.0.0.0/8", "state": "open"}, ["10.0.0.1", "10.0.0.2", "10.0.1.1", "10.1.0.1"]),
    ],
)
def test_a_list_is_filtered(exposures: Exposures, filters: dict[str, Any], found: list[str]) -> None:
    assert assets(exposures.list(PROJECT, NETWORK, **filters)) == found


@pytest.mark.parametrize("evaluated", [1, 3, 1000])
def test_pages_give_everything_once_however_short_they_are(
    exposures: Exposures, evaluated: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estate, "EVALUATED", evaluated)
    seen, cursor = [], ""
    for _ in range(40):
        page = exposures.list(PROJECT, NETWORK, protocol="tcp", limit=2, cursor=cursor)
        assert len(page.items) <= 2
        seen += [each.asset for each in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert sorted(seen) == sorted(ASSETS)


def test_a_cursor_belongs_to_its_tenant_and_its_query(exposures: Exposures) -> None:
    cursor = exposures.list(PROJECT, NETWORK, limit=1).next_cursor
    for project, state in ((OTHER_PROJECT, ""), (PROJECT, "open")):
        with pytest.raises(InvalidInput) as refused:
            exposures.list(project, NETWORK, cursor=cursor, state=state)
        assert refused.value.field == "cursor"
    for damaged in ("x", cursor[:-4], "AAAA", "!"):
        with pytest.raises(InvalidInput):
            exposures.list(PROJECT, NETWORK, cursor=damaged)


def test_what_is_no_network_is_refused(exposures: Exposures) -> None:
    with pytest.raises(InvalidInput) as refused:
        exposures.list(PROJECT, NETWORK, cidr="10.0.0.0/33")
    assert refused.value.field == "cidr"


@pytest.mark.parametrize("width", [8, 16, 24, 30])
def test_known_open_exposures_are_read_for_wide_and_narrow_ranges(exposures: Exposures, width: int) -> None:
    network = ipaddress.ip_network(f"10.0.0.0/{width}")
    ends = AddressRange(first=str(network[0]), last=str(network[-1]))
    found = exposures.open_in(PROJECT, NETWORK, (ends,), ("www.example",), Protocol.TCP)
    expected = [each for each in ASSETS[:4] if ipaddress.ip_address(each) in network] + ["www.example"]
    assert sorted(each.asset for each in found) == sorted(expected)
    assert list(exposures.open_in(PROJECT, NETWORK, (ends,), (), Protocol.UDP)) == []
    known = list(exposures.known_in(PROJECT, NETWORK, (ends,), ("www.example",), Protocol.TCP))
    cells = exposures.open_in(PROJECT, NETWORK, (ends,), ("www.example",), Protocol.TCP)
    assert known == [KnownExposure(asset=each.asset, protocol=each.protocol, port=each.port) for each in cells]
    assert list(exposures.known_in(PROJECT, NETWORK, (ends,), (), Protocol.UDP)) == []


def test_hosts_are_read_and_listed(table: Table) -> None:
    hosts = Hosts(table)
    for asset in ASSETS:
        hosts.save(host(asset))
    assert hosts.get(PROJECT, NETWORK, "10.0.0.1") == host("10.0.0.1")
    assert assets(hosts.list(PROJECT, NETWORK)) == sorted(ASSETS)
    assert assets(hosts.list(PROJECT, NETWORK, address="www.example")) == ["www.example"]
    assert [each.asset for each in hosts.of_block(PROJECT, NETWORK, "10.0.0.0", "10.0.0.1")] == ["10.0.0.1"]
    with pytest.raises(StaleVersion):
        hosts.save(host("10.0.0.1"))
    with pytest.raises(NotFound):
        hosts.get(PROJECT, NETWORK, "10.0.0.99")


def test_a_page_looks_at_no_more_than_it_hands_on_where_all_match(
    exposures: Exposures, monkeypatch: pytest.MonkeyPatch
) -> None:
    for port in range(1000, 1040):
        exposures.save(exposure("10.0.0.1", port, network=OTHER_NETWORK))
    asked: list[int] = []
    query = Table.query

    def counting(self: Table, span: Any, *, limit: int) -> Any:
        found = query(self, span, limit=limit)
        asked.append(len(found.items))
        return found

    monkeypatch.setattr(Table, "query", counting)
    assert len(exposures.list(PROJECT, OTHER_NETWORK, limit=10).items) == 10
    assert sum(asked) == 10, "and buckets that are empty make nobody look further"
