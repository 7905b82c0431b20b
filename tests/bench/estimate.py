"""`make bench-estimate`: scans of the lab on the deployed local stack, each beside the estimate that was asked for before it.

Of each case a first scan is made, by which the network is known, and then ROUNDS that count, as medians. Minutes are those from
the request to the end; money is the bill of what was metered (`actual` of the scan), which has AWS's prices in common with the
estimate and nothing else. CASES: those of `ALL`.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network
from pathlib import Path
from statistics import median

from tests.bench.scan import scatter
from tests.e2e.conftest import free_port
from tests.e2e.platform import Json, Platform, Project, deployed
from tests.ended_early import unwind_when_told_to_end
from tests.lab.hosts import STANDARD, many
from tests.lab.lab import Lab
from tests.progress import say

ROUNDS = int(os.environ.get("ROUNDS", "3"))
CASES = tuple(os.environ.get("CASES", "host,top,many,sparse,udp,slow").split(","))
_PATIENCE_S = 600
_PLAIN = 32
_UDP = tuple(spec for spec in STANDARD if spec.name in {"dns", "silent", "dropping", "mail"})


@dataclass(frozen=True, kw_only=True)
class Case:
    """`network`: all of it is asked, and the hosts are scattered over it."""

    name: str
    hosts: tuple[int, int] = (0, _PLAIN)
    """From which to before which of the lab's."""
    network: str = ""
    asked: Json


ALL = {
    "host": Case(name="1 host x 65,535", hosts=(0, 1), asked={"ports": "1-65535", "rate": 6000}),
    "top": Case(name="16 hosts x 1,000", hosts=(0, 16), asked={"ports": "1-1000", "rate": 2000}),
    "many": Case(
        name="32 hosts x 4,000, open ports alone",
        asked={"ports": "1-4000", "rate": 3000, "profile": "discovery"},
    ),
    "sparse": Case(
        name="a sparse /22 x 5",
        network="10.80.0.0/22",
        asked={"ports": "22,25,80,443,3306", "rate": 500},
    ),
    "udp": Case(
        name="4 hosts x 10 UDP ports",
        hosts=(_PLAIN, _PLAIN + len(_UDP)),
        asked={"ports": "53,67,69,111,123,137,161,500,1900,5353", "protocols": ["udp"], "rate": 200},
    ),
    "slow": Case(name="4 hosts x 200 at 100/s", hosts=(0, 4), asked={"ports": "1-200", "rate": 100}),
}


@dataclass(frozen=True)
class Beside:
    """What was said before, and what came of it."""

    based_on: str
    said_minutes: float
    minutes: float
    said_usd: float
    usd: float
    said_bytes: float
    bytes_sent: float
    """By the interfaces of its tasks."""

    @property
    def late(self) -> float:
        return self.said_minutes / self.minutes - 1

    @property
    def dear(self) -> float:
        return self.said_usd / self.usd - 1

    @property
    def heavy(self) -> float:
        return self.said_bytes / self.bytes_sent - 1


@dataclass
class Measured:
    """`first` was said of a network that nobody had scanned."""

    name: str
    first: Beside
    rounds: list[Beside] = field(default_factory=list)

    @property
    def worst(self) -> float:
        """By the medians of the rounds."""
        of = self.rounds or [self.first]
        return max(median(abs(each.late) for each in of), median(abs(each.dear) for each in of))


def scanned(project: Project, network: Json, case: Case) -> Beside:
    """One scan of the network, with the estimate that was asked for just before."""
    said = project.get("networks", network["id"], "estimate")
    scan = project.scan(network, seconds=_PATIENCE_S)
    if scan["status"] != "completed":
        raise SystemExit(f"{case.name}: the scan ended {scan['status']}: {scan.get('reason')}")
    actual = scan["actual"]
    took = (datetime.fromisoformat(scan["ended"]) - datetime.fromisoformat(scan["created"])).total_seconds()
    made = Beside(
        said["based_on"],
        said["minutes"]["expected"],
        took / 60,
        said["usd"]["expected"],
        actual["bill"]["total"],
        said["bytes_sent"]["expected"],
        actual["usage"]["bytes_sent"],
    )
    say(f"{case.name}, by {made.based_on}: {took:.1f} s, said {60 * made.said_minutes:.1f}; USD {made.dear:+.0%}")
    say(f"  {said['chunks']} chunks, {said['tasks']} at once; said {json.dumps(said['bill'])}")
    say(f"  used {json.dumps(actual['usage'])}, billed {json.dumps(actual['bill'])}")
    for chunk in project.items("scans", scan["id"], "chunks"):
        say(f"    {json.dumps({name: chunk.get(name) for name in ('summary', 'task_s', 'times', 'sampled')})}")
    return made


def measured(platform: Platform, lab: Lab, case: Case) -> Measured:
    targets = [str(host.address) for host in lab.hosts[slice(*case.hosts)]]
    if case.network:
        scatter(lab, IPv4Network(case.network))
        targets = [case.network]
    project = platform.project(case.name)
    network = project.network(targets=targets, **case.asked)
    made = Measured(case.name, scanned(project, network, case))
    made.rounds += [scanned(project, network, case) for _ in range(ROUNDS)]
    return made


def table(every: Sequence[Measured]) -> Iterator[str]:
    yield "| | said by | minutes | said | error | USD | said | error | MB sent | said | error |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for case in every:
        for each in (case.first, *case.rounds):
            yield (
                f"| {case.name} | {each.based_on} | {each.minutes:.2f} | {each.said_minutes:.2f} | {each.late:+.0%} "
                f"| {each.usd:.5f} | {each.said_usd:.5f} | {each.dear:+.0%} "
                f"| {each.bytes_sent / 1e6:.2f} | {each.said_bytes / 1e6:.2f} | {each.heavy:+.0%} |"
            )


def main() -> None:
    unwind_when_told_to_end()
    with (
        tempfile.TemporaryDirectory() as directory,
        Lab.start(hosts=(*many(_PLAIN, seed=7), *_UDP)) as lab,
        deployed(Path(directory), port=free_port(), tell=say) as platform,
    ):
        platform.place_tasks(lab.worker_namespaces)
        every = [measured(platform, lab, ALL[name]) for name in CASES]
    for line in table(every):
        say(line)
    told = {
        "worst_error": round(max(each.worst for each in every), 4),
        "rounds": ROUNDS,
        "cases": {each.name: round(each.worst, 4) for each in every},
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
