"""What ticks and sweeps are made of. Imports are inside the functions: no function pays for what only another one uses."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from functions.adapters import clients
from functions.store.table import Table
from functions.wiring.bounds import bounds_of

if TYPE_CHECKING:
    from functions.usecases.run_tick import RunTick
    from functions.usecases.sweep import Sweep


@cache
def run_tick() -> RunTick:
    from functions.adapters.workflow import Workflow
    from functions.settings import TickSettings
    from functions.store.audit import AuditedTable
    from functions.store.halts import Halts
    from functions.store.networks import Networks
    from functions.store.scans import Scans
    from functions.store.ticks import Ticks
    from functions.usecases.run_tick import RunTick
    from functions.usecases.start_scan import StartScan
    from functions.wiring.clock import utc_now

    settings = TickSettings.from_environment()
    table = AuditedTable(clients.dynamodb(), settings.table, clock=utc_now)
    networks = Networks(table)
    start_scan = StartScan(
        networks=networks,
        scans=Scans(table),
        halts=Halts(table),
        workflow=Workflow(clients.stepfunctions(), settings.state_machine_arn),
        bounds=bounds_of(table, admit_loopback=settings.admit_loopback),
    )
    return RunTick(networks=networks, ticks=Ticks(table), start_scan=start_scan)


@cache
def sweep() -> Sweep:
    from functions.adapters.queue import Queue
    from functions.adapters.workflow import Workflow
    from functions.settings import SweepSettings
    from functions.store.audit import AuditedTable
    from functions.store.halts import Halts
    from functions.store.ledger import Ledger
    from functions.store.networks import Networks
    from functions.store.scans import Scans
    from functions.usecases.next_run import NextRun
    from functions.usecases.resume_scan import ResumeScan
    from functions.usecases.stop_scan import StopScan
    from functions.usecases.sweep import Sweep
    from functions.wiring.clock import utc_now

    settings = SweepSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    audited = AuditedTable(clients.dynamodb(), settings.table, clock=utc_now)
    scans, networks, halts = Scans(table), Networks(table), Halts(table)
    workflow = Workflow(clients.stepfunctions(), settings.state_machine_arn)
    return Sweep(
        scans=scans,
        networks=networks,
        halts=halts,
        workflow=workflow,
        endings=Queue(clients.sqs(), settings.finish_queue_url),
        stop_scan=StopScan(scans=scans, ledger=Ledger(table), workflow=workflow),
        # What goes on by itself sends packets that nobody asked for at that time: the audit log tells of it.
        resume_scan=ResumeScan(
            next_run=NextRun(scans=Scans(audited), networks=networks, halts=halts, workflow=workflow)
        ),
        # It asks whether authorities count, and parses no targets.
        bounds=bounds_of(table, admit_loopback=False),
    )
