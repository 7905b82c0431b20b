"""`make bench-lossy`: a path that is slow, short of room and loses packets: what the worker finds, beside one masscan at a fixed rate with one nmap after it.

HOSTS behind the path answer on OPEN of their ports, scattered over all, and refuse the rest. Both look for open ports alone (our
profile `discovery`). The pipeline's nmap asks all hosts for all ports that masscan found on any, and what either found counts.
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from ipaddress import IPv4Network
from pathlib import Path
from statistics import median
from typing import Any

from functions.core.model import Protocol
from functions.core.ports import parse_ports
from scanner_image import shim
from tests.bench.attempts import attempt
from tests.ended_early import unwind_when_told_to_end
from tests.lab.hosts import HostSpec, ServiceSpec
from tests.lab.lab import Lab
from tests.lab.namespaces import ip, nft
from tests.lab.slow_path import SlowPath, slowed
from tests.progress import say
from tests.scanner_image.fakes import chunk_spec

HOSTS = int(os.environ.get("HOSTS", "8"))
PORTS = parse_ports(os.environ.get("PORTS", "1-65535"), protocol=Protocol.TCP, field="ports")
OPEN = int(os.environ.get("OPEN", "6000"))
RATE = int(os.environ.get("RATE", "100000"))
"""The network's cap for ours, and what masscan is told in the fixed pipeline."""
ROUNDS = int(os.environ.get("ROUNDS", "3"))
PATH = SlowPath(
    pps=int(os.environ.get("PATH_PPS", "20000")),
    delay_ms=int(os.environ.get("DELAY_MS", "40")) // 2,
    lost_of_1000=int(os.environ.get("LOST_OF_1000", "10")),
    queue_ms=int(os.environ.get("QUEUE_MS", "100")),
)
ADDRESSES = tuple(str(IPv4Network("10.80.0.0/24")[1 + index]) for index in range(HOSTS))
_PATIENCE_S = 900
_SERVED = 7
_FOUND = re.compile(r"Discovered open port (\d+)/tcp on (\S+)")
_NMAP = re.compile(r'<address addr="([^"]+)" addrtype="ipv4"/>|<port protocol="tcp" portid="(\d+)"><state state="open"')

Cell = tuple[str, int]
Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    seconds: float
    found: frozenset[Cell]


def planned() -> frozenset[Cell]:
    """What is open: the port that all others lead to is so on every address."""
    ports = [port for port in PORTS.numbers if port != _SERVED]
    cells = random.Random(11).sample(range(HOSTS * len(ports)), OPEN)
    served = {(address, _SERVED) for address in ADDRESSES if _SERVED in PORTS}
    return frozenset((ADDRESSES[cell % HOSTS], ports[cell // HOSTS]) for cell in cells) | served


def serve(lab: Lab, cells: Iterable[Cell]) -> None:
    """One host answers for all. Of refused cells its kernel keeps no account, which would soon be full."""
    host = lab.hosts[0]
    ip([f"route add local {address} dev lo" for address in ADDRESSES], namespace=host.namespace)
    ip([f"route add {address} via {host.address}" for address in ADDRESSES], namespace=lab.router_namespace)
    elements = ", ".join(f"{address} . {port}" for address, port in cells)
    nft(
        host.namespace,
        "add table ip many\n"
        "add set ip many open { type ipv4_addr . inet_service; }\n"
        f"add element ip many open {{ {elements} }}\n"
        "add chain ip many early { type filter hook prerouting priority raw; }\n"
        "add rule ip many early meta l4proto tcp ip daddr . tcp dport != @open notrack\n"
        "add chain ip many late { type filter hook output priority raw; }\n"
        "add rule ip many late meta l4proto tcp ip saddr . tcp sport != @open "
        f"tcp sport != {_SERVED} notrack\n"
        "add chain ip many steer { type nat hook prerouting priority dstnat; }\n"
        f"add rule ip many steer ip daddr . tcp dport @open redirect to :{_SERVED}\n",
    )


def ours(lab: Lab) -> Run:
    spec = chunk_spec(*ADDRESSES, ports=PORTS.canonical(), profile="discovery", rate=RATE, deadline_s=_PATIENCE_S)
    done = attempt(lab, spec)
    if done.document.trailer.outcome != "complete":
        say(f"    {done.document.trailer.outcome}: {done.document.trailer.reason}")
    say(f"    {json.dumps(done.effort)}")
    return Run(done.seconds, frozenset(done.document.open))


def fixed(lab: Lab) -> Run:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o711)
        library = shim.library_directory(place)
        argv = ["masscan", *ADDRESSES, "-p", PORTS.canonical(), "--rate", str(RATE), "--retries", "1", "--wait", "4"]
        argv += ["--interface", "eth0", "--adapter-ip", str(lab.workers[0].address), "--router-ip", _gateway(lab)]
        seconds, output = _run(lab, argv, **({"LD_LIBRARY_PATH": str(library)} if library else {}))
        found = {(at, int(port)) for port, at in _FOUND.findall(output)}
        listed = place / "found"
        listed.write_text("".join(f"{at}\n" for at in sorted({at for at, _ in found})))
        ports = ",".join(map(str, sorted({port for _, port in found})))
        say(f"    masscan {seconds:.1f} s, {len(found)} open")
        more, output = _run(lab, ["nmap", "-n", "-Pn", "-sS", "-T4", "-p", ports, "-iL", str(listed), "-oX", "-"])
    return Run(seconds + more, frozenset(found | _by_nmap(output)))


def _by_nmap(output: str) -> set[Cell]:
    address, found = "", set()
    for match in _NMAP.finditer(output):
        address = match[1] or address
        if match[2]:
            found.add((address, int(match[2])))
    return found


def _run(lab: Lab, argv: list[str], **variables: str) -> tuple[float, str]:
    started = time.monotonic()
    done = subprocess.run(
        lab.in_worker(argv),
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=True,
        env=dict(os.environ) | variables,
    )
    return time.monotonic() - started, done.stdout


def _gateway(lab: Lab) -> str:
    argv = lab.in_worker(["ip", "-4", "route", "show", "default"])
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()[2]


def measured(lab: Lab, truth: frozenset[Cell]) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {"ours": [], "fixed": []}
    for _ in range(ROUNDS):
        for name, peer in (("ours", ours), ("fixed", fixed)):
            with slowed(lab, PATH) as passed:
                run = peer(lab)
            runs[name].append(run)
            missed, false = len(truth - run.found), len(run.found - truth)
            say(f"  {name}: {run.seconds:.1f} s, recall {recall(run, truth):.4%}, missed {missed}, false {false}")
            say(f"    on the path: {json.dumps(asdict(passed))}")
    return runs


def recall(run: Run, truth: frozenset[Cell]) -> float:
    return len(run.found & truth) / len(truth)


def main() -> None:
    unwind_when_told_to_end()
    truth = planned()
    with Lab.start(hosts=(HostSpec("many", (ServiceSpec("answer", "shy", _SERVED),)),)) as lab:
        serve(lab, truth)
        say(f"{HOSTS} hosts, {len(truth)} open of {HOSTS * PORTS.count} cells; {json.dumps(asdict(PATH))}")
        runs = measured(lab, truth)
    told: Json = {}
    for name, each in runs.items():
        told[f"{name}_recall"] = round(min(recall(run, truth) for run in each), 6)
    for name, each in runs.items():
        told[f"{name}_s"] = round(median(run.seconds for run in each), 1)
    told["false"] = max(len(run.found - truth) for each in runs.values() for run in each)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
