"""What is asked of DynamoDB and S3 is counted as they tell it."""

from functions.store.conditions import EXISTS
from functions.store.tally import Tally
from functions.store.writes import Put, Range
from tests.backend import Backend


def test_reads_and_writes_are_counted_in_thousandths_of_units(backend: Backend) -> None:
    tally = Tally()
    tally.watch(backend.table.client)
    tally.watch(backend.table.client)
    backend.table.put({"pk": "A", "sk": "1"})
    assert tally.take() == {"write_milliunits": 1000}, "watched twice is counted once"

    backend.table.find("A", "1")
    list(backend.table.all(Range("A")))
    counted = tally.take()
    assert set(counted) == {"read_milliunits"}
    assert counted["read_milliunits"] > 0
    assert tally.take() == {}


def test_a_transaction_is_counted(backend: Backend) -> None:
    tally = Tally()
    tally.watch(backend.table.client)
    backend.table.transact((Put({"pk": "A", "sk": "1"}), Put({"pk": "A", "sk": "2"})))
    backend.table.update("A", "1", {"x": 1}, EXISTS)
    assert tally.take()["write_milliunits"] >= 2000


def test_objects_that_are_put_and_read_are_counted(backend: Backend) -> None:
    tally, client = Tally(), backend.results.client
    tally.watch(client)
    client.put_object(Bucket=backend.results.bucket, Key="x", Body=b"x")
    client.get_object(Bucket=backend.results.bucket, Key="x")
    client.delete_object(Bucket=backend.results.bucket, Key="x")
    assert tally.take() == {"s3_puts": 1, "s3_gets": 1}
