"""A batch of changes becomes entries of the timeline."""

from functions.core.model import Protocol
from functions.store import keys
from functions.store.history import History
from functions.usecases.record_history import RecordHistory
from tests.backend import Backend
from tests.store.examples import exposure, host
from tests.usecases.streamed import a_record


def test_what_cannot_be_read_is_given_up_and_the_rest_is_recorded(backend: Backend) -> None:
    network = backend.network()
    own = {"project": network.project, "network": network.id}
    seen, up = exposure("10.0.0.1", 22, **own), host("10.0.0.1", **own)
    pk = keys.exposures(network.project, network.id, 1)
    torn = a_record(pk, 1, new=exposure("10.0.0.2", 22, **own), version="?")
    batch = [
        torn,
        a_record(pk, 2, new=seen),
        a_record(pk, 3, new=seen, old=seen),
        a_record(pk, 4, old=seen),
        a_record(keys.hosts(network.project, network.id, 1), 5, new=up),
        a_record(keys.scans(network.project), 6, new=seen),
    ]
    history = History(backend.table)
    assert [record for record, _ in RecordHistory(history=history)(batch)] == [torn]
    told = history.of_host(network.project, network.id, "10.0.0.1").items
    assert sorted(each.event for each in told) == sorted(["seen", seen.change.kind.value])
    assert history.of_exposure(network.project, network.id, "10.0.0.1", Protocol.TCP, 22).items[0].version == 1
