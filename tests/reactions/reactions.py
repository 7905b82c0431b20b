"""Each reaction on a running scan of the lab: seconds from the act to the last packet, or to the socket's close."""

import json
import time
from datetime import UTC, datetime, timedelta

from websockets.exceptions import ConnectionClosed

from tests.e2e.platform import Json, Project
from tests.reactions.scans import Stand, next_minute

LONG = timedelta(hours=2)


def token_revocation(stand: Stand, project: Project, scan: Json) -> float:
    """To the close of a socket that follows the scan."""
    made = project.token("read")
    with stand.platform.live(project.id, token=made["token"]) as socket:
        socket.send(json.dumps({"action": "subscribe", "topic": f"scan:{scan['id']}", "project": project.id}))
        socket.recv(timeout=15)
        began = time.monotonic()
        stand.platform.client.delete("projects", project.id, "tokens", made["details"]["id"])
        try:
            while time.monotonic() - began < 60:
                socket.recv(timeout=60)
        except ConnectionClosed:
            return time.monotonic() - began
    raise AssertionError("the socket was not closed within a minute")


def kill_switch(stand: Stand, project: Project, scan: Json) -> float:
    told: list[float] = []
    with stand.timed(told) as act:
        time.sleep(3)
        act(datetime.now(UTC))
        stand.platform.client.put("projects", project.id, "halt", body={"why": "to see how fast it is"})
    stand.settled(project, scan, status="paused", stop="halt")
    stand.platform.client.delete("projects", project.id, "halt", why="it was seen")
    return told[0]


def window_end(stand: Stand) -> float:
    project = stand.project("hours")
    stand.attest(project, until=datetime.now(UTC) + LONG)
    closes = next_minute(at_least=stand.soon)
    told: list[float] = []
    with stand.timed(told) as act:
        scan = stand.begin(project, window=_until(closes))
        act(closes)
        time.sleep(max((closes - datetime.now(UTC)).total_seconds(), 0))
    stand.settled(project, scan, status="paused", stop="window")
    stand.end(project, scan)
    return told[0]


def authority_end(stand: Stand) -> float:
    """The later of two: of one whose time is over, and of one that is revoked."""
    return max(_ends_by_itself(stand), _is_revoked(stand))


def _ends_by_itself(stand: Stand) -> float:
    project = stand.project("an authority that ends")
    until = datetime.now(UTC) + stand.soon
    stand.attest(project, until=until)
    told: list[float] = []
    with stand.timed(told) as act:
        scan = stand.begin(project)
        act(until)
        time.sleep(max((until - datetime.now(UTC)).total_seconds(), 0))
    project.ended(scan)
    return told[0]


def _is_revoked(stand: Stand) -> float:
    project = stand.project("an authority that is revoked")
    authority = stand.attest(project, until=datetime.now(UTC) + LONG)
    told: list[float] = []
    with stand.timed(told) as act:
        scan = stand.begin(project)
        act(datetime.now(UTC))
        project.post("authorities", authority["id"], "revoke", body={"why": "to see how fast it is"})
    project.ended(scan)
    return told[0]


def _until(closes: datetime) -> Json:
    """Open for the hours before, over midnight too."""
    opens = closes - timedelta(hours=6)
    return {"timezone": "UTC", "hours": [{"start": f"{opens:%H:%M}", "end": f"{closes:%H:%M}"}]}
