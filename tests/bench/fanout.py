"""`make bench-fanout`: chunks by one worker after the other and by K side by side, on the lab; then ten thousand of them in the simulator.

Efficiency at K is the time that one worker takes for all chunks, divided by K and by the time that K workers take for
them in the same round; of ROUNDS the medians count. PARTS: `bounded`, where each chunk is as long as its own rate makes it, `machine`, with chunks that ask for more than
the machine can send, and `simulator`, which is of AWS's quotas and of no machine (SIM_CHUNKS, TASKS).
"""

import json
import os
import queue
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from functions.core.messages import ChunkSpec
from tests.bench import simulate
from tests.bench.attempts import attempt
from tests.ended_early import unwind_when_told_to_end
from tests.lab.hosts import many
from tests.lab.lab import Lab
from tests.progress import say
from tests.scanner_image.fakes import chunk_spec

PARTS = tuple(os.environ.get("PARTS", "bounded,machine,simulator").split(","))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
WORKERS = tuple(map(int, os.environ.get("WORKERS", "2,4,8").split(",")))
CHUNKS = int(os.environ.get("CHUNKS", "8"))
HOSTS = int(os.environ.get("HOSTS", "2"))
"""Of each chunk."""
SIM_CHUNKS = int(os.environ.get("SIM_CHUNKS", "10000"))
_PATIENCE_S = 300

Json = dict[str, Any]


@dataclass(frozen=True)
class Series:
    """Chunks of so many ports, at so many packets a second each."""

    ports: str
    rate: int


LAB = {
    "bounded": Series(os.environ.get("PORTS", "1-600"), int(os.environ.get("RATE", "400"))),
    "machine": Series(os.environ.get("MORE_PORTS", "1-30000"), int(os.environ.get("MORE_RATE", "20000"))),
}


class Processors:
    """How busy the machine was since this was made."""

    def __init__(self) -> None:
        self._before = self._ticks()

    def busy(self) -> float:
        """Of all its processors, in processors."""
        idle, total = (now - before for now, before in zip(self._ticks(), self._before, strict=True))
        return (os.cpu_count() or 1) * (1 - idle / total)

    @staticmethod
    def _ticks() -> tuple[int, int]:
        ticks = [int(word) for word in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]]
        return ticks[3] + ticks[4], sum(ticks)


def chunks(lab: Lab, series: Series) -> list[ChunkSpec]:
    return [
        chunk_spec(
            *(str(host.address) for host in lab.hosts[index * HOSTS : (index + 1) * HOSTS]),
            ports=series.ports,
            profile="standard",
            rate=series.rate,
            deadline_s=_PATIENCE_S,
        )
        for index in range(CHUNKS)
    ]


def seconds_of(lab: Lab, specs: Sequence[ChunkSpec], *, workers: int) -> float:
    """From the first chunk's start to the last one's end."""
    idle: queue.SimpleQueue[int] = queue.SimpleQueue()
    for worker in range(workers):
        idle.put(worker)

    def one(spec: ChunkSpec) -> float:
        worker = idle.get()
        try:
            done = attempt(lab, spec, worker=worker)
        finally:
            idle.put(worker)
        if done.document.trailer.outcome != "complete":
            say(f"    a chunk was {done.document.trailer.outcome}: {done.document.trailer.reason}")
        return done.seconds

    processors, started = Processors(), time.monotonic()
    with ThreadPoolExecutor(workers) as pool:
        each = list(pool.map(one, specs))
    wall = time.monotonic() - started
    say(
        f"  {workers} workers: {wall:.1f} s, a chunk {min(each):.1f} to {max(each):.1f} s, "
        f"{processors.busy():.2f} of {os.cpu_count()} processors busy"
    )
    return wall


def one_round(lab: Lab, specs: Sequence[ChunkSpec]) -> dict[str, float]:
    alone = seconds_of(lab, specs, workers=1)
    return {str(workers): alone / workers / seconds_of(lab, specs, workers=workers) for workers in WORKERS}


def efficiency(lab: Lab, series: Series) -> dict[str, float]:
    specs = chunks(lab, series)
    say(f"{CHUNKS} chunks of {HOSTS} hosts x {series.ports} at {series.rate}/s each")
    rounds = [one_round(lab, specs) for _ in range(ROUNDS)]
    return {workers: round(median(each[workers] for each in rounds), 3) for workers in rounds[0]}


def on_the_lab() -> dict[str, dict[str, float]]:
    with Lab.start(hosts=many(CHUNKS * HOSTS, seed=7), workers=max(WORKERS)) as lab:
        return {name: efficiency(lab, series) for name, series in LAB.items() if name in PARTS}


def simulated() -> Json:
    """The worse one of the quotas' sizes."""
    cases = [simulate.Simulation(tasks=tasks, chunks=SIM_CHUNKS, seed=simulate.SEED).run() for tasks in simulate.TASKS]
    for case in cases:
        say(json.dumps(case))
    return min(cases, key=lambda case: float(case["sim_efficiency"]))


def main() -> None:
    unwind_when_told_to_end()
    told: Json = {}
    if LAB.keys() & set(PARTS):
        by_part = on_the_lab()
        told |= {
            "rounds": ROUNDS,
            "efficiency": by_part.get("bounded", {}),
            "efficiency_at_the_machine": by_part.get("machine", {}),
        }
    if "simulator" in PARTS:
        worst = simulated()
        told |= {name: worst[name] for name in ("sim_chunks", "sim_efficiency", "at_work")}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
