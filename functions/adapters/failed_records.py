"""Where a stream consumer keeps a record that it could not handle, whole, to be sent again once the cause is mended."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class FailedRecords:
    """Keys are `failed/{consumer}/{date}/{event id}.json`, of the record itself: one that fails again takes its old place."""

    def __init__(self, client: "S3Client", bucket: str, consumer: str) -> None:
        self._client = client
        self._bucket = bucket
        self.consumer = consumer

    def keep(self, record: Mapping[str, Any]) -> str:
        """Write the record as the stream gave it; its key."""
        body = json.dumps(record, default=str).encode()
        name = record.get("eventID") or hashlib.sha256(body).hexdigest()
        key = f"failed/{self.consumer}/{_date(record)}/{name}.json"
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")
        return key


def _date(record: Mapping[str, Any]) -> str:
    seconds = (record.get("dynamodb") or {}).get("ApproximateCreationDateTime", 0)
    return f"{datetime.fromtimestamp(float(seconds), UTC):%Y-%m-%d}"
