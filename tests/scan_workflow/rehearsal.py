"""The workflow played step by step as its file orders them: the real handlers, and a worker that scans a made-up truth."""

import ipaddress
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from functions.adapters import clients
from functions.core.chunk import Chunk
from functions.core.coverage import Answer, Method
from functions.core.errors import IllegalTransition, Superseded
from functions.core.messages import AddressRange, ChunkSpec, CoverageLine, HostLine, ObservationLine, ResultHeader
from functions.core.ports import PortSet
from functions.core.scan import Scan
from functions.core.service import Service
from functions.scan_workflow import admit, finish, ingest, judge, plan, record_failure
from functions.wiring import scan_workflow as wiring
from functions.wiring.clock import utc_now
from scanner_image.result import write
from tests.backend import BUCKET, Backend
from tests.key_families import KeyFamilies, held_to_key_families

Cell = tuple[str, int]
Behaviour = Literal["scans", "dies", "never claims", "saves half", "is stopped", "saves rubbish"]
_COMPOSED = ("plan_scan", "admit_chunk", "judge_attempt", "ingest_chunk", "record_failure", "finish_scan", "tally_of")


class LambdaContext:
    function_name = "step"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:step"
    aws_request_id = "request"


@dataclass
class Worker:
    """Claims, writes a real document, saves: the ledger and the bucket see what a real worker would do."""

    backend: Backend
    scratch: Path
    truth: set[Cell] = field(default_factory=set)
    behaviours: dict[tuple[str, int], Behaviour] = field(default_factory=dict)
    """By chunk and number of the task; all others scan."""
    tasks: list[str] = field(default_factory=list)

    def __call__(self, item: dict[str, Any]) -> None:
        name = str(item["chunk"])
        self.tasks.append(name)
        behaviour = self.behaviours.get((name, self.tasks.count(name)), "scans")
        if behaviour == "never claims":
            return
        try:
            held = self.claim(item)
        except (IllegalTransition, Superseded):
            return
        if behaviour != "dies":
            self.save(held, behaviour)

    def claim(self, item: dict[str, Any]) -> Chunk:
        spec = self.spec(item)
        return self.backend.ledger.claim(
            item["project"], item["scan"], item["chunk"], run=item["run"], now=utc_now(), lease_s=spec.lease_s
        )

    def spec(self, item: dict[str, Any]) -> ChunkSpec:
        return self.backend.results.get_spec(item["project"], item["scan"], item["chunk"])

    def save(self, held: Chunk, behaviour: Behaviour = "scans") -> Chunk:
        spec = self.backend.results.get_spec(held.project, held.scan, held.chunk)
        path = self.scratch / f"{held.chunk}-{held.attempt}.gz"
        half = behaviour in {"saves half", "is stopped"}
        outcome: Literal["complete", "partial", "stopped"] = "partial" if half else "complete"
        outcome = "stopped" if behaviour == "is stopped" else outcome
        at = utc_now()
        write(
            path,
            header=ResultHeader(
                project=held.project,
                scan=held.scan,
                chunk=held.chunk,
                attempt=held.attempt,
                started=at,
                mode="raw",
                tools={"masscan": "1.3.2"},
            ),
            lines=self._lines(spec, half=half),
            outcome=outcome,
            reason="masscan was killed" if half else "",
            commands=(),
            ended=at,
        )
        if behaviour == "saves rubbish":
            path.write_bytes(b"no document at all")
        key = self.backend.results.put_result(
            path, project=held.project, scan=held.scan, chunk=held.chunk, attempt=held.attempt
        )
        return self.backend.ledger.save(
            held, result_key=key, outcome=outcome, reason="masscan was killed" if half else ""
        )

    def _lines(self, spec: ChunkSpec, *, half: bool) -> Iterator[HostLine | ObservationLine | CoverageLine]:
        at = utc_now()
        for index, asset in enumerate(_assets(spec)):
            up = any(host == asset for host, _ in self.truth)
            yield HostLine(asset=asset, address=asset, up=up, at=at)
            for port in PortSet.from_canonical(spec.ports).numbers:
                is_open = (asset, port) in self.truth
                covered = not (half and index % 2)
                if is_open and covered:
                    yield ObservationLine(
                        asset=asset,
                        address=asset,
                        protocol=spec.protocol,
                        port=port,
                        how=Method.SYN,
                        service=Service(name="ssh"),
                        at=at,
                    )
                answer = (Answer.OPEN if is_open else Answer.REFUSED) if covered else Answer.NOT_COVERED
                yield CoverageLine(
                    addresses=(AddressRange(first=asset, last=asset),),
                    protocol=spec.protocol,
                    ports=str(port),
                    answer=answer,
                    how=Method.SYN if covered else Method.NONE,
                    at=at,
                )


def _assets(spec: ChunkSpec) -> Iterator[str]:
    for each in spec.addresses:
        first = ipaddress.ip_address(each.first)
        for offset in range(int(ipaddress.ip_address(each.last)) - int(first) + 1):
            yield str(first + offset)


@dataclass
class Rehearsal:
    backend: Backend
    worker: Worker
    families: KeyFamilies
    taken_back: set[str] = field(default_factory=set)
    """Chunks whose tasks on spare capacity are interrupted, whatever they have done by then."""

    def run(self, scan: Scan) -> dict[str, Any]:
        """The whole of infra/scan_workflow.asl.json; what *Finish scan* answers."""
        self.chunks(self.plan(scan))
        return self.finish(scan)

    def plan(self, scan: Scan) -> list[dict[str, Any]]:
        with self.families.acting("PlanChunks"):
            planned = plan.handler(_ids(scan), LambdaContext())
        body = self.backend.results.client.get_object(Bucket=planned["bucket"], Key=planned["index_key"])["Body"]
        lanes: list[dict[str, Any]] = json.load(body)
        dealt = [
            {name: value for name, value in lane.items() if name != "chunks"} | {"chunk": chunk}
            for lane in lanes
            for chunk in lane["chunks"]
        ]
        return sorted(dealt, key=lambda item: str(item["chunk"]))

    def chunks(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            self.chunk(item)

    def chunk(self, item: dict[str, Any]) -> None:
        while True:
            admission = self.admit(item)
            while admission["decision"] == "wait":
                admission = self.admit({**item, "waits": admission["waits"]})
            if admission["decision"] == "hold":
                return
            if admission["decision"] == "go":
                self.worker(item)
            if self.judged({**item, "task": self._told(item, admission)}) != "again":
                return

    def _told(self, item: dict[str, Any], admission: dict[str, Any]) -> dict[str, Any]:
        """What ECS says of the task."""
        spare = admission["capacity"] == [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]
        return {"StopCode": "SpotInterruption"} if spare and item["chunk"] in self.taken_back else {}

    def admit(self, item: dict[str, Any]) -> dict[str, Any]:
        with self.families.acting("AdmitChunk"):
            return admit.handler(item, LambdaContext())

    def judged(self, item: dict[str, Any]) -> str:
        """The verdict on the item's last attempt, once it is carried out."""
        with self.families.acting("JudgeAttempt"):
            verdict = str(judge.handler(item, LambdaContext())["verdict"])
        if verdict == "ingest":
            try:
                with self.families.acting("IngestChunk"):
                    ingest.handler(item, LambdaContext())
            except Exception as error:
                failed = {
                    **item,
                    "attempt": {"verdict": verdict},
                    "error": {"Error": type(error).__name__, "Cause": "{}"},
                }
                self._record_failure(failed)
        elif verdict == "failed":
            self._record_failure({**item, "attempt": {"verdict": verdict}})
        return verdict

    def _record_failure(self, failed: dict[str, Any]) -> None:
        with self.families.acting("RecordFailure"):
            record_failure.handler(failed, LambdaContext())

    def finish(self, scan: Scan) -> dict[str, Any]:
        with self.families.acting("FinishScan"):
            return finish.handler(_ids(scan), LambdaContext())


def _ids(scan: Scan) -> dict[str, Any]:
    return {"project": scan.project, "scan": scan.id, "run": scan.run}


@pytest.fixture
def rehearsal(backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """Many small chunks: the limits are such that a task does a few cells. No step asks for a key that its role has not."""
    variables = {
        "TABLE": backend.table.name,
        "LIVE_TABLE": backend.live_table.name,
        "BUCKET": BUCKET,
        "MAX_TASKS": "4",
        "CHUNK_SECONDS": "1",
        "DEADLINE_S": "300",
        "TASK_START_S": "3",
        "STEPS_S": "0.5",
        "LEASE_S": "400",
        "TASK_S": "500",
        "REGION": "us-east-1",
        "TASK_CPU": "1024",
        "TASK_MEMORY": "2048",
        "TASK_ARCHITECTURE": "x86_64",
        "LAMBDA_ARCHITECTURE": "arm64",
        "PUBLIC_ADDRESS": "true",
        "SPOT": "false",
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"VEDETTE_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    _forget_composed()
    with held_to_key_families(clients.dynamodb(), backend.table.name) as families:
        yield Rehearsal(backend, Worker(backend, tmp_path), families)


def _forget_composed() -> None:
    for name in _COMPOSED:
        getattr(wiring, name).cache_clear()
    clients.dynamodb.cache_clear()
    clients.s3.cache_clear()
