"""Exported documents in the bucket."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from moto import mock_aws

from functions.adapters import export_objects
from functions.adapters.export_objects import ExportObjects
from functions.core.export import Export
from tests.store.examples import AT, PROJECT, identifier

EXPORT = Export.model_validate(
    {"id": identifier("export"), "project": PROJECT, "created": AT, "created_by": "x", "until": AT, "kind": "hosts", "format": "csv"}
)  # fmt: skip


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket="results")
        yield client


@pytest.mark.parametrize("text", ["", "one\n", "é" * 3_000_000])
def test_a_document_is_written_whole_in_parts(s3: Any, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_objects, "PART", 5 * 2**20)
    pieces = (text[at : at + 1000] for at in range(0, len(text), 1000))
    assert ExportObjects(s3, "results").write(EXPORT, pieces) == len(text.encode())
    found = s3.get_object(Bucket="results", Key=EXPORT.key)
    assert found["Body"].read().decode() == text
    assert found["ContentType"] == "text/csv; charset=utf-8"
    assert found["ContentDisposition"] == f'attachment; filename="hosts-{EXPORT.id}.csv"'


def test_what_breaks_off_leaves_nothing(s3: Any) -> None:
    def broken() -> Iterator[str]:
        yield "x" * (9 * 2**20)
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        ExportObjects(s3, "results").write(EXPORT, broken())
    assert "Contents" not in s3.list_objects_v2(Bucket="results")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="results")


def test_a_link_names_one_object_and_ends(s3: Any) -> None:
    link = urlsplit(ExportObjects(s3, "results").link(EXPORT))
    assert link.path.endswith(EXPORT.key)
    assert "Expires" in link.query
