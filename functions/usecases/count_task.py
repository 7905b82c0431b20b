"""Charge a task that is gone: to its chunk, and to what its project and scan may spend."""

from datetime import datetime

from functions.core.chunk import Chunk
from functions.core.errors import Superseded
from functions.core.metering import attempt_ended
from functions.core.prices import Machine, price_list
from functions.core.task_cost import micros_spent
from functions.store.allotments import Allotments
from functions.store.ledger import Ledger


def count_task(chunk: Chunk, *, ledger: Ledger, allotments: Allotments, machine: Machine, now: datetime) -> Chunk:
    """The chunk as it then stands; one whose task was counted is left alone.

    What it cost is spent before it is counted: what fails between is spent twice, and never not at all.
    """
    if attempt_ended(chunk, now=now) and machine.region in price_list().regions():
        allotments.spend(chunk.project, chunk.scan, micros_spent(chunk, machine, now=now), at=now)
    try:
        return ledger.count_task(chunk, now=now)
    except Superseded:
        return ledger.get(chunk.project, chunk.scan, chunk.chunk)  # a worker is at it still: counted when it is gone
