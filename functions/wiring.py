"""The composition root: what each entry point is made of, from its environment, made once and when first asked for.

Imports are inside the functions, so that no function pays for what only another one uses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING

from functions.adapters import clients
from functions.store.table import Table

if TYPE_CHECKING:
    from functions.adapters.connections import Connections
    from functions.core.network import NetworkDraft
    from functions.core.planner import Preview
    from functions.settings import FinishSettings, IngestSettings
    from functions.store.alerts import Alerts
    from functions.store.exposures import Exposures
    from functions.store.hosts import Hosts
    from functions.store.idempotency import Idempotency
    from functions.store.ledger import Ledger
    from functions.store.live import Live
    from functions.store.networks import Networks
    from functions.store.projects import Projects
    from functions.store.scans import Scans
    from functions.store.tokens import Tokens
    from functions.usecases.alerts import Reconciled
    from functions.usecases.authenticate import Credentials
    from functions.usecases.cancel_scan import CancelScan
    from functions.usecases.consume_stream import StreamConsumer
    from functions.usecases.explain_cell import ExplainCell
    from functions.usecases.finish_scan import FinishScan
    from functions.usecases.ingest_chunk import IngestChunk
    from functions.usecases.judge_attempt import JudgeAttempt
    from functions.usecases.networks import ManageNetworks
    from functions.usecases.plan_scan import PlanScan
    from functions.usecases.record_failure import RecordFailure
    from functions.usecases.run_tick import RunTick
    from functions.usecases.scan_ports import ScanPorts
    from functions.usecases.start_scan import StartScan
    from functions.usecases.sweep import Sweep

Clock = Callable[[], datetime]
RECONCILED_AT_ONCE = 100


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Authorizer:
    credentials: Credentials
    now: Clock = utc_now


@cache
def authorizer() -> Authorizer:
    from functions.settings import AuthorizerSettings
    from functions.store.tokens import Tokens
    from functions.usecases.authenticate import Credentials

    settings = AuthorizerSettings.from_environment()
    return Authorizer(credentials=Credentials(Tokens(Table(clients.dynamodb(), settings.table))))


@dataclass(frozen=True, kw_only=True)
class HttpApi:
    projects: Projects
    networks: Networks
    scans: Scans
    ledger: Ledger
    exposures: Exposures
    hosts: Hosts
    alerts: Alerts
    tokens: Tokens
    idempotency: Idempotency
    live: Live
    scan_ports: ScanPorts
    manage_networks: ManageNetworks
    start_scan: StartScan
    cancel_scan: CancelScan
    explain_cell: ExplainCell
    preview: Callable[[NetworkDraft], Preview]
    reconcile: Callable[..., Reconciled]
    """Takes `project`, `network` and `cursor`."""
    check_table: Callable[[], object]
    version: str
    now: Clock = utc_now


@cache
def http_api() -> HttpApi:
    from functions.adapters.results import Results
    from functions.adapters.scheduler import Scheduler
    from functions.adapters.workflow import Workflow
    from functions.settings import HttpApiSettings
    from functions.store.alerts import Alerts
    from functions.store.coverage_maps import CoverageMaps
    from functions.store.exposures import Exposures
    from functions.store.hosts import Hosts
    from functions.store.idempotency import Idempotency
    from functions.store.ledger import Ledger
    from functions.store.live import Live
    from functions.store.networks import Networks
    from functions.store.projects import Projects
    from functions.store.scans import Scans
    from functions.store.tokens import Tokens
    from functions.usecases.alerts import reconcile
    from functions.usecases.cancel_scan import CancelScan
    from functions.usecases.explain_cell import ExplainCell
    from functions.usecases.networks import ManageNetworks, preview_draft
    from functions.usecases.scan_ports import ScanPorts
    from functions.usecases.start_scan import StartScan

    settings = HttpApiSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    projects, networks, scans, ledger = Projects(table), Networks(table), Scans(table), Ledger(table)
    exposures, alerts = Exposures(table), Alerts(table)
    results = Results(clients.s3(), settings.bucket)
    workflow = Workflow(clients.stepfunctions(), settings.state_machine_arn)
    scheduler = Scheduler(
        clients.scheduler(),
        group=settings.schedule_group,
        target_arn=settings.tick_queue_arn,
        role_arn=settings.scheduler_role_arn,
        dead_letter_arn=settings.schedule_dead_letter_arn,
    )
    loopback = settings.admit_loopback
    return HttpApi(
        projects=projects,
        networks=networks,
        scans=scans,
        ledger=ledger,
        exposures=exposures,
        hosts=Hosts(table),
        alerts=alerts,
        tokens=Tokens(table),
        idempotency=Idempotency(table),
        live=Live(Table(clients.dynamodb(), settings.live_table)),
        scan_ports=ScanPorts(ledger=ledger, results=results),
        manage_networks=ManageNetworks(networks=networks, scans=scans, scheduler=scheduler, admit_loopback=loopback),
        start_scan=StartScan(networks=networks, scans=scans, workflow=workflow, admit_loopback=loopback),
        cancel_scan=CancelScan(scans=scans, ledger=ledger, workflow=workflow),
        explain_cell=ExplainCell(
            networks=networks,
            scans=scans,
            coverage=CoverageMaps(table),
            exposures=exposures,
            ledger=ledger,
            results=results,
        ),
        preview=partial(
            preview_draft,
            max_tasks=settings.max_tasks,
            chunk_seconds=settings.chunk_seconds,
            admit_loopback=loopback,
        ),
        reconcile=partial(reconcile, exposures=exposures, networks=networks, alerts=alerts, limit=RECONCILED_AT_ONCE),
        check_table=partial(projects.list, limit=1),
        version=settings.version,
    )


@dataclass(frozen=True, kw_only=True)
class Websocket:
    live: Live
    credentials: Credentials
    scans: Scans
    ledger: Ledger
    connections: Connections
    now: Clock = utc_now


@cache
def websocket() -> Websocket:
    from functions.adapters.connections import Connections
    from functions.settings import WebsocketSettings
    from functions.store.ledger import Ledger
    from functions.store.live import Live
    from functions.store.scans import Scans
    from functions.store.tokens import Tokens
    from functions.usecases.authenticate import Credentials

    settings = WebsocketSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    return Websocket(
        live=Live(Table(clients.dynamodb(), settings.live_table)),
        credentials=Credentials(Tokens(table)),
        scans=Scans(table),
        ledger=Ledger(table),
        connections=Connections(clients.connections(settings.callback_url)),
    )


@cache
def plan_scan() -> PlanScan:
    from functions.adapters.resolver import Resolver
    from functions.adapters.results import Results
    from functions.settings import PlanSettings
    from functions.store.exposures import Exposures
    from functions.store.ledger import Ledger
    from functions.store.networks import Networks
    from functions.store.scans import Scans
    from functions.usecases.plan_scan import Limits, PlanScan

    settings = PlanSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    return PlanScan(
        scans=Scans(table),
        networks=Networks(table),
        exposures=Exposures(table),
        ledger=Ledger(table),
        results=Results(clients.s3(), settings.bucket),
        resolver=Resolver(),
        limits=Limits(
            max_tasks=settings.max_tasks,
            chunk_seconds=settings.chunk_seconds,
            deadline_s=settings.deadline_s,
            lease_s=settings.lease_s,
            admit_loopback=settings.admit_loopback,
        ),
    )


@cache
def judge_attempt() -> JudgeAttempt:
    from functions.settings import JudgeSettings
    from functions.store.ledger import Ledger
    from functions.usecases.judge_attempt import JudgeAttempt

    settings = JudgeSettings.from_environment()
    return JudgeAttempt(ledger=Ledger(Table(clients.dynamodb(), settings.table)))


@cache
def ingest_chunk() -> IngestChunk:
    from functions.settings import IngestSettings

    return _ingest_chunk(IngestSettings.from_environment())


def _ingest_chunk(settings: IngestSettings | FinishSettings) -> IngestChunk:
    from functions.adapters.results import Results
    from functions.store.coverage_maps import CoverageMaps
    from functions.store.exposures import Exposures
    from functions.store.hosts import Hosts
    from functions.store.ledger import Ledger
    from functions.store.networks import Networks
    from functions.store.scans import Scans
    from functions.usecases.ingest_chunk import IngestChunk

    table = Table(clients.dynamodb(), settings.table)
    return IngestChunk(
        ledger=Ledger(table),
        scans=Scans(table),
        networks=Networks(table),
        exposures=Exposures(table),
        hosts=Hosts(table),
        coverage=CoverageMaps(table),
        results=Results(clients.s3(), settings.bucket),
        admit_loopback=settings.admit_loopback,
    )


@cache
def record_failure() -> RecordFailure:
    from functions.settings import RecordFailureSettings
    from functions.store.ledger import Ledger
    from functions.store.live import Live
    from functions.usecases.record_failure import RecordFailure

    settings = RecordFailureSettings.from_environment()
    return RecordFailure(
        ledger=Ledger(Table(clients.dynamodb(), settings.table)),
        live=Live(Table(clients.dynamodb(), settings.live_table)),
    )


@cache
def finish_scan() -> FinishScan:
    from functions.settings import FinishSettings
    from functions.store.ledger import Ledger
    from functions.store.scans import Scans
    from functions.usecases.finish_scan import FinishScan

    settings = FinishSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    return FinishScan(scans=Scans(table), ledger=Ledger(table), ingest=_ingest_chunk(settings), clock=utc_now)


@cache
def run_tick() -> RunTick:
    from functions.adapters.workflow import Workflow
    from functions.settings import TickSettings
    from functions.store.networks import Networks
    from functions.store.scans import Scans
    from functions.store.ticks import Ticks
    from functions.usecases.run_tick import RunTick
    from functions.usecases.start_scan import StartScan

    settings = TickSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    networks = Networks(table)
    start_scan = StartScan(
        networks=networks,
        scans=Scans(table),
        workflow=Workflow(clients.stepfunctions(), settings.state_machine_arn),
        admit_loopback=settings.admit_loopback,
    )
    return RunTick(networks=networks, ticks=Ticks(table), start_scan=start_scan)


@cache
def sweep() -> Sweep:
    from functions.adapters.queue import Queue
    from functions.adapters.workflow import Workflow
    from functions.settings import SweepSettings
    from functions.store.scans import Scans
    from functions.usecases.sweep import Sweep

    settings = SweepSettings.from_environment()
    return Sweep(
        scans=Scans(Table(clients.dynamodb(), settings.table)),
        workflow=Workflow(clients.stepfunctions(), settings.state_machine_arn),
        endings=Queue(clients.sqs(), settings.finish_queue_url),
    )


@cache
def evaluate() -> StreamConsumer:
    from functions.adapters.failed_records import FailedRecords
    from functions.settings import EvaluateSettings
    from functions.store.alerts import Alerts
    from functions.store.networks import Networks
    from functions.usecases.alerts import Evaluate
    from functions.usecases.consume_stream import StreamConsumer

    settings = EvaluateSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    return StreamConsumer(
        step=Evaluate(networks=Networks(table), alerts=Alerts(table)),
        failed=FailedRecords(clients.s3(), settings.bucket, "evaluate"),
    )


@cache
def publish() -> StreamConsumer:
    from functions.adapters.bus import Bus
    from functions.adapters.failed_records import FailedRecords
    from functions.settings import PublishSettings
    from functions.store.live import Live
    from functions.store.networks import Networks
    from functions.usecases.announce import Announce
    from functions.usecases.consume_stream import StreamConsumer, one_by_one

    settings = PublishSettings.from_environment()
    announce = Announce(
        bus=Bus(clients.events(), settings.bus),
        live=Live(Table(clients.dynamodb(), settings.live_table)),
        networks=Networks(Table(clients.dynamodb(), settings.table)),
    )
    return StreamConsumer(step=one_by_one(announce), failed=FailedRecords(clients.s3(), settings.bucket, "publish"))


@cache
def broadcast() -> StreamConsumer:
    from functions.adapters.connections import Connections
    from functions.adapters.failed_records import FailedRecords
    from functions.settings import BroadcastSettings
    from functions.store.live import Live
    from functions.usecases.broadcast import Broadcast
    from functions.usecases.consume_stream import StreamConsumer

    settings = BroadcastSettings.from_environment()
    return StreamConsumer(
        step=Broadcast(
            live=Live(Table(clients.dynamodb(), settings.live_table)),
            connections=Connections(clients.connections(settings.callback_url)),
        ),
        failed=FailedRecords(clients.s3(), settings.bucket, "broadcast"),
    )
