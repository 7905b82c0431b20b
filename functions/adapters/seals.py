"""The seals of the audit log in a bucket of their own: each is written once."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from functions.adapters.results import named_errors
from functions.core.errors import AlreadyExists, Corrupt
from functions.core.model import Model, Time
from functions.core.seal import read_trailer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LINK_LIFE = timedelta(minutes=15)
_ROOT = "seals/"
_LEVELS = 3
"""Year, month and day above the hour."""
_TRAILER = 256
_THERE = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


class SealFile(Model):
    """Who has the `url` may read this seal until `expires`, and nothing else."""

    hour: Time
    size: int
    url: str
    expires: Time


class Seals:
    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, hour: datetime, path: Path) -> None:
        """Raises AlreadyExists: a seal is never written over."""
        key = _key(hour)
        try:
            with path.open("rb") as file, named_errors(key):
                self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=file, ContentType="application/jsonl", IfNoneMatch="*"
                )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _THERE:
                raise AlreadyExists(f"{key} was sealed already") from None
            raise

    def newest(self) -> datetime | None:
        """The last hour that is sealed; None where none is."""
        prefix = _ROOT
        for _ in range(_LEVELS):
            with named_errors(prefix):
                page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, Delimiter="/")
            below = [each["Prefix"] for each in page.get("CommonPrefixes", ())]
            if not below:
                return None
            prefix = max(below)
        with named_errors(prefix):
            page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix)
        return max(_hour(each["Key"]) for each in page["Contents"])

    def head(self, hour: datetime) -> str:
        """What the next seal goes on from. Raises NotFound, Corrupt."""
        key = _key(hour)
        with named_errors(key):
            tail = self._client.get_object(Bucket=self._bucket, Key=key, Range=f"bytes=-{_TRAILER}")["Body"].read()
        try:
            return read_trailer(tail).head
        except ValueError:
            raise Corrupt(f"{key} has no trailer") from None

    def list(self, *, after: datetime | None, limit: int, now: datetime) -> tuple[SealFile, ...]:
        """The first so many seals of hours later than `after`, oldest first."""
        start = _key(after) if after else _ROOT
        with named_errors(_ROOT):
            page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=_ROOT, MaxKeys=limit, StartAfter=start)
        found: Iterable[tuple[str, int]] = ((each["Key"], each["Size"]) for each in page.get("Contents", ()))
        return tuple(
            SealFile(hour=_hour(key), size=size, url=self._link(key), expires=now + LINK_LIFE) for key, size in found
        )

    def _link(self, key: str) -> str:
        where = {"Bucket": self._bucket, "Key": key}
        return self._client.generate_presigned_url("get_object", where, int(LINK_LIFE.total_seconds()))


def _key(hour: datetime) -> str:
    return f"{_ROOT}{hour.astimezone(UTC):%Y/%m/%d/%H}.jsonl"


def _hour(key: str) -> datetime:
    """Raises Corrupt for what no sealer of ours wrote."""
    try:
        return datetime.strptime(key, f"{_ROOT}%Y/%m/%d/%H.jsonl").replace(tzinfo=UTC)
    except ValueError:
        raise Corrupt(f"{key} is no seal") from None
