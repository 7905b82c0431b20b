"""What one task costs, in millionths of a USD: at most, held before it starts, and in fact, spent once it is gone."""

from datetime import datetime

from functions.core.chunk import Chunk
from functions.core.metering import attempt_ended, told_by_last
from functions.core.pace import MOST_SERVICE_BYTES, most_bytes, most_packets
from functions.core.prices import Machine, micros_of
from functions.core.scan import Snapshot

PORTS_HELD = 500
"""Open ports of a chunk that are held for: each one more may pass the bound by its own cost."""


def most_micros(chunk: Chunk, snapshot: Snapshot, machine: Machine, *, rate: int, seconds: float) -> int:
    """`rate`: packets a second that are asked for; `seconds`: after which the task is gone in any case.

    Raises InvalidInput where there are no prices for the machine's region.
    """
    cells = chunk.cells * max((len(host.addresses) for host in snapshot.hosts), default=1)
    open_ports = min(cells, PORTS_HELD)
    host_probes = snapshot.profile.host_discovery.probes
    packets = most_packets(cells, host_probes=host_probes, rate=rate, seconds=seconds)
    sent = most_bytes(packets, open_ports)
    return micros_of(machine, seconds, open_ports=open_ports, bytes_out=sent if chunk.public else 0)


def micros_spent(chunk: Chunk, machine: Machine, *, now: datetime) -> int:
    """By the task of its last attempt, which is gone by now, with what earlier ones sent that nobody was charged for.

    Raises InvalidInput as `most_micros` does.
    """
    after, told = chunk.model_copy(update=attempt_ended(chunk, now=now)), told_by_last(chunk)
    open_ports = told.open_ports if told else 0
    sent = after.bytes_sent - chunk.bytes_charged
    if told and told.bytes_sent is None:
        sent += open_ports * MOST_SERVICE_BYTES
    return micros_of(
        machine,
        after.charged_s - chunk.charged_s,
        spot=chunk.on_spot,
        open_ports=open_ports,
        bytes_out=sent if chunk.public else 0,
    )
