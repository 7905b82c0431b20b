"""The deployed stack with another time: its functions are told what time it is, and nothing happens but what is played."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from functions.adapters.results import Results
from functions.core.coverage import Method
from functions.core.exposure import Change, ChangeKind, Exposure, ExposureState
from functions.core.ids import new_id
from functions.core.model import Protocol
from functions.store.table import Table
from functions.wiring.clock import INJECTED
from infra.local.stack import agent_daemon
from tests.backend import Backend
from tests.e2e.platform import Json, Platform, eventually
from tests.e2e.stage_hand import Operator

DEAF = ("Tick", "Sweep", "FinishScan")
"""Functions whose queues are filled by the real clock: their messages wait for ever, the scenario calls them itself."""


@dataclass
class Rehearsal:
    """`backend`: the tables and the bucket as an operator of the account has them."""

    platform: Platform
    operator: Operator
    clock_file: Path
    backend: Backend
    fence: "Fence" = field(init=False)

    def __post_init__(self) -> None:
        self.fence = Fence(self)

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.clock_file.read_text(encoding="ascii"))

    def tell(self, now: datetime) -> None:
        """What time it is from here on, for every function at once."""
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(now.isoformat(), encoding="ascii")
        fresh.replace(self.clock_file)
        self.backend.clock.now = now

    def call(self, row: str, event: Json) -> Any:
        """Invoke a deployed function; what it raises fails the scenario."""
        answer = self.operator.aws("lambda").invoke(
            FunctionName=self.operator.functions[row]["FunctionName"], Payload=json.dumps(event).encode()
        )
        said = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise AssertionError(f"{row} of {event}: {said}")
        return said

    def settle(self, *queues: str, seconds: float = 60.0) -> None:
        """Until all that was written has gone through the streams, and what that sent through these queues (outputs) too."""
        for _ in range(20):
            self.fence.pass_through()
            if all(self._empty(queue) for queue in queues):
                return
            eventually(lambda: all(self._empty(queue) for queue in queues), seconds=seconds, what="the queues empty")
        raise AssertionError("the queues do not come to rest")

    def _empty(self, queue: str) -> bool:
        names = ["", "NotVisible", "Delayed"]
        found = self.operator.aws("sqs").get_queue_attributes(
            QueueUrl=self.operator.outputs[queue],
            AttributeNames=[f"ApproximateNumberOfMessages{name}" for name in names],
        )["Attributes"]
        return not any(int(each) for each in found.values())


class Fence:
    """Something evaluated after all that was written before it: a stream keeps its order, and its consumer too."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        backend = rehearsal.backend
        self._backend = Backend(backend.table, backend.live_table, backend.results, project=new_id(backend.clock.now))
        self._network = self._backend.network("10.255.255.0/30", id=new_id(backend.clock.now))
        self._clock = backend.clock
        self._passed = 0

    def pass_through(self) -> None:
        self._passed += 1
        port = self._passed % 65_000 + 1
        opened = self._opened(port)
        self._backend.exposures.save(opened)
        end = time.monotonic() + 60
        while not self._raised(port):
            if time.monotonic() > end:
                raise AssertionError("a change was not evaluated within a minute")
            time.sleep(0.02)

    def _raised(self, port: int) -> bool:
        newest = self._backend.alerts.list(self._backend.project, limit=1).items
        return any(alert.port == port for alert in newest)

    def _opened(self, port: int) -> Exposure:
        change = Change(
            kind=ChangeKind.OPENED,
            scan=new_id(self._clock.now),
            chunk="00000",
            attempt=1,
            at=self._clock.now,
            how=Method.SYN,
            previous_covered=self._clock.now,
        )
        return Exposure(
            project=self._backend.project,
            network=self._network.id,
            asset="10.255.255.1",
            address="10.255.255.1",
            protocol=Protocol.TCP,
            port=port,
            state=ExposureState.OPEN,
            first_seen=change.at,
            last_changed=change.at,
            change=change,
            opening=change,
        )


@contextmanager
def rehearsing(platform: Platform, *, start: datetime) -> Iterator[Rehearsal]:
    """Take the clock of a platform away for good: it is of no other use afterwards."""
    agent_daemon(platform.paths).stop(patience=30)
    operator = Operator(platform)
    clock_file = platform.paths.home / "clock"
    clock_file.write_text(start.isoformat(), encoding="ascii")
    functions = operator.aws("lambda")
    for row, function in operator.functions.items():
        name = function["FunctionName"]
        variables = {**function["Environment"]["Variables"], INJECTED: str(clock_file)}
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        if row in DEAF:
            for mapping in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
                functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    dynamodb, outputs = operator.aws("dynamodb"), operator.outputs
    backend = Backend(
        Table(dynamodb, outputs["TableName"]),
        Table(dynamodb, outputs["LiveTableName"]),
        Results(operator.aws("s3"), outputs["ResultsBucketName"]),
    )
    backend.clock.now = start
    yield Rehearsal(platform, operator, clock_file, backend)
