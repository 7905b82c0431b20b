"""Hosts as results tell of them: what changed, what is baseline, and which answer on everything."""

import pytest

from functions.core.coverage import Answer
from functions.core.exposure import ChangeKind, ExposureState
from functions.core.messages import CoverageLine, HostLine, ObservationLine
from functions.core.service import Service
from tests.store.examples import after
from tests.usecases.inventory import SSH, WHOLE, Inventory, Line, Storage, new_inventory, one_open, opened, told, up


def test_a_host_is_written_when_it_changes(inventory: Inventory) -> None:
    inventory.scanned(0, up("10.0.0.1", 1, mac="00:00:5e:00:53:01"), up("10.0.0.2", 1, up=False))
    (host,) = inventory.known_hosts()
    assert (host.asset, host.up, host.mac) == ("10.0.0.1", True, "00:00:5e:00:53:01")
    inventory.scanned(10, up("10.0.0.1", 11, names=("a.example",)))
    inventory.scanned(20, up("10.0.0.1", 21, up=False))
    (host,) = inventory.known_hosts()
    assert (host.up, host.names, host.mac, host.version) == (False, ("a.example",), "00:00:5e:00:53:01", 3)
    assert (host.first_seen, host.last_changed) == (after(1), after(21))


def everything(asset: str, at: float, *, services: int = 0) -> tuple[Line, ...]:
    """All of 1-100 is open; the first `services` of them say what they are."""
    silent = Service(name="unknown", confidence=3)
    return (
        up(asset, at),
        told(asset, "1-100", Answer.OPEN, at),
        *(opened(asset, port, at, service=SSH if port <= services else silent) for port in range(1, 101)),
    )


def test_a_host_that_answers_on_everything_is_flagged_and_its_ports_held(inventory: Inventory) -> None:
    inventory.scanned(0, told(WHOLE, "1-100", Answer.NOT_OPEN, 1), ports="1-100")
    inventory.scanned(100, *everything("10.0.0.1", 101), *everything("10.0.0.2", 101, services=5), ports="1-100")
    hosts = {host.asset: host.answers_everything for host in inventory.known_hosts()}
    assert hosts == {"10.0.0.1": after(101), "10.0.0.2": None}
    assert inventory.exposure("10.0.0.1", 22).held
    assert not inventory.exposure("10.0.0.2", 22).held

    inventory.scanned(200, *everything("10.0.0.1", 201), ports="1-100")
    assert inventory.table.puts == ["COV"], "flagged once"

    honest = (told("10.0.0.1", "1-21,23-100", Answer.REFUSED, 301), told("10.0.0.1", "22", Answer.OPEN, 301))
    inventory.scanned(300, *honest, opened("10.0.0.1", 22, 301), up("10.0.0.1", 301), ports="1-100")
    assert {host.answers_everything for host in inventory.known_hosts()} == {None}
    released = inventory.exposure("10.0.0.1", 22)
    assert (released.held, released.confirmed, released.change.kind) == (False, True, ChangeKind.CHANGED)
    assert inventory.exposure("10.0.0.1", 23).state is ExposureState.CLOSED


def test_older_evidence_does_not_flag_a_host(inventory: Inventory) -> None:
    of = inventory.begin(0)
    old = inventory.save(of, everything("10.0.0.1", 1), ports="1-100")
    inventory.scanned(1000, *one_open(1001), up("10.0.0.1", 1001))
    inventory.take_in(of, old)
    assert [host.answers_everything for host in inventory.known_hosts()] == [None]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_host_is_baseline_where_no_earlier_scan_covered_it(kept: Storage, order: tuple[int, int]) -> None:
    inventory = new_inventory(kept)
    inventory.scanned(0, told("10.0.0.0 10.0.0.99", "1-1000", Answer.HOST_DOWN, 1), assets="10.0.0.0 10.0.0.99")
    of = inventory.begin(100)
    for number, ports in enumerate(("1-500", "501-1000")):
        lines: list[CoverageLine | HostLine | ObservationLine] = [told(WHOLE, ports, Answer.NOT_OPEN, 101)]
        if number == 1:
            lines += [opened("10.0.0.5", 900, 101), opened("10.0.0.200", 900, 101)]
            lines += [up("10.0.0.5", 101), up("10.0.0.200", 101)]
        inventory.save(of, lines, number=number, ports=ports, claimed=100)
    for number in order:
        inventory.take_in(of, f"{number:05}")
    assert {host.asset: (host.baseline, host.scan) for host in inventory.known_hosts()} == {
        "10.0.0.5": (False, of),
        "10.0.0.200": (True, of),
    }
