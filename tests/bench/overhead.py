"""What the platform costs beyond its tools: a lab scan by `vedette scan`, beside the same masscan and nmap by hand.

Both scan the same hosts and ports at the same rate, one after the other in one run: by hand, one masscan over everything
and then one nmap over what it found, with the options (and the capture library) that the worker gave its own.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scanner_image import shim
from tests.e2e.conftest import free_port
from tests.e2e.platform import Json, Platform, Project, deployed
from tests.ended_early import unwind_when_told_to_end
from tests.lab.hosts import many
from tests.lab.lab import Lab
from tests.progress import say

HOSTS = int(os.environ.get("HOSTS", "16"))
PORTS = os.environ.get("PORTS", "1-65535")
RATE = int(os.environ.get("RATE", "10000"))

Cell = tuple[str, int]


@dataclass(frozen=True)
class Figures:
    seconds: float
    found: set[Cell]


def by_vedette(platform: Platform, project: Project, targets: list[str]) -> tuple[Figures, Json]:
    started = time.monotonic()
    done = platform.command(
        "scan", *targets, "--ports", PORTS, "--rate", str(RATE), "--project", project.id, "--json", timeout=3000
    )
    seconds = time.monotonic() - started
    if done.returncode:
        raise SystemExit(f"vedette scan ended with {done.returncode}: {done.stderr[-2000:]}")
    document = json.loads(done.stdout)
    return Figures(seconds, {(port["asset"], port["port"]) for port in document["ports"]}), document["scan"]


def start_up_seconds(scan: Json, lines: list[Json]) -> float:
    """From the request to the moment that the first worker began."""
    first = min(datetime.fromisoformat(line["started"]) for line in lines if line["kind"] == "header")
    return (first - datetime.fromisoformat(scan["created"])).total_seconds()


def by_hand(lab: Lab, argvs: list[list[str]], targets: list[str], scratch: Path) -> Figures:
    started = time.monotonic()
    discovery = next(argv for argv in argvs if "masscan" in argv[0] and "--show" not in argv)
    listed = scratch / "targets"
    listed.write_text("\n".join(targets) + "\n")
    again = with_options(discovery, {"-iL": str(listed), "-p": PORTS, "--rate": str(RATE)})
    worker = lab.workers[0]
    again = with_options(again, {"--adapter-ip": str(worker.address), "--router-ip": gateway(lab)})
    library = shim.library_directory(scratch)
    output = run(lab, again, {"LD_LIBRARY_PATH": str(library)} if library else {})
    found = {(address, int(port)) for port, address in re.findall(r"open port (\d+)/tcp on (\S+)", output)}
    say(f"by hand: masscan {time.monotonic() - started:.1f} s, {len(found)} open")
    detection = without(next(argv for argv in argvs if "-sV" in argv), "--versiondb")
    open_hosts, open_ports = {address for address, _ in found}, sorted({port for _, port in found})
    listed.write_text("\n".join(sorted(open_hosts)) + "\n")
    run(
        lab,
        with_options(detection, {"-iL": str(listed), "-p": ",".join(map(str, open_ports)), "--max-rate": str(RATE)}),
        {},
    )
    return Figures(time.monotonic() - started, found)


def gateway(lab: Lab) -> str:
    route = subprocess.run(
        lab.in_worker(["ip", "-4", "route", "show", "default"]), capture_output=True, text=True, check=True
    ).stdout
    return route.split()[2]


def with_options(argv: list[str], options: dict[str, str]) -> list[str]:
    """The same command with other values for these options."""
    changed = list(argv)
    for option, value in options.items():
        if option in changed:
            changed[changed.index(option) + 1] = value
    return changed


def without(argv: list[str], option: str) -> list[str]:
    """The same command without an option and its value."""
    if option not in argv:
        return argv
    at = argv.index(option)
    return argv[:at] + argv[at + 2 :]


def run(lab: Lab, argv: list[str], variables: dict[str, str]) -> str:
    done = subprocess.run(
        lab.in_worker(argv),
        capture_output=True,
        text=True,
        timeout=3000,
        check=False,
        env=dict(os.environ) | variables,
    )
    return done.stdout


def main() -> None:
    unwind_when_told_to_end()
    with tempfile.TemporaryDirectory() as directory, Lab.start(hosts=many(HOSTS, seed=7)) as lab:
        root = Path(directory)
        targets = [str(host.address) for host in lab.hosts]
        truth = {(address, port) for address in targets for proto, port in lab.truth.get(address, {}) if proto == "tcp"}
        say(f"{HOSTS} hosts, ports {PORTS}, {RATE} packets/s, {len(truth)} open")
        with deployed(root / "platform", port=free_port()) as platform:
            platform.place_tasks(lab.worker_namespaces)
            project = platform.project("overhead")
            ours, scan = by_vedette(platform, project, targets)
            lines = project.result_lines(scan)
        argvs = [command["argv"] for line in lines if line["kind"] == "trailer" for command in line["commands"]]
        say(f"vedette: {ours.seconds:.1f} s, {len(ours.found)} open, {scan['counts']['chunks']} chunks")
        hand = by_hand(lab, argvs, targets, root)
        say(f"by hand: {hand.seconds:.1f} s")
    figures = {
        "vedette_s": round(ours.seconds, 1),
        "by_hand_s": round(hand.seconds, 1),
        "ratio": round(ours.seconds / hand.seconds, 3),
        "start_up_s": round(start_up_seconds(scan, lines), 1),
        "missed": len(truth - ours.found),
        "false": len(ours.found - truth),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
