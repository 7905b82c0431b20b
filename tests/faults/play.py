"""One run: a scan of the lab that meets a fault, and what is true after it; then its redrive, after which nothing is missing.

A part of the network was scanned before, without a fault, and a service there has stopped since: so there is something to close.
"""

import gzip
import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from functions.core.messages import CoverageLine
from tests.e2e.estate import PORTS, Cell, targets, truth
from tests.e2e.platform import ENDED, Json, Project
from tests.e2e.workers import workers_of
from tests.faults.kinds import KINDS, WHOLE, Kind, Strike
from tests.faults.series import Played
from tests.faults.stand import Stand
from tests.faults.verdict import Seen, Verdict, judge

GONE_S = 130
"""After its scan's end a worker is gone: what it is given to stop in, and a little."""
AT_WORK = 0.85
"""The share of the runs in which a fault strikes once a worker is there; in the others it may strike before."""
HOST, STOPPED = "web", "http-alt"
"""What is scanned before, and its service that stops then."""
TOLD_S = 30
"""For alerts and history, which follow by streams."""


@dataclass
class Run:
    stand: Stand
    project: Project
    network: Json
    scanned: list[str]
    chance: random.Random
    verdict: Verdict
    bound: float
    met: list[bool] = field(default_factory=list)
    """Of each part of the fault, whether it has met anything."""
    known: frozenset[Cell] = frozenset()
    """What was open when a part was scanned before."""

    @contextmanager
    def one_closed(self) -> Iterator[None]:
        """From a scan before, one of whose services does not run meanwhile."""
        host, addresses = self.stand.lab.host(HOST), targets(self.stand.lab, HOST, versions=(4, 6))
        self.known = frozenset(truth(self.stand.lab, addresses))
        before = self.ended(self.project.start(self.network, targets=addresses))
        if before is not None and before["status"] != "completed":
            self.verdict.say("wrong_status", f"without a fault: {before['status']}: {before['reason']}")
        host.stop(STOPPED)
        try:
            yield
        finally:
            host.start(STOPPED)

    def await_worker(self, scan: Json) -> None:
        """Or the end of what would start one."""
        began = time.monotonic()
        while not workers_of(scan["id"]) and time.monotonic() - began < self.bound / 2:
            time.sleep(0.2)

    def ended(self, scan: Json) -> Json | None:
        """None: not within the bound; it is cancelled then, so that the next run has the lab to itself."""
        began = time.monotonic()
        while time.monotonic() - began < self.bound:
            found = self.project.get("scans", scan["id"])
            if found["status"] in ENDED:
                self._leave_nobody(scan)
                return found
            time.sleep(0.5)
        self.verdict.say("stuck", f"scan {scan['id']} has not ended in {self.bound:.0f} s")
        self.project.post("scans", scan["id"], "cancel")
        return None

    def _leave_nobody(self, scan: Json) -> None:
        began = time.monotonic()
        while workers_of(scan["id"]):
            if time.monotonic() - began > GONE_S:
                self.verdict.say("stuck", f"a worker of scan {scan['id']} is still there")
                return
            time.sleep(0.5)

    def look(self, scan: Json, *, ends: frozenset[str]) -> None:
        """Once what follows the scan has followed."""
        began, seen = time.monotonic(), self._seen(scan)
        while time.monotonic() - began < TOLD_S and not self._is_told(seen):
            time.sleep(1)
            seen = self._seen(scan)
        judge(seen, ends=ends, verdict=self.verdict)

    def _is_told(self, seen: Seen) -> bool:
        found = {(asset, port) for asset, _, port in seen.inventory}
        return {(asset, port) for _, asset, port in seen.alerts} >= found and set(seen.openings) >= set(seen.inventory)

    def _seen(self, scan: Json) -> Seen:
        project, real = self.project, truth(self.stand.lab, self.scanned)
        alerts = [each for each in project.items("alerts") if each["port"] is not None]
        return Seen(
            scan=scan,
            coverage=tuple(self._coverage(scan)),
            truth=frozenset(real),
            inventory=tuple(
                (each["asset"], each["protocol"], each["port"]) for each in project.items("exposures", state="open")
            ),
            alerts=tuple((each["type"], each["asset"], each["port"]) for each in alerts),
            openings=tuple(
                (each["asset"], each["protocol"], each["port"])
                for asset in self.scanned
                for each in project.items("networks", self.network["id"], "hosts", asset, "history")
                if each["event"] == "opened"
            ),
            known=self.known,
        )

    def _coverage(self, scan: Json) -> list[CoverageLine]:
        """Of the documents that the ledger accepted."""
        s3, bucket = self.stand.operator.aws("s3"), self.stand.operator.outputs["ResultsBucketName"]
        found = []
        for chunk in self.project.items("scans", scan["id"], "chunks"):
            if chunk["status"] == "ingested":
                document = gzip.decompress(s3.get_object(Bucket=bucket, Key=chunk["result_key"])["Body"].read())
                lines = map(json.loads, document.splitlines())
                found += [CoverageLine.model_validate(line) for line in lines if line["kind"] == "coverage"]
        return found

    def meet(self, strike: Strike | None, scan: Json) -> None:
        if strike is not None:
            self.met.append(strike(self.stand, self.project, scan, self.chance))


def play(stand: Stand, name: str, chance: random.Random, *, bound: float, tell: Callable[[str], object]) -> Played:
    kind, project = KINDS[name], stand.platform.project(f"faults {chance.random()}")
    scanned = targets(stand.lab, "web", "mail", "ssh", versions=(4, 6))
    network = project.network(
        targets=scanned,
        ports=PORTS,
        rate=chance.choice((600, 1500)),
        profile=chance.choice(("discovery", "discovery", "standard")),
        alerts={"baseline": "alert"},
    )
    run = Run(stand, project, network, scanned, chance, Verdict(), bound)
    try:
        with run.one_closed():
            if kind.prepare is not None:
                kind.prepare(stand, chance)
            tell(_course(run, kind))
    finally:
        stand.calm()
    return Played(run.verdict, met=bool(run.met) and all(run.met))


def _course(run: Run, kind: Kind) -> str:
    """How it went, for people."""
    began = time.monotonic()
    scan = run.project.start(run.network)
    if run.chance.random() < AT_WORK:
        run.await_worker(scan)
    time.sleep(run.chance.uniform(0, 15))
    run.meet(kind.strike, scan)
    ended = run.ended(scan)
    if ended is None:
        return "stuck"
    if kind.met is not None:
        run.met.append(kind.met(run.stand))
    run.stand.calm()
    run.meet(kind.after, ended)
    run.look(run.project.get("scans", scan["id"]), ends=kind.ends)
    told = f"{ended['status']} after {time.monotonic() - began:.0f} s"
    if ended["status"] not in {"partial", "failed"}:
        return told
    again = run.project.post("scans", scan["id"], "redrive")
    run.meet(kind.again, again)
    redriven = run.ended(again)
    if redriven is None:
        return f"{told}; its redrive is stuck"
    run.look(redriven, ends=WHOLE)
    return f"{told} ({ended['reason'][:160]}); redriven: {redriven['status']}"
