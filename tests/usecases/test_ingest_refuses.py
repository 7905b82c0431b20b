"""What ingest does not take in, of whole documents and of their lines."""

import gzip

import pytest

from functions.core.coverage import Answer
from functions.core.errors import Corrupt, IllegalTransition, NotFound
from functions.core.messages import ResultHeader
from functions.core.model import Protocol
from tests.store.examples import PROJECT, after
from tests.usecases.inventory import (
    Inventory,
    Storage,
    new_inventory,
    one_open,
    opened,
    told,
)


def test_a_document_cannot_speak_of_other_chunks_cells(inventory: Inventory) -> None:
    inventory.scanned(0, *one_open(1))
    before = inventory.known()
    lines = (
        told("10.0.0.0 10.0.1.255", "1-1000", Answer.REFUSED, 101),
        opened("10.0.0.9", 23, 101),
        opened("10.0.0.77", 5000, 101, protocol=Protocol.UDP),
        opened("evil.example", 22, 101, address="10.0.0.50"),
    )
    counts = inventory.scanned(100, *lines, assets="10.0.0.50", ports="22")
    assert counts.cells_covered == 1
    assert inventory.known() == before


def test_what_is_excluded_by_now_is_not_applied(kept: Storage) -> None:
    inventory = new_inventory(kept)
    of = inventory.begin()
    name = inventory.save(
        of, (told("10.0.0.1 10.0.0.2", "22", Answer.OPEN, 1), opened("10.0.0.1", 22, 1), opened("10.0.0.2", 22, 1))
    )
    network = inventory.networks.get(PROJECT, inventory.network)
    excluding = network.model_copy(update={"exclusions": ("10.0.0.1",)})
    inventory.networks.update(excluding, expected=network.version)
    assert inventory.take_in(of, name).baseline == 1
    assert [each.asset for each in inventory.known()] == ["10.0.0.2"]
    assert "refused" in inventory.ledger.get(PROJECT, of, name).reason


def test_loopback_is_taken_in_on_the_local_stage_alone(kept: Storage) -> None:
    for admitted in (False, True):
        inventory = new_inventory(kept, targets=("127.0.0.1",), admit_loopback=admitted)
        lines = (told("127.0.0.1", "22", Answer.OPEN, 1), opened("127.0.0.1", 22, 1))
        inventory.scanned(0, *lines, assets="127.0.0.1", ports="22")
        assert len(inventory.known()) == admitted


def test_nothing_is_taken_in_for_a_network_that_is_gone(inventory: Inventory) -> None:
    of = inventory.begin()
    name = inventory.save(of, one_open(1))
    inventory.networks.delete(PROJECT, inventory.network, expected=1)
    with pytest.raises(NotFound):
        inventory.take_in(of, name)


def test_a_chunk_without_a_saved_result_is_refused(inventory: Inventory) -> None:
    of = inventory.begin()
    name = inventory.save(of, ())
    saved = inventory.ledger.get(PROJECT, of, name)
    inventory.ledger.fail(saved, reason="given up")
    with pytest.raises(IllegalTransition):
        inventory.take_in(of, name)


def test_a_document_of_another_attempt_is_refused(inventory: Inventory) -> None:
    of = inventory.begin()
    header = ResultHeader(project=PROJECT, scan=of, chunk="00000", attempt=7, started=after(0), mode="raw", tools={})
    name = inventory.save(of, one_open(1), header=header)
    with pytest.raises(Corrupt):
        inventory.take_in(of, name)
    assert inventory.known() == ()


def test_a_document_without_a_trailer_is_taken_in_for_what_it_says(inventory: Inventory) -> None:
    of = inventory.begin()
    header = ResultHeader(project=PROJECT, scan=of, chunk="00000", attempt=1, started=after(0), mode="raw", tools={})
    lines = (header, opened("10.0.0.1", 22, 1), told("10.0.0.2", "22", Answer.NOT_OPEN, 1))
    text = "".join(f"{line.model_dump_json()}\n" for line in lines) + '{"kind": "covera'
    name = inventory.save(of, (), mangle=gzip.compress(text.encode())[:-9], outcome="partial")
    counts = inventory.take_in(of, name)
    assert (counts.baseline, counts.cells_covered) == (1, 2)
    assert [each.asset for each in inventory.known()] == ["10.0.0.1"]


def test_a_worker_cannot_date_its_evidence_into_the_future(inventory: Inventory) -> None:
    of = inventory.begin()
    name = inventory.save(of, one_open(10**7))
    inventory.take_in(of, name, now=after(60))
    assert inventory.exposure("10.0.0.1", 22).first_seen == after(60)
