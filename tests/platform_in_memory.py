"""The stores on moto, and fakes of what moto does not run: for tests that come in by the doors."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from functions.adapters import clients
from functions.adapters.connections import Connections, Gone
from functions.adapters.queue import Queue
from functions.adapters.scheduler import Scheduler
from functions.adapters.workflow import Workflow
from functions.core.audit import Acting
from functions.core.errors import Unavailable
from functions.core.network import Network
from functions.http_api import app as http_app
from functions.store.audit import acting
from functions.store.table import Table
from functions.websocket import app as websocket_app
from functions.wiring import authorizer, http_api, tickets, websocket
from tests.key_families import held_to_key_families
from tests.moto_answers import one_by_one

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import KeySchemaElementTypeDef

_NUMBERS = count()
START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "VEDETTE_STATE_MACHINE_ARN": "arn:aws:states:us-east-1:000000000000:stateMachine:scan",
    "VEDETTE_SCHEDULE_GROUP": "networks",
    "VEDETTE_TICK_QUEUE_ARN": "arn:aws:sqs:us-east-1:000000000000:ticks",
    "VEDETTE_SCHEDULER_ROLE_ARN": "arn:aws:iam::000000000000:role/scheduler",
    "VEDETTE_SCHEDULE_DEAD_LETTER_ARN": "arn:aws:sqs:us-east-1:000000000000:dead-ticks",
    "VEDETTE_CALLBACK_URL": "https://klmnopqrst.execute-api.us-east-1.amazonaws.com/live",
    "VEDETTE_DELIVER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/deliver",
    "VEDETTE_EXPORT_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/export",
    "VEDETTE_EXPORT_DAYS": "7",
    "VEDETTE_LIMIT_S": "780",
    "VEDETTE_REVIEW_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/review",
    "VEDETTE_SEALS": "seals",
    "VEDETTE_TOPICS": "arn:aws:sns:us-east-1:000000000000:vedette-",
    "VEDETTE_FRAMES_PER_MINUTE": "60",
    "VEDETTE_REQUESTS_PER_MINUTE": "600",
    "VEDETTE_MAX_TASKS": "4",
    "VEDETTE_CHUNK_SECONDS": "300",
    "VEDETTE_DEADLINE_S": "1800",
    "VEDETTE_REGION": "us-east-1",
    "VEDETTE_TASK_CPU": "1024",
    "VEDETTE_TASK_MEMORY": "2048",
    "VEDETTE_TASK_ARCHITECTURE": "x86_64",
    "VEDETTE_LAMBDA_ARCHITECTURE": "arm64",
    "VEDETTE_TASK_START_S": "40",
    "VEDETTE_STEPS_S": "3",
    "VEDETTE_PUBLIC_ADDRESS": "true",
    "VEDETTE_SPOT": "false",
    "VEDETTE_VERSION": "0.1.0",
    "VEDETTE_ISSUER": "https://issuer.example",
    "VEDETTE_CLIENT_ID": "vedette-cli",
    "VEDETTE_AUDIENCE": "vedette-cli",
    "VEDETTE_DISCOVERY": "https://issuer.example",
    "VEDETTE_OWNER_GROUP": "vedette-owners",
}


class FakeClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


class FakeWorkflow(Workflow):
    """Remembers the executions; `down` refuses to start any."""

    def __init__(self) -> None:
        self.executions: dict[str, dict[str, Any]] = {}
        self.down = False

    def start(self, *, project: str, scan: str, run: int) -> None:
        if self.down:
            raise Unavailable("the workflow could not be started; ask again")
        self.executions.setdefault(f"{scan}-{run}", {"project": project, "scan": scan, "run": run})

    def status(self, *, scan: str, run: int) -> str:
        return "RUNNING" if f"{scan}-{run}" in self.executions else ""

    def stop(self, *, scan: str, run: int, cause: str) -> None:
        self.executions.pop(f"{scan}-{run}", None)


class FakeScheduler(Scheduler):
    """Remembers the network of each schedule; `down` fails every call."""

    def __init__(self) -> None:
        self.schedules: dict[str, Network] = {}
        self.down = False

    def put(self, network: Network) -> None:
        self._answer()
        if network.schedule is None:
            self.schedules.pop(network.id, None)
        else:
            self.schedules[network.id] = network

    def delete(self, network: str) -> None:
        self._answer()
        self.schedules.pop(network, None)

    def _answer(self) -> None:
        if self.down:
            raise Unavailable("the scheduler did not answer; ask again")


class FakeConnections(Connections):
    """Remembers what was posted, and to whom the connection was closed; connections in `gone` have left."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any]] = []
        self.gone: set[str] = set()
        self.closed: list[str] = []

    def close(self, connection: str) -> None:
        self.closed.append(connection)

    def post(self, connection: str, message: Any) -> None:
        if connection in self.gone:
            raise Gone(f"connection {connection} is gone")
        self.posted.append((connection, message))


class FakeQueue(Queue):
    """Remembers what was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, message: Mapping[str, Any], *, delay_s: int = 0) -> None:
        self.sent.append(dict(message))


@dataclass
class Platform:
    http: http_api.HttpApi
    websocket: websocket.Websocket
    authorizer: authorizer.Authorizer
    ticket_door: tickets.TicketDoor
    table: Table
    live_table: Table
    clock: FakeClock = field(default_factory=FakeClock)
    workflow: FakeWorkflow = field(default_factory=FakeWorkflow)
    scheduler: FakeScheduler = field(default_factory=FakeScheduler)
    connections: FakeConnections = field(default_factory=FakeConnections)
    delivery: FakeQueue = field(default_factory=FakeQueue)
    review: FakeQueue = field(default_factory=FakeQueue)
    export: FakeQueue = field(default_factory=FakeQueue)


@contextmanager
def aws_in_memory() -> Iterator[None]:
    """moto, and clients made once for all the tests of a module: making one costs more than most tests."""
    made = (clients.dynamodb, clients.s3, clients.stepfunctions, clients.scheduler, clients.connections, clients.sqs)
    for client in made:
        client.cache_clear()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield
    for client in made:
        client.cache_clear()


@contextmanager
def platform_in_memory(patch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """Everything as wired for production, on tables of its own, with the fakes in the place of the three adapters.

    No door asks for a key that its role has not.
    """
    for kind in ("table", "live_table", "bucket"):
        patch.setenv(f"VEDETTE_{kind.upper()}", f"{kind.replace('_', '-')}-{next(_NUMBERS)}")
    _create(os.environ["VEDETTE_TABLE"], os.environ["VEDETTE_LIVE_TABLE"], os.environ["VEDETTE_BUCKET"])
    roots = (http_api.http_api, websocket.websocket, authorizer.authorizer, tickets.ticket_door)
    for root in roots:
        root.cache_clear()
    made = _platform()
    for root in roots:
        root.cache_clear()
    patch.setattr(http_api, "http_api", lambda: made.http)
    patch.setattr(websocket, "websocket", lambda: made.websocket)
    patch.setattr(authorizer, "authorizer", lambda: made.authorizer)
    patch.setattr(tickets, "ticket_door", lambda: made.ticket_door)
    with (
        held_to_key_families(clients.dynamodb(), os.environ["VEDETTE_TABLE"]) as families,
        one_by_one(),
        acting(Acting(principal="tests", kind="system", route="by hand", request="none")),
    ):
        patch.setattr(http_app, "handler", families.of("HttpApi", http_app.handler))
        patch.setattr(websocket_app, "handler", families.of("Websocket", websocket_app.handler))
        yield made


def _platform() -> Platform:
    http, live_door, gate = http_api.http_api(), websocket.websocket(), authorizer.authorizer()
    platform = Platform(
        http=http,
        websocket=live_door,
        authorizer=gate,
        ticket_door=tickets.ticket_door(),
        table=http.projects.table,
        live_table=live_door.live.table,
    )
    next_run = replace(http.resume_scan.next_run, workflow=platform.workflow)
    platform.http = replace(
        http,
        now=platform.clock,
        manage_networks=replace(http.manage_networks, scheduler=platform.scheduler),
        start_scan=replace(http.start_scan, workflow=platform.workflow),
        manage_rules=replace(http.manage_rules, review=platform.review),
        ask_for_export=replace(http.ask_for_export, queue=platform.export),
        manage_channels=replace(http.manage_channels, delivery=platform.delivery, plain_http=False),
        stop_scan=replace(http.stop_scan, workflow=platform.workflow),
        resume_scan=replace(http.resume_scan, next_run=next_run),
        redrive_scan=replace(http.redrive_scan, next_run=next_run),
        set_halt=replace(http.set_halt, stop_scan=replace(http.stop_scan, workflow=platform.workflow)),
        manage_authorities=replace(
            http.manage_authorities,
            stop_leaning=replace(
                http.manage_authorities.stop_leaning, stop_scan=replace(http.stop_scan, workflow=platform.workflow)
            ),
        ),
    )
    listeners = type(live_door.listeners)(live_door.live.table, clock=platform.clock)
    platform.websocket = replace(live_door, now=platform.clock, listeners=listeners, connections=platform.connections)
    platform.authorizer = replace(gate, now=platform.clock)
    platform.ticket_door = replace(platform.ticket_door, now=platform.clock)
    return platform


def _create(table: str, live_table: str, bucket: str) -> None:
    client = clients.dynamodb()
    names = ("pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk")
    client.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=_key(""),
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": _key(index), "Projection": {"ProjectionType": "ALL"}}
            for index in ("gsi1", "gsi2")
        ],
    )
    client.create_table(
        TableName=live_table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=_key(""),
    )
    clients.s3().create_bucket(Bucket=bucket)


def _key(index: str) -> "list[KeySchemaElementTypeDef]":
    return [
        {"AttributeName": f"{index}pk", "KeyType": "HASH"},
        {"AttributeName": f"{index}sk", "KeyType": "RANGE"},
    ]
