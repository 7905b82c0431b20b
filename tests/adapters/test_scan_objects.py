"""A scan's objects are linked and removed, and nobody else's."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from functions.adapters import scan_objects
from functions.adapters.scan_objects import ScanObjects
from functions.core.errors import Unavailable

NOW = datetime(2026, 11, 21, tzinfo=UTC)
BUCKET = "results"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket=BUCKET)
        yield client


def put(s3: Any, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")


def kept(s3: Any) -> set[str]:
    return {each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}


def test_only_raw_output_of_this_chunk_is_linked(s3: Any) -> None:
    put(
        s3,
        "results/P/S/00000/1/result.jsonl.gz",
        "results/P/S/00000/10/raw/b.xml.gz",
        "results/P/S/00000/2/raw/a.xml.gz",
        "results/P/S/00001/1/raw/a.xml.gz",
        "results/P/S/00000/x/raw/a.xml.gz",
        'results/P/S/00000/1/raw/a"; filename="b.exe',
        "results/Q/S/00000/1/raw/a.xml.gz",
    )
    found = ScanObjects(s3, BUCKET).raw("P", "S", "00000", now=NOW)
    assert [(file.attempt, file.name) for file in found] == [(2, "a.xml.gz"), (10, "b.xml.gz")]


def test_a_scan_is_removed_in_parts_and_no_other_with_it(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_objects, "_BATCH", 10)
    others = {
        "results/P/OTHER/00000/1/result.jsonl.gz",
        "plans/Q/S/index-1.json",
        "exports/P/S",
        "checkpoints/Q/S/00000.json.gz",
    }
    results = (f"results/P/S/{number:05}/1/result.jsonl.gz" for number in range(15))
    put(s3, *others, *results, "plans/P/S/index-1.json", "checkpoints/P/S/00000.json.gz")
    objects = ScanObjects(s3, BUCKET)
    assert not objects.remove("P", "S", most=1)
    assert len(kept(s3)) == 7 + len(others), "a listing's worth at a time"
    assert objects.remove("P", "S", most=100)
    assert kept(s3) == others
    assert objects.remove("P", "S", most=100), "nothing left is success"


class Refusing:
    """A bucket that keeps what it is told to delete."""

    def list_objects_v2(self, **_: object) -> dict[str, Any]:
        return {"Contents": [{"Key": "results/P/S/00000/1/result.jsonl.gz"}]}

    def delete_objects(self, **_: object) -> dict[str, Any]:
        return {"Errors": [{"Code": "InternalError"}]}


def test_an_object_that_the_bucket_keeps_is_an_error() -> None:
    with pytest.raises(Unavailable, match="kept 1 objects: InternalError"):
        ScanObjects(cast("Any", Refusing()), BUCKET).remove("P", "S", most=10)
