"""Where a stream consumer keeps a record that it could not handle, whole, to be sent again once the cause is mended."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class FailedRecords:
    """Keys are `failed/{consumer}/{date}/{event id}.json`: a record that fails again takes the same place on its day."""

    def __init__(self, client: "S3Client", bucket: str, consumer: str) -> None:
        self._client = client
        self._bucket = bucket
        self.consumer = consumer

    def keep(self, record: Mapping[str, Any], *, at: datetime) -> str:
        """Write the record as the stream gave it; its key."""
        body = json.dumps(record, default=str).encode()
        name = record.get("eventID") or hashlib.sha256(body).hexdigest()
        key = f"failed/{self.consumer}/{at:%Y-%m-%d}/{name}.json"
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")
        return key
