"""What the bucket holds of one scan: links to its tools' raw output, and its removal."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from functions.adapters.results import named_errors
from functions.core.errors import Unavailable
from functions.core.model import Model, Time

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef, ObjectTypeDef

LINK_LIFE = timedelta(minutes=5)
_BATCH = 1000
"""The most that S3 lists or deletes at once."""
_FILES = 200
"""Linked at most; an attempt saves a few."""
_RAW = re.compile(r"([0-9]{1,6})/raw/([A-Za-z0-9][A-Za-z0-9._-]{0,99})")
"""What a worker of ours names a file: another name under its prefix, which only a captured one can write, is not linked."""


class RawFile(Model):
    """One tool's own output, gzipped. Who has the `url` may read it until `expires`, and nothing else."""

    attempt: int
    name: str
    size: int
    sha256: str = ""
    """As its worker wrote it; empty for what an attempt before the last one saved."""
    url: str
    expires: Time


class ScanObjects:
    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def raw(self, project: str, scan: str, chunk: str, *, now: datetime) -> tuple[RawFile, ...]:
        """What every attempt of the chunk saved, oldest first; empty where nothing was, or is kept no longer."""
        prefix = f"results/{project}/{scan}/{chunk}/"
        return tuple(
            sorted(
                islice((file for each in self._list(prefix) for file in self._raw_file(prefix, each, now)), _FILES),
                key=lambda file: (file.attempt, file.name),
            )
        )

    def remove(self, project: str, scan: str, *, most: int) -> bool:
        """Results, raw output, checkpoints and plan, at most about `most` objects at once; whether nothing is left. Raises Unavailable."""
        removed = 0
        for family in ("results", "checkpoints", "plans"):
            prefix = f"{family}/{project}/{scan}/"
            while keys := self._some(prefix):
                self._delete(keys)
                removed += len(keys)
                if removed >= most:
                    return False
        return True

    def _raw_file(self, prefix: str, found: "ObjectTypeDef", now: datetime) -> Iterator[RawFile]:
        if told := _RAW.fullmatch(found["Key"].removeprefix(prefix)):
            attempt, name = told.groups()
            where = {
                "Bucket": self._bucket,
                "Key": found["Key"],
                "ResponseContentDisposition": f'attachment; filename="{name}"',
            }
            url = self._client.generate_presigned_url("get_object", where, int(LINK_LIFE.total_seconds()))
            yield RawFile(attempt=int(attempt), name=name, size=found["Size"], url=url, expires=now + LINK_LIFE)

    def _list(self, prefix: str) -> Iterator["ObjectTypeDef"]:
        """A chunk has a few attempts with a few files each."""
        with named_errors(prefix):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
                yield from page.get("Contents", ())

    def _some(self, prefix: str) -> list[str]:
        with named_errors(prefix):
            page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, MaxKeys=_BATCH)
        return [each["Key"] for each in page.get("Contents", ())]

    def _delete(self, keys: list[str]) -> None:
        with named_errors(keys[0]):
            objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in keys]
            answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
        if refused := answer.get("Errors"):
            raise Unavailable(f"the bucket kept {len(refused)} objects: {refused[0].get('Code')}")
