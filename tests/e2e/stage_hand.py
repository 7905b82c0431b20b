"""An operator behind the scenes of the deployed stack: writes what a test needs into tables and bucket, calls functions."""

import base64
import json
import tempfile
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from functions.adapters.results import Results
from functions.core.chunk import Chunk
from functions.core.coverage import Answer, Method
from functions.core.exposure import Exposure
from functions.core.ids import new_id
from functions.core.messages import AddressRange, ChunkSpec, CoverageLine, Event, ObservationLine, ResultHeader
from functions.core.model import Model, Protocol
from functions.core.network import Network
from functions.core.profile import PROFILES
from functions.core.project import Project
from functions.core.scan import LIVE, Scan, ScanEvent
from functions.core.token import Principal
from functions.store import keys
from functions.store.attributes import encode_item, to_item
from functions.store.projects import Projects
from functions.store.table import Table
from functions.store.tokens import Tokens
from functions.usecases.tokens import ALL_SCOPES, create_token
from tests.backend import Backend
from tests.e2e.platform import Json, Platform, eventually
from tests.result_document import write_result
from tests.store.examples import exposure

ADDRESS = "127.0.0.1"
"""All that a network of a stage hand holds: whatever starts by accident scans this machine alone."""
_TAIL = 4000
"""Characters: an invocation tells no more than the last 4 KB of what was logged."""
FAR_AWAY = "cron(0 0 1 1 ? 2099)"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a function said; `error` is the text of what it raised, empty for nothing."""

    said: Any
    error: str
    log: str


class Operator:
    """The account's own clients, each made once: making one takes longer than most calls."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.outputs = platform.outputs
        self._clients: dict[str, Any] = {}

    def aws(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self.platform.aws(service)
        return self._clients[service]

    @cached_property
    def functions(self) -> dict[str, Json]:
        """By row of the table of permissions."""
        listed = self.aws("lambda").list_functions(MaxItems=100)["Functions"]
        by_module = {each["Description"]: each for each in listed}
        return {row: by_module[f"functions.{module}"] for row, module in MODULES.items()}

    def logged(self, row: str, *, since: float) -> str:
        """What a function has logged since a time in seconds."""
        group = self.functions[row]["LoggingConfig"]["LogGroup"]
        pages = self.aws("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=group, startTime=int(since * 1000))
        return "\n".join(event["message"] for page in found for event in page["events"])


@dataclass
class StageHand:
    """One for each test: its project is its own."""

    operator: Operator

    def __post_init__(self) -> None:
        outputs, dynamodb = self.operator.outputs, self.operator.aws("dynamodb")
        self.table = Table(dynamodb, outputs["TableName"])
        self.live_table = Table(dynamodb, outputs["LiveTableName"])
        self.results = Results(self.operator.aws("s3"), outputs["ResultsBucketName"])
        self.new_project()

    def new_project(self) -> None:
        now = datetime.now(UTC)
        self.stores = Backend(self.table, self.live_table, self.results, project=new_id(now))
        self.stores.clock.now = now
        Projects(self.table).create(Project(id=self.project, name="staged", created=now))

    @property
    def project(self) -> str:
        return self.stores.project

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def network(self, **fields: Any) -> Network:
        now = self.now
        return self.stores.network(ADDRESS, ports="1", id=new_id(now), created=now, updated=now, **fields)

    def scan(self, network: Network | None = None, *, age: timedelta = timedelta(), running: bool = False) -> Scan:
        """A live scan that no workflow knows of."""
        now = self.now
        scan = self.stores.scan(network or self.network(), id=new_id(now), created=now - age)
        return self.stores.scans.transition(scan, ScanEvent.START, started=now) if running else scan

    def ended_scan(self) -> Scan:
        """Of version 1: one that was never live."""
        now = self.now
        return self.stores.scan(self.network(), id=new_id(now), created=now, ended=now, status="completed")

    def waiting_chunk(self, scan: Scan) -> Chunk:
        spec = ChunkSpec(
            project=scan.project,
            network=scan.network,
            scan=scan.id,
            chunk="00000",
            addresses=(AddressRange(first=ADDRESS, last=ADDRESS),),
            protocol=Protocol.TCP,
            ports="1",
            profile=PROFILES["standard"],
            rate=10,
            deadline_s=300,
            lease_s=400,
        )
        self.results.put_spec(spec)
        self.stores.ledger.create([Chunk(project=scan.project, scan=scan.id, chunk=spec.chunk, cells=1)])
        return self.stores.ledger.get(scan.project, scan.id, spec.chunk)

    def claimed_chunk(self, scan: Scan) -> Chunk:
        waiting = self.waiting_chunk(scan)
        at = (waiting.project, waiting.scan, waiting.chunk)
        return self.stores.ledger.claim(*at, run=1, now=self.now, lease_s=400, sources=(ADDRESS,))

    def saved_chunk(self, scan: Scan) -> Chunk:
        """Its one cell is open."""
        chunk, now = self.claimed_chunk(scan), self.now
        header = ResultHeader(
            project=chunk.project, scan=chunk.scan, chunk="00000", attempt=1, started=now, mode="connect", tools={}
        )
        cell = {"protocol": Protocol.TCP, "how": Method.CONNECT, "at": now}
        seen = ObservationLine.model_validate({"asset": ADDRESS, "address": ADDRESS, "port": 1, **cell})
        addresses = (AddressRange(first=ADDRESS, last=ADDRESS),)
        told = CoverageLine.model_validate({"addresses": addresses, "ports": "1", "answer": Answer.OPEN, **cell})
        with tempfile.TemporaryDirectory() as directory:
            path = write_result(Path(directory, "result"), header=header, lines=(seen, told), ended=now)
            where = {"project": chunk.project, "scan": chunk.scan, "chunk": chunk.chunk}
            key = self.results.put_result(path, **where, attempt=chunk.attempt)
        return self.stores.ledger.save(chunk, result_key=key, outcome="complete")

    def opened(self, network: Network, port: int = 1) -> Exposure:
        """An exposure that calls for an alert; written nowhere."""
        made = exposure(ADDRESS, port, project=network.project, network=network.id, address=ADDRESS)
        change = made.change.model_copy(update={"at": self.now})
        return made.model_copy(update={"change": change, "opening": change})

    def event(self, topic: str) -> Event:
        now = self.now
        return Event(id=new_id(now), project=self.project, topic=topic, type="log", time=now, data={"text": topic})

    def principal(self) -> Principal:
        """Whom a token of this project, kept in the table, stands for."""
        identifier = new_id(self.now)
        create_token(
            Tokens(self.table),
            identifier=identifier,
            project=self.project,
            name="staged",
            scopes=ALL_SCOPES,
            expires=None,
            now=self.now,
        )
        return Principal(id=identifier, project=self.project, scopes=ALL_SCOPES)

    def invoke(self, row: str, event: Json) -> Said:
        since = time.time()
        answer = self.operator.aws("lambda").invoke(
            FunctionName=self.operator.functions[row]["FunctionName"],
            LogType="Tail",
            Payload=json.dumps(event).encode(),
        )
        said = json.loads(answer["Payload"].read() or b"null")
        error = str(said.get("errorMessage")) if "FunctionError" in answer else ""
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        whole = eventually(lambda: self.operator.logged(row, since=since)) if len(log) >= _TAIL else log
        return Said(said=said, error=error, log=whole)

    def leave(self) -> None:
        """No scan of this project stays live that no workflow will end."""
        for scan in self.stores.scans.list(self.project, limit=100).items:
            if scan.status in LIVE and not self.execution(scan):
                self.stores.scans.transition(scan, ScanEvent.CANCEL, ended=self.now, reason="the test has ended")

    def execution(self, scan: Scan) -> str:
        """The state of the scan's workflow; empty when there is none."""
        workflow = self.operator.aws("stepfunctions")
        machine = self.operator.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
        try:
            return str(workflow.describe_execution(executionArn=f"{machine}:{scan.id}-{scan.run}")["status"])
        except workflow.exceptions.ExecutionDoesNotExist:
            return ""


MODULES = {
    "Authorizer": "http_api.authorizer",
    "HttpApi": "http_api.app",
    "Websocket": "websocket.app",
    "WebsocketAuthorizer": "websocket.authorizer",
    "PlanChunks": "scan_workflow.plan",
    "AdmitChunk": "scan_workflow.admit",
    "Seal": "auditing.seal",
    "RecordSource": "auditing.source",
    "JudgeAttempt": "scan_workflow.judge",
    "IngestChunk": "scan_workflow.ingest",
    "RecordFailure": "scan_workflow.record_failure",
    "FinishScan": "scan_workflow.finish",
    "Tick": "scheduling.tick",
    "Sweep": "scheduling.sweep",
    "Evaluate": "alerting.evaluate",
    "Review": "alerting.review",
    "Publish": "alerting.publish",
    "Broadcast": "alerting.broadcast",
    "Deliver": "delivery.deliver",
    "Export": "exporting.export",
}


def record(model: Model, pk: str, sk: str, *, before: Model | None = None) -> Json:
    """The stream's record of an item that was just written, for the first time where there was none `before`."""
    images = {"Keys": encode_item({keys.PK: pk, keys.SK: sk}), "NewImage": encode_item(to_item(model, pk, sk))}
    if before is not None:
        images["OldImage"] = encode_item(to_item(before, pk, sk))
    stamp = {"ApproximateCreationDateTime": int(time.time()), "SequenceNumber": f"{time.time_ns() // 10**6:020}{0:010}"}
    return {"eventID": uuid.uuid4().hex, "eventName": "MODIFY" if before else "INSERT", "dynamodb": {**stamp, **images}}


def message(body: Json) -> Json:
    """An event of a queue with one message."""
    attributes = {"SentTimestamp": str(int(time.time() * 1000))}
    return {"Records": [{"messageId": uuid.uuid4().hex, "body": json.dumps(body), "attributes": attributes}]}
