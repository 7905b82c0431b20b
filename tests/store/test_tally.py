"""What is asked of DynamoDB and S3 is counted as they tell it."""

import io
import logging

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
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


def test_the_bytes_of_requests_are_counted_as_they_leave_this_machine() -> None:
    with mock_aws():
        client, tally = boto3.client("s3", region_name="us-east-1"), Tally()
        client.create_bucket(Bucket="bucket")
        tally.watch(client)
        client.put_object(Bucket="bucket", Key="x", Body=b"x" * 10_000)
        whole = tally.said()
        assert 10_000 < whole < 12_000
        client.put_object(Bucket="bucket", Key="x", Body=io.BytesIO(b"x" * 10_000))
        assert 10_000 < tally.said() - whole < 12_000, "of a stream too"
        before = tally.said()
        client.get_object(Bucket="bucket", Key="x")
    assert 0 < tally.said() - before < 2_000
    assert tally.take()["s3_puts"] == 2
    assert tally.said() > before, "of all of its time"


LENGTH = 5_000_000


@pytest.mark.parametrize(
    ("host", "expect", "answer", "told"),
    [
        ("s3.eu-west-1.amazonaws.com", {}, 200, "whole"),
        ("s3.eu-west-1.amazonaws.com", {}, 503, "whole"),
        ("s3.eu-west-1.amazonaws.com", {"Expect": "100-continue"}, 200, "whole"),
        ("s3.eu-west-1.amazonaws.com", {"Expect": "100-continue"}, 503, "head"),
        ("s3.eu-west-1.amazonaws.com", {}, None, "nothing"),
        ("127.0.0.1:4566", {}, 200, "nothing"),
        ("[::1]:4566", {}, 200, "nothing"),
    ],
    ids=["answered", "refused", "asked for", "refused before its body", "given up", "on this machine", "by IPv6"],
)
def test_only_what_left_this_machine_counts_and_that_from_before_it_leaves(
    host: str, expect: dict[str, str], answer: int | None, told: str
) -> None:
    client, tally = boto3.client("s3", region_name="us-east-1"), Tally()
    tally.watch(client)
    headers = HTTPHeaders.from_dict({"Content-Length": str(LENGTH), **expect})
    request = AWSPreparedRequest("PUT", f"http://{host}/", headers, b"", False)
    client.meta.events.emit("before-send.s3.PutObject", request=request)
    assert (tally.said() > LENGTH) is host.endswith(".com"), "before it leaves"
    client.meta.events.emit(
        "response-received.s3.PutObject",
        response_dict={"status_code": answer} if answer else None,
        exception=None if answer else ConnectionError(),
    )
    assert {"whole": tally.said() > LENGTH, "head": 0 < tally.said() < 1000, "nothing": tally.said() == 0}[told]
