"""Counting beside a consumer's own step."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from functions.core.errors import Corrupt, Unavailable
from functions.core.model import Model
from functions.store import keys
from functions.store.attributes import encode_item, to_item
from functions.store.counters import Counters
from functions.store.stream import StreamRecord, read_record
from functions.usecases.count_changes import CountChanges, then_count
from tests.backend import Backend
from tests.store.examples import AT, exposure, host

BUCKET_PK = "EXP#{project}#{network}#00"


def a_record(
    pk: str, sequence: int, *, new: Model | None = None, old: Model | None = None, **damage: Any
) -> StreamRecord:
    images = {
        name: encode_item(to_item(model, pk, "x") | damage)
        for name, model in (("NewImage", new), ("OldImage", old))
        if model is not None
    }
    stamp = {"ApproximateCreationDateTime": AT.timestamp(), "SequenceNumber": str(sequence)}
    keyed = {"Keys": encode_item({"pk": pk, "sk": "x"})}
    return read_record({"eventID": f"{pk} {sequence}", "dynamodb": {**keyed, **stamp, **images}})


@pytest.fixture
def counters(backend: Backend) -> Counters:
    return Counters(backend.table)


def count(counters: Counters, *records: StreamRecord) -> list[StreamRecord]:
    return [record for record, _ in CountChanges(counters=counters)(records)]


def test_exposures_hosts_and_alerts_of_a_batch_are_counted(backend: Backend, counters: Counters) -> None:
    network = backend.network()
    own = {"project": network.project, "network": network.id}
    seen, up = exposure("10.0.0.1", 22, **own), host("10.0.0.1", **own)
    batch = [
        a_record(keys.exposures(network.project, network.id, 1), 1, new=seen),
        a_record(keys.hosts(network.project, network.id, 1), 2, new=up),
        a_record(keys.scans(network.project), 3, new=seen),
    ]
    assert count(counters, *batch) == []
    assert count(counters, *batch) == []
    assert counters.total(network.project, network.id) == {"open": 1, "opened": 1, "hosts": 1}
    assert counters.total(network.project) == {"open": 1, "opened": 1, "hosts": 1}


def test_a_record_that_cannot_be_read_is_given_up_and_the_others_are_counted(
    backend: Backend, counters: Counters
) -> None:
    seen = exposure("10.0.0.1", 22, project=backend.project)
    pk = keys.exposures(seen.project, seen.network, 1)
    bad = a_record(pk, 1, new=seen, state="ajar")
    assert count(counters, bad, a_record(pk, 2, new=seen)) == [bad]
    assert counters.total(seen.project) == {"open": 1, "opened": 1}


def test_what_is_damaged_but_not_counted_does_not_keep_a_record_from_being_counted(
    backend: Backend, counters: Counters
) -> None:
    seen = exposure("10.0.0.1", 22, project=backend.project)
    record = a_record(keys.exposures(seen.project, seen.network, 1), 1, new=seen, port="none", more="than known")
    assert count(counters, record) == []
    assert counters.total(seen.project)["open"] == 1


def test_a_network_that_is_deleted_leaves_the_counters_of_its_project(backend: Backend, counters: Counters) -> None:
    network = backend.network()
    seen = exposure("10.0.0.1", 22, project=network.project, network=network.id)
    count(counters, a_record(keys.exposures(network.project, network.id, 1), 1, new=seen))
    deleted = a_record(keys.networks(network.project), 2, old=network)
    for _ in range(2):
        count(counters, deleted)
    assert counters.total(network.project) == {"opened": 1}
    assert counters.window(network.project, "", AT.date()).days[AT.date()] == {"opened": 1}


def test_the_consumers_own_step_comes_first_and_a_record_is_given_up_once() -> None:
    seen = exposure("10.0.0.1", 22)
    first, second = (a_record("EXP#x", number, new=seen) for number in (1, 2))
    order: list[str] = []

    def step(records: Sequence[StreamRecord]) -> Iterator[tuple[StreamRecord, Exception]]:
        order.append("step")
        yield first, Corrupt("of the step")

    def counting(records: Sequence[StreamRecord]) -> Iterator[tuple[StreamRecord, Exception]]:
        order.append("count")
        yield from ((record, Corrupt("of the counting")) for record in records)

    given_up = [(record, str(error)) for record, error in then_count(step, counting)([first, second])]
    assert given_up == [(first, "of the step"), (second, "of the counting")]
    assert order == ["step", "count"]


def test_a_table_that_does_not_answer_brings_the_batch_again(
    backend: Backend, counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise Unavailable("busy")

    monkeypatch.setattr(counters.table, "transact", busy)
    seen = exposure("10.0.0.1", 22, project=backend.project)
    with pytest.raises(Unavailable):
        count(counters, a_record(keys.exposures(seen.project, seen.network, 1), 1, new=seen))
