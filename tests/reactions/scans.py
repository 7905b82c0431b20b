"""Scans that send steadily for minutes, and the moment of their last packet."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.e2e.platform import Json, Platform, Project, eventually
from tests.lab.capture import Packet
from tests.lab.lab import Lab

RATE = 800
PORTS = "1-3000"
STEADY_S = 4
"""A scan is under way when packets have left for so long."""
QUIET_S = 12
"""Longer than any heartbeat: who has sent nothing for so long has stopped."""


class NotMeasured(Exception):
    """The scan did not do what a reaction is measured on."""


@dataclass
class Stand:
    platform: Platform
    lab: Lab
    slowest: timedelta = timedelta(seconds=40)
    """What a scan has taken to be under way."""

    @property
    def soon(self) -> timedelta:
        """Time enough for a scan to be planned, started and under way."""
        return 1.5 * self.slowest + timedelta(seconds=15)

    def project(self, name: str) -> Project:
        """Without any authority."""
        made = self.platform.client.post("projects", body={"name": name}, key=str(uuid.uuid4()))
        return Project(platform=self.platform, id=made["id"])

    def attest(self, project: Project, *, until: datetime) -> Json:
        ranges = [str(self.lab.network), str(self.lab.network6)]
        draft = {"kind": "attestation", "ranges": ranges, "authorized_by": "the lab", "statement": "it is ours"}
        return project.post("authorities", body=draft | {"until": until.isoformat()}, key=str(uuid.uuid4()))

    def begin(self, project: Project, **settings: object) -> Json:
        """A scan of half the lab, empty addresses included, that is under way when this returns."""
        began = datetime.now(UTC)
        half = str(next(self.lab.network.subnets()))
        network = project.network(targets=[half], ports=PORTS, rate=RATE, profile="discovery", **settings)
        scan = project.start(network)
        eventually(lambda: self._sends(project, scan), seconds=300, what="the scan sends")
        time.sleep(STEADY_S)
        self.slowest = max(self.slowest, datetime.now(UTC) - began)
        return scan

    def _sends(self, project: Project, scan: Json) -> bool:
        found = project.get("scans", scan["id"])
        if found["status"] not in {"planned", "running"}:
            raise NotMeasured(f"the scan is {found['status']}: {found['reason'] or found['stop_why']}")
        chunks = project.items("scans", scan["id"], "chunks")
        return any((chunk["progress"] or {}).get("probes", 0) > 0 for chunk in chunks)

    def end(self, project: Project, scan: Json) -> Json:
        """Cancelled, if nothing else has ended it; as it then stands."""
        if project.get("scans", scan["id"])["status"] in {"planned", "running", "paused"}:
            project.post("scans", scan["id"], "cancel")
        return project.ended(scan)

    def settled(self, project: Project, scan: Json, *, status: str, stop: str) -> None:
        def stands() -> bool:
            found = project.get("scans", scan["id"])
            return (found["status"], found["stop"]) == (status, stop)

        eventually(stands, seconds=90, what=f"scan {scan['id']} is {status} by {stop}")

    @contextmanager
    def timed(self, told: list[float]) -> Iterator[Callable[[datetime], None]]:
        """Hands out what says when the act was; adds the seconds from there to the last packet of any worker."""
        acts: list[datetime] = []
        with self.lab.capture() as seen:
            yield acts.append
            time.sleep(QUIET_S)
            ended = datetime.now(UTC)
        told.append(_seconds(seen.packets, acts[0], ended))


def _seconds(packets: list[Packet], act: datetime, ended: datetime) -> float:
    before = [packet for packet in packets if packet.at < act.timestamp()]
    if len(before) < RATE:
        raise NotMeasured(f"only {len(before)} packets had left before the act")
    last = max(packet.at for packet in packets)
    if ended.timestamp() - last < QUIET_S / 2:
        raise NotMeasured(f"packets still left {ended.timestamp() - act.timestamp():.0f} s after the act")
    return max(last - act.timestamp(), 0.0)


def next_minute(*, at_least: timedelta) -> datetime:
    """The first whole minute after so long from now."""
    return (datetime.now(UTC) + at_least).replace(second=0, microsecond=0) + timedelta(minutes=1)
