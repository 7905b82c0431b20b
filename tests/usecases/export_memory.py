"""An export of any number of rows in a process of its own, over stores that make what they are asked for: prints the most memory it took.

python -m tests.usecases.export_memory KIND FORMAT ROWS
"""

import json
import resource
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from functions.adapters.export_objects import ExportObjects
from functions.core.chunk import Chunk, ChunkStatus
from functions.core.coverage import Method
from functions.core.export import Export, ExportStatus
from functions.core.ids import new_id
from functions.core.messages import HostLine, ObservationLine
from functions.core.model import Protocol
from functions.core.service import Service
from functions.store import keys
from functions.store.attributes import Item, to_item
from functions.store.exports import Exports
from functions.store.exposures import Exposures
from functions.store.table import Slice, Table
from functions.store.writes import Range
from functions.usecases.export import WriteExport
from functions.usecases.scan_document import ScanDocument
from tests.store.examples import NETWORK, PROJECT, exposure, network, scan

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SERVICE = Service(name="http", product="nginx", version="1.22.1", extra="x" * 100, confidence=10)
HOSTS_OF_A_CHUNK, PORTS_OF_A_HOST = 250, 20


class EndlessTable(Table):
    """Holds one export; has as many exposures in each bucket as it is told, and makes them when they are read."""

    def __init__(self, rows: int) -> None:
        self.name = "endless"
        self._of_bucket = rows // keys.BUCKETS
        self._kept: dict[tuple[str, str], Item] = {}

    def find(self, pk: str, sk: str) -> Item | None:
        return self._kept.get((pk, sk))

    def put(self, item: Item, condition: object = None) -> None:
        self._kept[item["pk"], item["sk"]] = item

    def update(self, pk: str, sk: str, values: Mapping[str, Any], condition: object, **_: object) -> Item:
        self._kept[pk, sk] |= values
        return self._kept[pk, sk]

    def query(self, span: Range, *, limit: int) -> Slice:
        if span.pk.startswith("NET#"):
            one = network()
            return Slice([to_item(one, span.pk, one.id)], more=False)
        after = str(span.start["sk"]) if span.start else ""
        first = int(after.rpartition("#")[2]) + 1 if after else 0
        last = min(first + limit, self._of_bucket)
        made = (exposure("10.0.0.1", port % 65536, service=SERVICE) for port in range(first, last))
        return Slice(
            [to_item(each, span.pk, f"4:0#tcp#{first + n:09}") for n, each in enumerate(made)], last < self._of_bucket
        )


class EndlessScan:
    """The ledger and the results of a scan with as many open ports as it is told."""

    def __init__(self, rows: int) -> None:
        self._chunks = rows // (HOSTS_OF_A_CHUNK * PORTS_OF_A_HOST)

    def list(self, project: str, of_scan: str) -> Iterator[Chunk]:
        for number in range(self._chunks):
            yield Chunk(
                project=project,
                scan=of_scan,
                chunk=f"{number:05}",
                cells=1,
                status=ChunkStatus.SAVED,
                result_key=str(number),
            )

    def open_result(self, key: str) -> Iterator[HostLine | ObservationLine]:
        for number in reversed(range(HOSTS_OF_A_CHUNK)):
            address = f"10.{int(key) >> 8}.{int(key) & 255}.{number + 1}"
            yield HostLine(asset=address, address=address, up=True, at=NOW)
            for port in range(PORTS_OF_A_HOST):
                yield ObservationLine(
                    asset=address, address=address, protocol=Protocol.TCP, port=port, how=Method.SYN, service=SERVICE, at=NOW
                )  # fmt: skip


class Sink:
    """S3 that keeps nothing."""

    def __init__(self) -> None:
        self.parts: list[int] = []

    def create_multipart_upload(self, **_: object) -> dict[str, str]:
        return {"UploadId": "one"}

    def upload_part(self, *, Body: bytes, **_: object) -> dict[str, str]:  # noqa: N803 - the service's own name
        self.parts.append(len(Body))
        return {"ETag": "tag"}

    def complete_multipart_upload(self, **_: object) -> None: ...


def main(kind: str, form: str, rows: int) -> None:
    endless: Any = EndlessScan(rows)
    sink: Any = Sink()
    nothing: Any = None
    table = EndlessTable(rows)
    chosen = scan()
    export = Export.model_validate(
        {
            "id": new_id(NOW), "project": PROJECT, "kind": kind, "format": form, "created": NOW, "created_by": "x",
            "filters": {"scan": chosen.id} if kind == "scan_xml" else {"network": NETWORK}, "until": NOW + timedelta(days=1),
        }
    )  # fmt: skip
    Exports(table).create(export)
    one_scan: Any = SimpleNamespace(get=lambda *_: chosen)
    write = WriteExport(
        exports=Exports(table), networks=nothing, exposures=Exposures(table), hosts=nothing, alerts=nothing, scans=one_scan,
        document=ScanDocument(ledger=endless, results=endless), objects=ExportObjects(sink, "bucket"), now=lambda: NOW, limit_s=1,
    )  # fmt: skip
    done = write(project=PROJECT, export=export.id)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    assert done.status is ExportStatus.DONE, done.reason
    sys.stdout.write(
        json.dumps({"rows": done.rows, "bytes": done.size, "parts": len(sink.parts), "peak_mib": peak}) + "\n"
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
