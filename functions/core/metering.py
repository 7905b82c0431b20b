"""What a scan has used in fact, as its steps, its workers and the ledger counted it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from functions.core.chunk import Chunk
from functions.core.messages import Progress
from functions.core.model import Model
from functions.core.pace import PACKET_BYTES
from functions.core.prices import MINUTE_S, Architecture, Bill, Machine, Usage, bill, price_list

TRANSITIONS = {"plan": 4, "admit": 2, "judge": 3, "ingest": 2, "record_failure": 2, "finish": 0}
"""States of the workflow that one run of a step stands for: its own, and those that lead from it to the next step. That of the end
is in the plan's."""
AFTER_WAITING = 1


class Actual(Model):
    """`usage` is counted, not estimated; `bill` is what AWS's list asks for it."""

    region: str
    architecture: Architecture
    prices: str
    usage: Usage
    bill: Bill


def attempt_ended(chunk: Chunk, *, now: datetime) -> dict[str, float | int | None]:
    """What the task that is gone by now adds to its chunk: nothing where it was counted before.

    From the gate that let it go to its end: a little more than AWS charges, which begins with the image. One that never
    came to its claim counts as a minute.
    """
    if chunk.admitted is None:
        return {}
    seconds = max(0.0, (now - chunk.admitted).total_seconds()) if _claimed(chunk) else 0.0
    charged, sent = max(MINUTE_S, seconds), sent_by(chunk)
    return {
        "admitted": None,
        "tasks": chunk.tasks + 1,
        "task_s": round(chunk.task_s + seconds, 3),
        "charged_s": round(chunk.charged_s + charged, 3),
        "spot_s": round(chunk.spot_s + charged * chunk.on_spot, 3),
        **sent,
        "bytes_charged": sent["bytes_sent"],
    }


def sent_by(chunk: Chunk) -> dict[str, int]:
    """By all its attempts: by the last one too, where nobody has seen its task gone, as where a workflow was aborted.

    Bytes are those that the attempt's own interfaces counted; where it shares them, those of the packets that it counted.
    """
    told = told_by_last(chunk)
    if told is None:
        return {"packets": chunk.packets, "bytes_sent": chunk.bytes_sent}
    counted = told.probes * PACKET_BYTES if told.bytes_sent is None else told.bytes_sent
    return {"packets": chunk.packets + told.probes, "bytes_sent": chunk.bytes_sent + counted}


def told_by_last(chunk: Chunk) -> Progress | None:
    """What the task that nobody has seen gone yet has told last; None where it never did."""
    return chunk.progress if _claimed(chunk) else None


def _claimed(chunk: Chunk) -> bool:
    """Whether the task that nobody has seen gone yet came to its claim."""
    return chunk.admitted is not None and chunk.attempt > chunk.admitted_after


def used(chunks: Iterable[Chunk], counted: Mapping[str, int]) -> Usage:
    """`counted`: the amounts that the scan's steps and workers noted."""
    ledger = [chunk.model_copy(update=sent_by(chunk)) for chunk in chunks]
    return Usage(
        tasks=sum(chunk.tasks for chunk in ledger),
        task_seconds=round(sum(chunk.charged_s for chunk in ledger), 3),
        spot_seconds=round(sum(chunk.spot_s for chunk in ledger), 3),
        lambda_requests=counted.get("lambda_requests", 0),
        lambda_gb_seconds=counted.get("lambda_mb_ms", 0) / 1024 / 1000,
        transitions=counted.get("transitions", 0),
        read_units=counted.get("read_milliunits", 0) / 1000,
        write_units=counted.get("write_milliunits", 0) / 1000,
        s3_puts=counted.get("s3_puts", 0),
        s3_gets=counted.get("s3_gets", 0),
        log_bytes=counted.get("log_bytes", 0),
        packets=sum(chunk.packets for chunk in ledger),
        bytes_sent=sum(chunk.bytes_sent for chunk in ledger),
        bytes_out=sum(chunk.bytes_sent for chunk in ledger if chunk.public),
        bytes_stored=sum(file.size for chunk in ledger for file in chunk.files),
    )


def actual(usage: Usage, machine: Machine) -> Actual | None:
    """None where no prices are known for the machine's region: what was used cannot be put in money there."""
    if machine.region not in price_list().regions():
        return None
    return Actual(
        region=machine.region,
        architecture=machine.architecture,
        prices=price_list().date,
        usage=usage,
        bill=bill(usage, machine),
    )
