"""What the steps of the workflow are made of. Imports are inside the functions: no function pays for what only another one uses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Protocol

from functions.adapters import clients
from functions.core.errors import NotFound, VedetteError
from functions.observability import get_logger
from functions.store.table import Table
from functions.wiring.clock import utc_now

if TYPE_CHECKING:
    from functions.settings import FinishSettings, IngestSettings
    from functions.store.tally import Tally
    from functions.usecases.admit_chunk import AdmitChunk
    from functions.usecases.finish_scan import FinishScan
    from functions.usecases.ingest_chunk import IngestChunk
    from functions.usecases.judge_attempt import JudgeAttempt
    from functions.usecases.lean_proved import LeanProved
    from functions.usecases.plan_scan import PlanScan
    from functions.usecases.record_failure import RecordFailure


class Invocation(Protocol):
    """What Lambda tells a function of its own call."""

    @property
    def memory_limit_in_mb(self) -> int: ...


_WITH_OBJECTS = frozenset({"plan", "ingest", "finish"})


@cache
def plan_scan() -> PlanScan:
    from functions.adapters.resolver import Resolver
    from functions.adapters.results import Results
    from functions.settings import PlanSettings
    from functions.store.counters import Counters
    from functions.store.exposures import Exposures
    from functions.store.ledger import Ledger
    from functions.store.networks import Networks
    from functions.store.projects import Projects
    from functions.store.scans import Scans
    from functions.usecases.plan_scan import Limits, PlanScan
    from functions.wiring.means import means_of

    settings = PlanSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    return PlanScan(
        scans=Scans(table),
        networks=Networks(table),
        projects=Projects(table),
        counters=Counters(table),
        exposures=Exposures(table),
        ledger=Ledger(table),
        results=Results(clients.s3(), settings.bucket),
        resolver=Resolver(),
        lean=_lean(table, admit_loopback=settings.admit_loopback, name_server=settings.name_server),
        limits=Limits(
            means=means_of(settings),
            lease_s=settings.lease_s,
            admit_loopback=settings.admit_loopback,
            short_rows=settings.short_rows,
        ),
    )


@cache
def admit_chunk() -> AdmitChunk:
    from functions.adapters.aws_inventory import AwsInventory
    from functions.adapters.txt_records import TxtRecords
    from functions.settings import AdmitSettings
    from functions.store.allotments import Allotments
    from functions.store.authorities import Authorities
    from functions.store.ledger import Ledger
    from functions.store.networks import Networks
    from functions.store.projects import Projects
    from functions.store.scans import Scans
    from functions.usecases.admit_chunk import AdmitChunk
    from functions.usecases.authority_still_holds import AuthorityStillHolds
    from functions.usecases.prove_authority import ProveAuthority
    from functions.wiring.machine import machine_of

    settings = AdmitSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    authorities = Authorities(table)
    return AdmitChunk(
        scans=Scans(table),
        ledger=Ledger(table),
        networks=Networks(table),
        projects=Projects(table),
        allotments=Allotments(table),
        authority_still_holds=AuthorityStillHolds(
            authorities=authorities,
            prove=ProveAuthority(authorities=authorities, txt=TxtRecords(), inventory=AwsInventory()),
            ledger=Ledger(table),
            admit_loopback=settings.admit_loopback,
        ),
        task_s=settings.task_s,
        machine=machine_of(settings),
    )


def _lean(table: Table, *, admit_loopback: bool, name_server: str) -> LeanProved:
    from functions.adapters.aws_inventory import AwsInventory
    from functions.adapters.txt_records import TxtRecords
    from functions.usecases.lean_proved import LeanProved
    from functions.usecases.prove_authority import ProveAuthority
    from functions.wiring.bounds import bounds_of

    bounds = bounds_of(table, admit_loopback=admit_loopback)
    prove = ProveAuthority(authorities=bounds.authorities, txt=TxtRecords(name_server), inventory=AwsInventory())
    return LeanProved(bounds=bounds, prove=prove)


@cache
def judge_attempt() -> JudgeAttempt:
    from functions.settings import JudgeSettings
    from functions.store.allotments import Allotments
    from functions.store.ledger import Ledger
    from functions.store.sources import Sources
    from functions.usecases.judge_attempt import JudgeAttempt
    from functions.wiring.machine import machine_of

    settings = JudgeSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    return JudgeAttempt(
        ledger=Ledger(table), allotments=Allotments(table), sources=Sources(table), machine=machine_of(settings)
    )


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
    from functions.wiring.bounds import bounds_of

    table = Table(clients.dynamodb(), settings.table)
    return IngestChunk(
        ledger=Ledger(table),
        scans=Scans(table),
        networks=Networks(table),
        exposures=Exposures(table),
        hosts=Hosts(table),
        coverage=CoverageMaps(table),
        results=Results(clients.s3(), settings.bucket),
        bounds=bounds_of(table, admit_loopback=settings.admit_loopback),
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
    from functions.store.allotments import Allotments
    from functions.store.ledger import Ledger
    from functions.store.networks import Networks
    from functions.store.scans import Scans
    from functions.usecases.finish_scan import FinishScan
    from functions.wiring.machine import machine_of

    settings = FinishSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    return FinishScan(
        scans=Scans(table),
        ledger=Ledger(table),
        networks=Networks(table),
        allotments=Allotments(table),
        ingest=_ingest_chunk(settings),
        machine=machine_of(settings),
        clock=utc_now,
    )


@cache
def tally_of(step: str) -> Tally:
    """Of all that this function asks of DynamoDB and S3, and logs; most steps have nothing to ask of S3."""
    from functions.store.tally import Tally

    counting = Tally()
    counting.watch(clients.dynamodb(), *((clients.s3(),) if step in _WITH_OBJECTS else ()))
    counting.listen(*get_logger(step).handlers)
    return counting


@contextmanager
def metered(
    step: str, *, project: str, scan: str, context: Invocation, waited: bool = False
) -> Iterator[Callable[[], None]]:
    """Notes what a step of the scan's workflow has used, when it ends and however, and before where it asks to.

    A note that fails is told, and no more.
    """
    from functions.core.metering import AFTER_WAITING, TRANSITIONS
    from functions.settings import RunSettings
    from functions.store.ledger import Ledger

    counting, since = tally_of(step), time.monotonic()
    counting.take()
    once = {"lambda_requests": 1, "transitions": TRANSITIONS[step] + AFTER_WAITING * waited}

    def note() -> None:
        nonlocal since, once
        began, since = since, time.monotonic()
        milliseconds = round((since - began) * 1000)
        amounts = {**counting.take(), **once, "lambda_mb_ms": milliseconds * int(context.memory_limit_in_mb)}
        once = {}
        ledger = Ledger(Table(clients.dynamodb(), RunSettings.from_environment().table))
        try:
            ledger.meter(project, scan, amounts)
        except VedetteError as error:
            get_logger(step).warning("not metered", scan=scan, error=error.slug)

    try:
        yield note
    except NotFound:
        raise  # of a scan that was deleted nobody sums up what it used
    except BaseException:
        note()
        raise
    note()
