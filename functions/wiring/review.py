"""What reviews are made of. Imports are inside the functions: no turn of the clock pays for what only another kind uses."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from functions.adapters import clients
from functions.adapters.queue import Queue
from functions.settings import ReviewSettings
from functions.store.table import Table
from functions.wiring.clock import utc_now

if TYPE_CHECKING:
    from datetime import datetime

    from functions.store.projects import Projects
    from functions.usecases.review_endings import ReviewEndings
    from functions.usecases.review_network import ReviewNetwork
    from functions.usecases.review_scan import ReviewScan
    from functions.usecases.review_watches import ReviewWatches


def now() -> datetime:
    return utc_now()


@cache
def reviews() -> Queue:
    return Queue(clients.sqs(), _settings().review_queue_url)


@cache
def projects() -> Projects:
    from functions.store.projects import Projects

    return Projects(_table())


@cache
def review_network() -> ReviewNetwork:
    from functions.wiring.reviewing import review_network

    return review_network(_table(), reviews())


@cache
def review_scan() -> ReviewScan:
    from functions.adapters.workflow import Workflow
    from functions.store.alerts import Alerts
    from functions.store.audit import AuditedTable
    from functions.store.coverage_maps import CoverageMaps
    from functions.store.exposures import Exposures
    from functions.store.halts import Halts
    from functions.store.networks import Networks
    from functions.store.scans import Scans
    from functions.store.waiting import Waiting
    from functions.usecases.confirm_openings import ConfirmOpenings
    from functions.usecases.review_scan import ReviewScan
    from functions.wiring.bounds import bounds_of

    settings, table = _settings(), _table()
    workflow = Workflow(clients.stepfunctions(), settings.state_machine_arn)
    scans = Scans(table)
    confirm = ConfirmOpenings(
        networks=Networks(table),
        # Nobody asked for these scans: the audit log tells of them.
        scans=Scans(AuditedTable(clients.dynamodb(), settings.table, clock=utc_now)),
        halts=Halts(table),
        workflow=workflow,
        bounds=bounds_of(table, admit_loopback=settings.admit_loopback),
    )
    return ReviewScan(
        scans=scans,
        exposures=Exposures(table),
        coverage=CoverageMaps(table),
        alerts=Alerts(table),
        waiting=Waiting(table),
        network=review_network(),
        settle=review_network().settle,
        trouble=review_network().trouble,
        confirm=confirm,
        clock=utc_now,
    )


@cache
def review_watches() -> ReviewWatches:
    from functions.store.networks import Networks
    from functions.store.rules import Rules
    from functions.store.scans import Scans
    from functions.store.ticks import Ticks
    from functions.usecases.review_watches import ReviewWatches

    table = _table()
    return ReviewWatches(
        networks=Networks(table),
        rules=Rules(table),
        scans=Scans(table),
        ticks=Ticks(table),
        trouble=review_network().trouble,
        clock=utc_now,
    )


@cache
def review_endings() -> ReviewEndings:
    from functions.adapters.bus import Bus
    from functions.store.alerts import Alerts
    from functions.store.deadlines import Deadlines
    from functions.store.live import Live
    from functions.store.networks import Networks
    from functions.store.rules import Rules
    from functions.usecases.review_endings import ReviewEndings

    settings, table = _settings(), _table()
    return ReviewEndings(
        deadlines=Deadlines(table),
        alerts=Alerts(table),
        rules=Rules(table),
        networks=Networks(table),
        bus=Bus(clients.events(), settings.bus),
        live=Live(Table(clients.dynamodb(), settings.live_table)),
        reviews=reviews(),
        clock=utc_now,
    )


@cache
def _settings() -> ReviewSettings:
    return ReviewSettings.from_environment()


@cache
def _table() -> Table:
    return Table(clients.dynamodb(), _settings().table)
