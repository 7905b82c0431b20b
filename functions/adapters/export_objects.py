"""Exported documents in the results bucket: written part by part, read by a link that is good for minutes."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from functions.core.export import CONTENT_TYPES, Export

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART = 8 * 2**20
"""Bytes that are held before they are sent; S3 takes 5 MiB at least and 10,000 parts."""
LINK_SECONDS = 900


class ExportObjects:
    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def write(self, export: Export, texts: Iterable[str]) -> int:
        """Nothing is there before all of it is; returns its bytes. What `texts` raises ends it without an object."""
        upload = self._begin(export)
        try:
            parts: list[CompletedPartTypeDef] = []
            size = 0
            for number, part in enumerate(_parts(texts), 1):
                tag = self._client.upload_part(
                    Bucket=self._bucket, Key=export.key, UploadId=upload, PartNumber=number, Body=part
                )["ETag"]
                parts.append({"PartNumber": number, "ETag": tag})
                size += len(part)
            self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=export.key, UploadId=upload, MultipartUpload={"Parts": parts}
            )
        except BaseException:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=export.key, UploadId=upload)
            raise
        return size

    def link(self, export: Export) -> str:
        """Whoever has it may read this one document until the link or the caller's own credentials expire."""
        where = {"Bucket": self._bucket, "Key": export.key}
        return self._client.generate_presigned_url("get_object", Params=where, ExpiresIn=LINK_SECONDS)

    def _begin(self, export: Export) -> str:
        return self._client.create_multipart_upload(
            Bucket=self._bucket,
            Key=export.key,
            ContentType=CONTENT_TYPES[export.format],
            ContentDisposition=f'attachment; filename="{export.file_name}"',
        )["UploadId"]


def _parts(texts: Iterable[str]) -> Iterator[bytes]:
    """At least one, which may be empty."""
    held = bytearray()
    sent = False
    for text in texts:
        held += text.encode()
        if len(held) >= PART:
            yield bytes(held)
            sent = True
            held.clear()
    if held or not sent:
        yield bytes(held)
