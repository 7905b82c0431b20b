"""What is asked of DynamoDB and S3 is counted as they tell it."""

import io
import logging

import boto3
from moto import mock_aws

from functions.store.table import Table
from functions.store.tally import Tally
from functions.store.writes import Put, Range


def test_reads_and_writes_are_counted_in_thousandths_of_units(table: Table) -> None:
    tally = Tally()
    tally.watch(table.client)
    tally.watch(table.client)
    table.put({"pk": "A", "sk": "1"})
    assert tally.take() == {"write_milliunits": 1000}, "watched twice is counted once"

    table.find("A", "1")
    list(table.all(Range("A")))
    counted = tally.take()
    assert set(counted) == {"read_milliunits"}
    assert counted["read_milliunits"] > 0
    assert tally.take() == {}


def test_a_transaction_is_a_write(table: Table) -> None:
    tally = Tally()
    tally.watch(table.client)
    table.transact((Put({"pk": "A", "sk": "1"}), Put({"pk": "A", "sk": "2"})))
    assert set(tally.take()) <= {"write_milliunits"}


def test_objects_that_are_put_and_read_are_counted() -> None:
    with mock_aws():
        client, tally = boto3.client("s3", region_name="us-east-1"), Tally()
        client.create_bucket(Bucket="bucket")
        tally.watch(client)
        client.put_object(Bucket="bucket", Key="x", Body=b"x")
        client.get_object(Bucket="bucket", Key="x")
        client.delete_object(Bucket="bucket", Key="x")
    assert tally.take() == {"s3_puts": 1, "s3_gets": 1}


def test_what_is_logged_is_counted_in_bytes_and_written_as_before() -> None:
    written, logger = io.StringIO(), logging.getLogger("of a tally")
    handler = logging.StreamHandler(written)
    logger.addHandler(handler)
    earlier, tally = Tally(), Tally()
    earlier.listen(handler)
    tally.listen(handler, logging.NullHandler())
    logger.warning("größer")
    assert written.getvalue() == "größer\n"
    assert tally.take() == {"log_bytes": 9}
    assert earlier.take() == {}, "one counts"
