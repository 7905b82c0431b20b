"""`make bench-parse`: nmap's XML to full observations, beside a pass that only counts ports and beside python-libnmap.

Each reading is a process of its own, the three in turn and ROUNDS times; of the seconds, which are those of the processor,
the medians count, of the memory the most. SIZES in MB; ROUNDS for all of them or for each. Then a tenth of OBSERVATIONS and
all of them are written into a result document each and ingested.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import nmap_documents
from tests.bench.parsers import READERS
from tests.progress import say

SIZES = tuple(int(each) for each in os.environ.get("SIZES", "50,500").split(","))
ROUNDS = tuple(int(each) for each in os.environ.get("ROUNDS", "3").split(","))
OBSERVATIONS = int(os.environ.get("OBSERVATIONS", "1000000"))
_PATIENCE_S = 4 * 3600

Json = dict[str, Any]


@dataclass
class Case:
    megabytes: int
    rounds: int
    told: dict[str, list[Json]] = field(default_factory=dict)

    def run(self, path: Path) -> None:
        nmap_documents.write(path, size=self.megabytes * 1_000_000)
        say(f"{path.stat().st_size / 1e6:.0f} MB are written")
        for _ in range(self.rounds):
            for name in READERS:
                self.told.setdefault(name, []).append(measured(name, path))
        ports = {each["found"]["ports"] for tries in self.told.values() for each in tries}
        if len(ports) != 1:
            raise SystemExit(f"the readers disagree on the number of ports: {ports}")

    def seconds(self, name: str) -> float:
        return round(median(float(each["seconds"]) for each in self.told[name]), 2)

    def peak_mib(self, name: str) -> float:
        return max(float(each["peak_mib"]) for each in self.told[name])

    def summary(self) -> Json:
        return {
            "megabytes": self.megabytes,
            "rounds": self.rounds,
            **{f"{name}_s": self.seconds(name) for name in self.told},
            **{f"{name}_peak_mib": self.peak_mib(name) for name in self.told},
            "ports": self.told["ours"][0]["found"]["ports"],
        }


def in_its_own_process(module: str, *arguments: str) -> Json:
    ran = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=True, stdout=subprocess.PIPE, text=True, timeout=_PATIENCE_S,
    )  # fmt: skip
    told: Json = json.loads(ran.stdout.splitlines()[-1])
    return told


def measured(name: str, path: Path) -> Json:
    told = in_its_own_process("tests.bench.parsers", name, str(path))
    say(f"{name:9} {told['seconds']:8.2f} s {told['peak_mib']:8.1f} MiB  {told['found']}")
    return told


def ingested(observations: int) -> Json:
    told = in_its_own_process("tests.bench.ingest", str(observations))
    say(json.dumps(told))
    return told


def main() -> None:
    rounds = ROUNDS if len(ROUNDS) > 1 else ROUNDS * len(SIZES)
    cases = [Case(*each) for each in sorted(zip(SIZES, rounds, strict=True))]
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        for case in cases:
            case.run(Path(folder, "nmap.xml"))
            say(json.dumps(case.summary()))
    largest = cases[-1].summary()
    largest["ours_peak_mib"] = max(case.peak_mib("ours") for case in cases)
    ingests = [ingested(each) for each in (OBSERVATIONS // 10, OBSERVATIONS) if each]
    told = {**largest, "cases": [case.summary() for case in cases], "ingest": ingests}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
