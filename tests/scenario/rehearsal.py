"""The deployed stack as a scenario plays on it: until all is quiet, and with another time than it is."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from botocore.config import Config

from cli.errors import Unreachable
from functions.adapters.results import Results
from functions.core.coverage import Method
from functions.core.exposure import Change, ChangeKind, Exposure, ExposureState
from functions.core.ids import new_id
from functions.core.model import Protocol
from functions.core.scan import Scan, ScanStatus
from functions.store.table import Table
from functions.wiring.clock import INJECTED
from infra.local.aws import DIRECT, root_session
from infra.local.stack import agent_daemon
from tests.backend import Backend
from tests.e2e.platform import Json, Platform, Project, eventually
from tests.e2e.stage_hand import Operator

QUEUES = ("ReviewQueueUrl",)
"""What must be empty before anything is compared: the streams send their questions through it."""
DEAF = ("Tick", "Sweep", "FinishScan")
"""Functions whose queues the real clock fills: in another time their messages wait for ever, and they are called by hand."""


@dataclass
class Stand:
    """`backend`: the tables and the bucket as an operator of the account has them."""

    platform: Platform
    operator: Operator
    backend: Backend
    patience_s: float = 60.0
    """How long what was written may take to be evaluated."""
    fence: "Fence" = field(init=False)

    def __post_init__(self) -> None:
        self.fence = Fence(self)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    @cached_property
    def _functions(self) -> Any:
        """A client that waits as long as a function may take, and calls it once."""
        patient = DIRECT.merge(Config(read_timeout=900, retries={"total_max_attempts": 1}))
        endpoint = self.platform.running.endpoints.endpoint_url
        return root_session().client("lambda", endpoint_url=endpoint, config=patient)

    def call(self, row: str, event: Json) -> Any:
        """Invoke a deployed function; what it raises fails the scenario."""
        answer = self._functions.invoke(
            FunctionName=self.operator.functions[row]["FunctionName"], Payload=json.dumps(event).encode()
        )
        said = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise AssertionError(f"{row} of {event}: {said}")
        return said

    def settle(self, *queues: str) -> None:
        """Until all that was written has gone through the streams, and what that sent through these queues (outputs) too."""
        while True:
            self.fence.pass_through()
            if self._are_empty(queues):
                return
            eventually(partial(self._are_empty, queues), seconds=self.patience_s, what="the queues are empty")

    def _are_empty(self, queues: tuple[str, ...]) -> bool:
        return all(self._is_empty(queue) for queue in queues)

    def _is_empty(self, queue: str) -> bool:
        found = self.operator.aws("sqs").get_queue_attributes(
            QueueUrl=self.operator.outputs[queue],
            AttributeNames=[f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")],
        )["Attributes"]
        return not any(int(each) for each in found.values())


@dataclass
class Rehearsal(Stand):
    """Its functions are told what time it is, and nothing happens but what is played."""

    clock_file: Path = field(kw_only=True)

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.clock_file.read_text(encoding="ascii"))

    def tell(self, now: datetime) -> None:
        """What time it is from here on, for every function at once."""
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(now.isoformat(), encoding="ascii")
        fresh.replace(self.clock_file)
        self.backend.clock.now = now

    def project(self, name: str) -> Project:
        return self.platform.project(name)

    def planned(self, scan: Scan) -> Scan:
        """A scan that the product has started, once its workflow has planned it."""

        def look() -> Scan | None:
            found = self.backend.reread(scan)
            return found if found.status is ScanStatus.RUNNING else None

        found = eventually(look, what="the scan is planned")
        assert found is not None
        return found

    def stopped(self, scan: Scan) -> None:
        """Its workflow still waits for tasks that nobody runs."""
        machine = self.operator.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
        self.operator.aws("stepfunctions").stop_execution(executionArn=f"{machine}:{scan.id}-{scan.run}")


class Fence:
    """A change that is evaluated after all that was written before it: a stream keeps its order, and its consumer too."""

    def __init__(self, stand: Stand) -> None:
        backend = stand.backend
        self._stand = stand
        self._backend = Backend(backend.table, backend.live_table, backend.results, project=new_id(stand.now))
        self._network = self._backend.network("10.255.255.0/30", id=new_id(stand.now))
        self._passed = 0

    @property
    def project(self) -> str:
        return self._backend.project

    def pass_through(self) -> None:
        self._passed += 1
        opened = self._opened(self._passed)
        self._backend.exposures.save(opened)
        end = time.monotonic() + self._stand.patience_s
        while not self._has_raised(opened.port):
            if time.monotonic() > end:
                raise AssertionError(f"a change was not evaluated within {self._stand.patience_s:.0f} s")
            time.sleep(0.02)

    def _has_raised(self, port: int) -> bool:
        newest = self._backend.alerts.list(self._backend.project, limit=20).items  # those of one moment in any order
        return any(alert.port == port for alert in newest)

    def _opened(self, port: int) -> Exposure:
        now = self._stand.now
        change = Change(
            kind=ChangeKind.OPENED,
            scan=new_id(now),
            chunk="00000",
            attempt=1,
            at=now,
            how=Method.SYN,
            previous_covered=now,
        )
        return Exposure(
            project=self._backend.project,
            network=self._network.id,
            asset="10.255.255.1",
            address="10.255.255.1",
            protocol=Protocol.TCP,
            port=port,
            state=ExposureState.OPEN,
            first_seen=now,
            last_changed=now,
            change=change,
            opening=change,
        )


def standing(platform: Platform, *, patience_s: float = 60.0) -> Stand:
    operator = Operator(platform)
    return Stand(platform, operator, _backend(operator), patience_s)


@contextmanager
def rehearsing(platform: Platform, *, start: datetime) -> Iterator[Rehearsal]:
    """Take the time of a platform over, for good: it is of no other use afterwards."""
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
    events = operator.aws("events")
    for rule in events.list_rules()["Rules"]:
        if "ScheduleExpression" in rule:
            events.disable_rule(Name=rule["Name"])
    eventually(
        partial(_answers, platform), seconds=300, what="the API answers after every function was told to start anew"
    )
    backend = _backend(operator)
    backend.clock.now = start
    yield Rehearsal(platform, operator, backend, clock_file=clock_file)


def _answers(platform: Platform) -> bool:
    try:
        platform.client.get("projects")
    except Unreachable:
        return False
    return True


def _backend(operator: Operator) -> Backend:
    dynamodb, outputs = operator.aws("dynamodb"), operator.outputs
    return Backend(
        Table(dynamodb, outputs["TableName"]),
        Table(dynamodb, outputs["LiveTableName"]),
        Results(operator.aws("s3"), outputs["ResultsBucketName"]),
    )
