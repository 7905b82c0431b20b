"""The results bucket: documents written as streams and read back with doubt."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from functions.adapters import results as results_module
from functions.adapters.results import Results
from functions.core.coverage import Answer
from functions.core.errors import Corrupt, NotFound
from functions.core.messages import AddressRange, ChunkSpec, CoverageLine, ResultHeader, ResultTrailer
from functions.core.model import Protocol
from functions.core.profile import PROFILES
from scanner_image.result import write
from tests.store.examples import AT, NETWORK, PROJECT, SCAN
from tests.usecases.inventory import Line, opened, told

RANGE = AddressRange(first="10.0.0.0", last="10.0.0.255")
HEADER = ResultHeader(
    project=PROJECT, scan=SCAN, chunk="00000", attempt=1, started=AT, mode="raw", tools={"nmap": "7.93"}
)
LINES: tuple[Line, ...] = (opened("10.0.0.1", 22, 1), told("10.0.0.1", "22", Answer.OPEN, 1))


@pytest.fixture(scope="module")
def bucket() -> Iterator[Results]:
    with mock_aws():
        client = boto3.Session("test", "test", region_name="us-east-1").client("s3")
        client.create_bucket(Bucket="bucket")
        yield Results(client, "bucket")


@pytest.fixture
def document(tmp_path: Path) -> bytes:
    """A whole result, unpacked."""
    path = tmp_path / "result.jsonl.gz"
    write(path, header=HEADER, lines=LINES, outcome="complete", reason="", commands=(), ended=AT)
    return gzip.decompress(path.read_bytes())


def stored(bucket: Results, packed: bytes, tmp_path: Path) -> str:
    path = tmp_path / "stored"
    path.write_bytes(packed)
    return bucket.put_result(path, project=PROJECT, scan=SCAN, chunk="00000", attempt=1)


def test_a_result_is_read_as_it_was_written(bucket: Results, document: bytes, tmp_path: Path) -> None:
    key = stored(bucket, gzip.compress(document), tmp_path)
    assert key == f"results/{PROJECT}/{SCAN}/00000/1/result.jsonl.gz"
    header, *lines, trailer = bucket.open_result(key)
    assert header == HEADER
    assert tuple(lines) == LINES
    assert isinstance(trailer, ResultTrailer)
    assert trailer.coverage == 1


@pytest.mark.parametrize("cut", [5, 60, 150])
def test_a_document_that_was_cut_off_is_partial(bucket: Results, document: bytes, tmp_path: Path, cut: int) -> None:
    whole = list(bucket.open_result(stored(bucket, gzip.compress(document), tmp_path)))
    found = list(bucket.open_result(stored(bucket, gzip.compress(document)[:-cut], tmp_path)))
    assert found == whole[: len(found)]
    assert cut == 5 or not any(isinstance(line, ResultTrailer) for line in found)


def test_an_empty_document_is_partial_too(bucket: Results, tmp_path: Path) -> None:
    assert list(bucket.open_result(stored(bucket, b"", tmp_path))) == []


@pytest.mark.parametrize(
    "mangle",
    [
        lambda text: text.replace(b"10.0.0.1", b"10.0.0.9", 1),
        lambda text: text + text.splitlines(keepends=True)[1],
        lambda text: b"not json\n" + text,
        lambda text: text.replace(b'"kind":"coverage"', b'"kind":"unheard"'),
        lambda text: text[:40] + b"\xff\xfe" + text[40:],
    ],
)
def test_a_document_that_was_changed_is_corrupt(
    bucket: Results, document: bytes, tmp_path: Path, mangle: object
) -> None:
    assert callable(mangle)
    key = stored(bucket, gzip.compress(mangle(document)), tmp_path)
    with pytest.raises(Corrupt):
        list(bucket.open_result(key))


def test_what_is_not_gzip_is_corrupt(bucket: Results, document: bytes, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(document))
    packed[-6] ^= 0xFF
    for body in (document, bytes(packed)):
        with pytest.raises(Corrupt):
            list(bucket.open_result(stored(bucket, body, tmp_path)))


@pytest.mark.parametrize("limit", ["MAX_LINE", "MAX_DOCUMENT"])
def test_a_document_that_unpacks_to_too_much_is_corrupt(
    bucket: Results, document: bytes, tmp_path: Path, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_module, limit, 100)
    with pytest.raises(Corrupt):
        list(bucket.open_result(stored(bucket, gzip.compress(document), tmp_path)))


def test_a_spec_is_read_by_its_chunk(bucket: Results) -> None:
    spec = ChunkSpec(
        project=PROJECT,
        network=NETWORK,
        scan=SCAN,
        chunk="00042",
        addresses=(RANGE,),
        protocol=Protocol.TCP,
        ports="22",
        profile=PROFILES["standard"],
        rate=100,
        deadline_s=300,
        lease_s=400,
    )
    assert bucket.put_spec(spec) == f"plans/{PROJECT}/{SCAN}/chunks/00042.json"
    assert bucket.get_spec(PROJECT, SCAN, "00042") == spec
    with pytest.raises(NotFound):
        bucket.get_spec(PROJECT, SCAN, "00043")


def test_the_index_has_an_item_for_each_row(bucket: Results) -> None:
    key = bucket.put_index(project=PROJECT, scan=SCAN, run=2, rows=(("00000", "00002"), ("00001",)))
    assert key == f"plans/{PROJECT}/{SCAN}/index-2.json"
    items = json.loads(bucket.client.get_object(Bucket="bucket", Key=key)["Body"].read())
    row = {"project": PROJECT, "scan": SCAN, "run": 2}
    assert items == [{**row, "chunks": ["00000", "00002"]}, {**row, "chunks": ["00001"]}]


def test_raw_output_lies_beside_its_result(bucket: Results, tmp_path: Path) -> None:
    path = tmp_path / "nmap-1.xml.gz"
    path.write_bytes(b"raw")
    key = bucket.put_raw(path, project=PROJECT, scan=SCAN, chunk="00000", attempt=3, name=path.name)
    assert key == f"results/{PROJECT}/{SCAN}/00000/3/raw/nmap-1.xml.gz"
    assert bucket.client.get_object(Bucket="bucket", Key=key)["Body"].read() == b"raw"


def test_a_checkpoint_takes_the_place_of_the_one_before(bucket: Results) -> None:
    where = {"project": PROJECT, "scan": SCAN, "chunk": "00007"}
    with pytest.raises(NotFound):
        bucket.get_checkpoint(**where, most=10)

    bucket.put_checkpoint(b"one", **where)
    bucket.put_checkpoint(b"another one", **where)

    assert bucket.get_checkpoint(**where, most=7) == b"another"


def test_a_result_that_is_not_there_is_not_found(bucket: Results) -> None:
    with pytest.raises(NotFound):
        list(bucket.open_result("results/none"))


def test_coverage_lines_travel_whole() -> None:
    line = told("10.0.0.0 10.0.0.255", "1-1000", Answer.NOT_OPEN, 1)
    assert CoverageLine.model_validate_json(line.model_dump_json()) == line
