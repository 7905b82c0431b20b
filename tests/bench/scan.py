"""`make bench-scan`: one worker on the lab beside nmap by itself, nmap well tuned, and masscan at a fixed rate with one nmap after it.

All of a case run one after the other over the same hosts, ROUNDS times; the medians count, and of what was found and named the
worst. A service is named where its product is told. It fails where a worker of ours did not complete. CASES: `hosts` (HOSTS x PORTS),
`network` (a /24 x top 1000), `sparse` (a network of SPARSE bits x 5 ports, in which few addresses are taken).
"""

import contextlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path
from statistics import median
from typing import Any

from functions.core.model import Protocol
from functions.core.ports import parse_ports
from scanner_image import shim
from tests.bench.attempts import attempt
from tests.ended_early import unwind_when_told_to_end
from tests.lab.hosts import many
from tests.lab.lab import Lab
from tests.lab.namespaces import ip
from tests.progress import say
from tests.scanner_image.fakes import chunk_spec

HOSTS = int(os.environ.get("HOSTS", "16"))
PORTS = os.environ.get("PORTS", "1-65535")
RATE = int(os.environ.get("RATE", "100000"))
"""The network's cap for ours, and what masscan is told in the fixed pipeline."""
TUNED_RATE = int(os.environ.get("TUNED_RATE", "10000"))
"""nmap's --min-rate: with more it misses ports here."""
SPARSE = int(os.environ.get("SPARSE", "16"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
CASES = tuple(os.environ.get("CASES", "hosts,network,sparse").split(","))
PEERS = tuple(os.environ.get("PEERS", "ours,nmap,tuned_nmap,fixed").split(","))
PATIENCE_S = int(os.environ.get("PATIENCE", "3000"))
"""A peer that takes longer is broken off, and not run again in that case: its figure is then a lower bound."""
_DEADLINE_S = 2900
_NETWORK_HOSTS = 230
_SPARSE_HOSTS = 64
_OPEN = re.compile(
    r'<address addr="([^"]+)" addrtype="ipv4"/>'
    r'|<port protocol="tcp" portid="(\d+)"><state state="open"[^>]*/>(?:<service [^>]*? product="([^"]+)")?'
)

Cell = tuple[str, int]
Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """`named`: the cells whose product was told."""

    seconds: float
    found: set[Cell]
    named: set[Cell] = field(default_factory=set)
    more: Json = field(default_factory=dict)
    ended: bool = True
    complete: bool = True


@dataclass(frozen=True)
class Case:
    name: str
    hosts: int
    ports: str
    network: str = ""
    """All of it is asked, and the hosts are scattered over it; otherwise just the hosts are."""


ALL = {
    "hosts": Case(f"{HOSTS} hosts x {PORTS}", HOSTS, PORTS),
    "network": Case("a /24 x top 1000", _NETWORK_HOSTS, "top-1000"),
    "sparse": Case(f"a sparse /{SPARSE} x 5 ports", _SPARSE_HOSTS, "22,25,80,443,3306", f"10.80.0.0/{SPARSE}"),
}


class Bench:
    """One case on a standing lab; every run is in the first worker's place."""

    def __init__(self, lab: Lab, case: Case, directory: Path) -> None:
        self.lab = lab
        self.directory = directory
        self.ports = parse_ports(case.ports, protocol=Protocol.TCP, field="ports").canonical()
        self.addresses = {str(host.address): str(host.address) for host in lab.hosts}
        """Of each host: the one that it has in the lab, and the one under which it is scanned."""
        self.ranges = list(self.addresses)
        if case.network:
            self.addresses = scatter(lab, IPv4Network(case.network))
            self.ranges = [f"{IPv4Network(case.network)[0]}-{IPv4Network(case.network)[-1]}"]
        self.listed = directory / "targets"
        self.listed.write_text(f"{case.network}\n" if case.network else "".join(f"{at}\n" for at in self.ranges))

    @property
    def truth(self) -> set[Cell]:
        asked = parse_ports(self.ports, protocol=Protocol.TCP, field="ports")
        return {
            (scanned, port)
            for address, scanned in self.addresses.items()
            for protocol, port in self.lab.truth.get(address, {})
            if protocol == "tcp" and port in asked
        }

    def ours(self) -> Run:
        spec = chunk_spec(*self.ranges, ports=self.ports, profile="standard", rate=RATE, deadline_s=_DEADLINE_S)
        done = attempt(self.lab, spec)
        document = done.document
        complete = document.trailer.outcome == "complete"
        if not complete:
            say(f"ours was {document.trailer.outcome}: {document.trailer.reason}")
        named = {(line.asset, line.port) for line in document.observations if line.service.product}
        return Run(done.seconds, document.open, named, done.effort, complete=complete)

    def nmap(self) -> Run:
        return self._by_nmap("-sS", "-sV", "-T4")

    def tuned_nmap(self) -> Run:
        return self._by_nmap("-n", "-Pn", "-sS", "-sV", "-T4", "--min-rate", str(TUNED_RATE))

    def fixed(self) -> Run:
        library = shim.library_directory(self._scratch())
        argv = ["masscan", "-iL", str(self.listed), "-p", self.ports, "--rate", str(RATE), "--retries", "1"]
        argv += ["--wait", "4", "--interface", "eth0", "--adapter-ip", str(self.lab.workers[0].address)]
        argv += ["--router-ip", self._gateway()]
        seconds, output = self._run(argv, **({"LD_LIBRARY_PATH": str(library)} if library else {}))
        found = {(at, int(port)) for port, at in re.findall(r"Discovered open port (\d+)/tcp on (\S+)", output)}
        hosts, ports = sorted({at for at, _ in found}), sorted({port for _, port in found})
        asked = ["-p", ",".join(map(str, ports)), *hosts]
        more, output = self._run(["nmap", "-n", "-Pn", "-sS", "-sV", "-T4", "-oX", "-", *asked])
        return Run(seconds + more, found, found_by_nmap(output)[1])

    def _by_nmap(self, *options: str) -> Run:
        seconds, output = self._run(["nmap", *options, "-p", self.ports, "-iL", str(self.listed), "-oX", "-"])
        return Run(seconds, *found_by_nmap(output))

    def _run(self, argv: list[str], **variables: str) -> tuple[float, str]:
        started = time.monotonic()
        done = subprocess.run(
            self.lab.in_worker(argv),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            env=dict(os.environ) | variables,
        )
        if done.returncode:
            raise SystemExit(f"{argv[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
        return time.monotonic() - started, done.stdout

    def _gateway(self) -> str:
        return subprocess.run(
            self.lab.in_worker(["ip", "-4", "route", "show", "default"]), capture_output=True, text=True, check=True
        ).stdout.split()[2]

    def _scratch(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.directory))


def scatter(lab: Lab, network: IPv4Network) -> dict[str, str]:
    """Gives each host one more address, somewhere in `network`; to the rest of it the lab's router answers nothing."""
    chance = random.Random(network.prefixlen)
    offsets = chance.sample(range(1, network.num_addresses - 1), len(lab.hosts))
    scattered = {str(host.address): str(network[offset]) for host, offset in zip(lab.hosts, offsets, strict=True)}
    ip(
        [f"route add blackhole {network}", *(f"route add {new} via {old}" for old, new in scattered.items())],
        namespace=lab.router_namespace,
    )
    for host in lab.hosts:
        ip([f"addr add {scattered[str(host.address)]}/32 dev lo"], namespace=host.namespace)
    return scattered


def found_by_nmap(xml: str) -> tuple[set[Cell], set[Cell]]:
    """The cells that are open, and those of them whose product is told."""
    address, found, named = "", set(), set()
    for match in _OPEN.finditer(xml):
        address = match[1] or address
        if match[2]:
            found.add((address, int(match[2])))
        if match[3]:
            named.add((address, int(match[2])))
    return found, named


@contextlib.contextmanager
def standing(case: Case) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as name, Lab.start(hosts=many(case.hosts, seed=7)) as lab:
        Path(name).chmod(0o711)
        yield Bench(lab, case, Path(name))


def measured(case: Case) -> Json:
    runs: dict[str, list[Run]] = {}
    with standing(case) as bench:
        truth = bench.truth
        say(f"{case.name}: {len(truth)} open")
        peers: dict[str, Callable[[], Run]] = {
            "ours": bench.ours,
            "nmap": bench.nmap,
            "tuned_nmap": bench.tuned_nmap,
            "fixed": bench.fixed,
        }
        for name in (name for _ in range(ROUNDS) for name in PEERS if not is_broken_off(runs, name)):
            run = within_patience(peers[name])
            runs.setdefault(name, []).append(run)
            missed, false = len(truth - run.found), len(run.found - truth)
            told = f"missed {missed}, false {false}, named {len(truth & run.named)} {json.dumps(run.more)}"
            say(f"  {name}: {run.seconds:.1f} s, {told if run.ended else 'not ended, and broken off'}")
    return summary(case, truth, runs)


def within_patience(peer: Callable[[], Run]) -> Run:
    try:
        return peer()
    except subprocess.TimeoutExpired as late:
        return Run(late.timeout, set(), ended=False, complete=False)


def is_broken_off(runs: dict[str, list[Run]], name: str) -> bool:
    return any(not run.ended for run in runs.get(name, []))


def summary(case: Case, truth: set[Cell], runs: dict[str, list[Run]]) -> Json:
    seconds = {name: round(median(run.seconds for run in each), 1) for name, each in runs.items()}
    ours = runs.get("ours", [])
    told: Json = {"name": case.name, **{f"{name}_s": value for name, value in seconds.items()}}
    for name in ("nmap", "tuned_nmap", "fixed"):
        if ours and name in seconds:
            told[f"ratio_{name}"] = round(seconds[name] / seconds["ours"], 2)
    broken_off = [name for name in runs if is_broken_off(runs, name)]
    if broken_off:
        told["broken_off"] = broken_off
    told["missed"] = max((len(truth - run.found) for run in ours), default=None)
    told["false"] = max((len(run.found - truth) for run in ours), default=None)
    told["unnamed"] = max((len(truth - run.named) for run in ours), default=None)
    for name, each in runs.items():
        if name not in broken_off:
            told[f"named_{name}"] = min(len(truth & run.named) for run in each)
    if incomplete := sum(not run.complete for run in ours):
        told["incomplete"] = incomplete
    return told


def main() -> int:
    unwind_when_told_to_end()
    cases = [measured(ALL[name]) for name in CASES]
    sys.stdout.write(json.dumps({"cases": cases}) + "\n")
    return int(any("incomplete" in case for case in cases))


if __name__ == "__main__":
    sys.exit(main())
