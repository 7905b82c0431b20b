"""What is wrong with a whole network is kept by version; what waits for a confirmation is found by its scan."""

import pytest

from functions.core.alert import AlertType
from functions.core.errors import StaleVersion
from functions.core.model import Protocol
from functions.core.scan import CellRef
from functions.store.table import Table
from functions.store.waiting import Waiting
from functions.store.watches import Watches
from tests.store.examples import AT, NETWORK, PROJECT, SCAN, identifier

FAILED = AlertType.SCAN_FAILED


def test_trouble_that_never_came_about_is_none(table: Table) -> None:
    found = Watches(table).get(PROJECT, NETWORK, FAILED)
    assert (found.since, found.episode, found.version) == (None, 0, 0)


def test_trouble_is_kept_by_version_and_by_kind(table: Table) -> None:
    watches = Watches(table)
    came = watches.get(PROJECT, NETWORK, FAILED).came(AT, "scan")
    watches.save(came)
    assert watches.get(PROJECT, NETWORK, FAILED) == came
    assert watches.get(PROJECT, NETWORK, AlertType.NOT_WATCHED).since is None
    with pytest.raises(StaleVersion):
        watches.save(came)
    watches.save(came.went())
    assert watches.get(PROJECT, NETWORK, FAILED).since is None


def test_waiting_cells_are_those_of_their_scan_each_once(table: Table) -> None:
    waiting = Waiting(table)
    cells = [CellRef(asset="10.0.0.1", protocol=Protocol.TCP, port=port) for port in (22, 80)]
    for cell in (*cells, cells[0]):
        waiting.add(PROJECT, SCAN, cell, now=AT)
    waiting.add(PROJECT, identifier("other scan"), cells[0], now=AT)
    assert list(waiting.of_scan(PROJECT, SCAN)) == cells
    assert list(waiting.of_scan(PROJECT, SCAN, limit=1)) == cells[:1]
