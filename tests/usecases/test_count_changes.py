"""Counting beside a consumer's own step."""

import pytest

from functions.core.errors import Unavailable
from functions.store import keys
from functions.store.counters import Counters
from functions.store.stream import StreamRecord
from functions.usecases.count_changes import CountChanges
from tests.backend import Backend
from tests.store.examples import AT, exposure, host
from tests.usecases.streamed import a_record

BUCKET_PK = "EXP#{project}#{network}#00"


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
    assert counters.total(network.project, network.id) == {"open": 1, "unnamed": 1, "opened": 1, "hosts": 1}
    assert counters.total(network.project) == {"open": 1, "unnamed": 1, "opened": 1, "hosts": 1}


def test_a_record_that_cannot_be_read_is_given_up_and_the_others_are_counted(
    backend: Backend, counters: Counters
) -> None:
    seen = exposure("10.0.0.1", 22, project=backend.project)
    pk = keys.exposures(seen.project, seen.network, 1)
    bad = a_record(pk, 1, new=seen, state="ajar")
    assert count(counters, bad, a_record(pk, 2, new=seen)) == [bad]
    assert counters.total(seen.project) == {"open": 1, "unnamed": 1, "opened": 1}


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


def test_a_table_that_does_not_answer_brings_the_batch_again(
    backend: Backend, counters: Counters, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise Unavailable("busy")

    monkeypatch.setattr(counters.table, "transact", busy)
    seen = exposure("10.0.0.1", 22, project=backend.project)
    with pytest.raises(Unavailable):
        count(counters, a_record(keys.exposures(seen.project, seen.network, 1), 1, new=seen))
