"""Charge a task that is gone: to its chunk, and to what its project and scan may spend."""

from datetime import datetime

from functions.core.chunk import Chunk
from functions.core.errors import Superseded
from functions.core.metering import attempt_ended
from functions.core.prices import Machine, micros_of, price_list
from functions.store.allotments import Allotments
from functions.store.ledger import Ledger


def count_task(chunk: Chunk, *, ledger: Ledger, allotments: Allotments, machine: Machine, now: datetime) -> Chunk:
    """The chunk as it then stands; one whose task was counted is left alone.

    What it cost is spent before it is counted: what fails between is spent twice, and never not at all.
    """
    cost = attempt_ended(chunk, now=now)
    if cost and machine.region in price_list().regions():
        micros = micros_of(machine, float(cost["charged_s"] or 0) - chunk.charged_s, spot=chunk.on_spot)
        allotments.spend(chunk.project, chunk.scan, micros, at=now)
    try:
        return ledger.count_task(chunk, now=now)
    except Superseded:
        return ledger.get(chunk.project, chunk.scan, chunk.chunk)  # a worker is at it still: counted when it is gone
