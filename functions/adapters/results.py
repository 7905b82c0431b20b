"""The results bucket: plans, chunk specs, and result documents written and read as streams."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from botocore import exceptions as botocore_errors
from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from functions.core.errors import Corrupt, NotFound, Unavailable
from functions.core.messages import ChunkSpec, ResultLine, ResultTrailer
from functions.core.outline import Outline

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_LINE = 4 * 2**20
MAX_DOCUMENT = 2**30
"""Bytes of one result, unpacked: the worker that wrote it has parsed what hostile hosts said."""
_LINE: TypeAdapter[ResultLine] = TypeAdapter(ResultLine)


class Results:
    def __init__(self, client: "S3Client", bucket: str) -> None:
        self.client = client
        self.bucket = bucket

    def put_index(self, *, project: str, scan: str, run: int, rows: Sequence[Sequence[str]]) -> str:
        """The items of the workflow's Map, each a row of chunks that one execution goes through; returns its key."""
        items = [{"project": project, "scan": scan, "run": run, "chunks": [*row]} for row in rows]
        key = f"plans/{project}/{scan}/index-{run}.json"
        self._put(key, json.dumps(items, separators=(",", ":")).encode(), "application/json")
        return key

    def put_spec(self, spec: ChunkSpec) -> str:
        key = _spec_key(spec.project, spec.scan, spec.chunk)
        self._put(key, spec.model_dump_json().encode(), "application/json")
        return key

    def put_outlines(self, project: str, scan: str, outlines: Iterable[Outline]) -> str:
        """Which chunk owns which cells, in one document beside the specs."""
        key = _outlines_key(project, scan)
        body = b"".join(each.model_dump_json().encode() + b"\n" for each in outlines)
        self._put(key, gzip.compress(body, mtime=0), "application/gzip")
        return key

    def get_outlines(self, project: str, scan: str) -> tuple[Outline, ...]:
        """Raises NotFound, Corrupt."""
        key = _outlines_key(project, scan)
        with self._open(key) as body:
            try:
                return tuple(Outline.model_validate_json(line) for line in gzip.decompress(body.read()).splitlines())
            except (ValueError, OSError, EOFError) as error:
                raise Corrupt(f"{key} is no list of chunks: {error}") from error

    def get_spec(self, project: str, scan: str, chunk: str) -> ChunkSpec:
        """Raises NotFound, Corrupt."""
        key = _spec_key(project, scan, chunk)
        with self._open(key) as body:
            try:
                return ChunkSpec.model_validate_json(body.read())
            except ValueError as error:
                raise Corrupt(f"{key} is no chunk spec: {error}") from error

    def put_result(self, path: Path, *, project: str, scan: str, chunk: str, attempt: int) -> str:
        """Stores a gzip of JSON Lines; returns its key, which carries the attempt: no other attempt writes there."""
        key = f"{_attempt_prefix(project, scan, chunk, attempt)}/result.jsonl.gz"
        self._put_file(key, path, "application/gzip")
        return key

    def put_raw(self, path: Path, *, project: str, scan: str, chunk: str, attempt: int, name: str) -> str:
        """Stores a tool's own output, gzipped by the caller; `name` as in `nmap-1.xml.gz`."""
        key = f"{_attempt_prefix(project, scan, chunk, attempt)}/raw/{name}"
        self._put_file(key, path, "application/gzip")
        return key

    def put_checkpoint(self, body: bytes, *, project: str, scan: str, chunk: str) -> str:
        """How far an attempt is, in the place of what it or an earlier one said before."""
        key = _checkpoint_key(project, scan, chunk)
        self._put(key, body, "application/gzip")
        return key

    def get_checkpoint(self, project: str, scan: str, chunk: str, *, most: int) -> bytes:
        """What the last `put_checkpoint` of the chunk left, cut off after `most` bytes. Raises NotFound, Unavailable."""
        key = _checkpoint_key(project, scan, chunk)
        try:
            with self._open(key) as body:
                return body.read(most)
        except ClientError as error:
            # S3 says so of what is not there to whom may not list the bucket.
            if error.response.get("Error", {}).get("Code") in {"AccessDenied", "403"}:
                raise NotFound(f"there is no object {key}, or it may not be read") from error
            raise

    def open_result(self, key: str) -> Iterator[ResultLine]:
        """The lines of a result, one by one. No trailer at the end means partial.

        Raises NotFound, and Corrupt as soon as a line is not one, or at the trailer where the digest does not fit: nothing
        that was read before is to be trusted then.
        """
        with self._open(key) as body:
            yield from _read_lines(body, key)

    def _put(self, key: str, body: bytes, content_type: str) -> None:
        with named_errors(key):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def _put_file(self, key: str, path: Path, content_type: str) -> None:
        with path.open("rb") as file, named_errors(key):
            self.client.put_object(Bucket=self.bucket, Key=key, Body=file, ContentType=content_type)

    @contextmanager
    def _open(self, key: str) -> Iterator[IO[bytes]]:
        with named_errors(key):
            body: Any = self.client.get_object(Bucket=self.bucket, Key=key)["Body"]
            try:
                yield body
            finally:
                body.close()


def _outlines_key(project: str, scan: str) -> str:
    return f"plans/{project}/{scan}/outlines.jsonl.gz"


def _spec_key(project: str, scan: str, chunk: str) -> str:
    return f"plans/{project}/{scan}/chunks/{chunk}.json"


def _checkpoint_key(project: str, scan: str, chunk: str) -> str:
    return f"checkpoints/{project}/{scan}/{chunk}.json.gz"


def _attempt_prefix(project: str, scan: str, chunk: str, attempt: int) -> str:
    return f"results/{project}/{scan}/{chunk}/{attempt}"


def _read_lines(body: IO[bytes], key: str) -> Iterator[ResultLine]:
    digest = hashlib.sha256()
    ended = False
    for text in _texts(body, key):
        if ended:
            raise Corrupt(f"{key} goes on after its trailer")
        line = _parse(text, key)
        if isinstance(line, ResultTrailer):
            ended = True
            if line.digest != digest.hexdigest():
                raise Corrupt(f"{key} is not what its digest says")
        digest.update(text)
        yield line


def _texts(body: IO[bytes], key: str) -> Iterator[bytes]:
    """Whole lines; what a writer that was cut off left of the last one is dropped."""
    size = 0
    with gzip.GzipFile(fileobj=body) as file:
        while True:
            try:
                text = file.readline(MAX_LINE)
            except EOFError:
                return
            except (gzip.BadGzipFile, zlib.error) as error:
                raise Corrupt(f"{key} is not gzip: {error}") from error
            size += len(text)
            if size > MAX_DOCUMENT or (len(text) == MAX_LINE and not text.endswith(b"\n")):
                raise Corrupt(f"{key} is larger than any result may be")
            if not text.endswith(b"\n"):
                return
            yield text


def _parse(text: bytes, key: str) -> ResultLine:
    try:
        return _LINE.validate_json(text)
    except ValueError as error:
        raise Corrupt(f"{key} has a line that is none: {error}") from error


@contextmanager
def named_errors(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        response: Mapping[str, Any] = error.response
        if response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
            raise NotFound(f"there is no object {key}") from error
        if response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) in {429, *range(500, 600)}:
            raise Unavailable("the results bucket is too busy to answer") from error
        raise
    except (
        botocore_errors.ConnectionError,
        botocore_errors.HTTPClientError,
        botocore_errors.IncompleteReadError,
    ) as error:
        raise Unavailable("the results bucket did not answer") from error
