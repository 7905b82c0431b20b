"""Random frames at the deployed WebSocket API: nothing falls over, and every answer keeps to the contract."""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection

from tests.e2e.platform import Platform, Project
from tests.fuzz.answers import Failure, NotOurs, Pong, read_answer
from tests.fuzz.frame_cases import Cases, World

AT_ONCE = 10
"""Frames before a ping that fences them: its answer comes when theirs have come."""
PER_CONNECTION = 200
PATIENCE_S = 120
TICKETS = ("", "x", "vdk_", "vdk_" + "x" * 43, "vdk_%00", "vdk_" + "x" * 3000, "é" * 40, "vdk_../../x", "$connect")


@dataclass
class Found:
    frame_cases: int = 0
    server_errors: int = 0
    schema_violations: int = 0
    errors: int = 0
    """Answers that refuse a frame, as they should."""
    examples: list[str] = field(default_factory=list)

    def error(self, what: str) -> None:
        self.server_errors += 1
        self.examples.append(f"server error: {what}"[:500])

    def violation(self, what: str) -> None:
        self.schema_violations += 1
        self.examples.append(f"schema violation: {what}"[:500])

    def counts(self) -> dict[str, int]:
        return {
            "frame_cases": self.frame_cases,
            "server_errors": self.server_errors,
            "schema_violations": self.schema_violations,
        }


def run(
    platform: Platform,
    *,
    cases: int = 1000,
    seconds: float = 120.0,
    seed: int = 1,
    tell: Callable[[str], object] = print,
) -> dict[str, int]:
    """{"frame_cases", "server_errors", "schema_violations"} of so many cases, or of as many as the time allows."""
    return fuzz(platform, cases=cases, seconds=seconds, seed=seed, tell=tell).counts()


def fuzz(platform: Platform, *, cases: int, seconds: float, seed: int, tell: Callable[[str], object] = print) -> Found:
    project, world = _world(platform)
    found, supply = Found(), Cases(world, seed)
    end = time.monotonic() + seconds
    _knock(platform, found)
    while found.frame_cases < cases and time.monotonic() < end:
        most = min(PER_CONNECTION, cases - found.frame_cases)
        _one_connection(project, world, supply, found, most=most, end=end)
    for example in found.examples[:20]:
        tell(example)
    return found


def _world(platform: Platform) -> tuple[Project, World]:
    """Scans of loopback with nothing in them: ended or not, they are there."""
    ours, theirs = platform.project("frames"), platform.project("others")
    scans = [
        each.start(each.network(name=uuid.uuid4().hex, targets=["127.0.0.1"], ports="1"))["id"]
        for each in (ours, theirs)
    ]
    return ours, World(project=ours.id, scan=scans[0], foreign_project=theirs.id, foreign_scan=scans[1])


def _knock(platform: Platform, found: Found) -> None:
    """Handshakes with what is no ticket."""
    for ticket in TICKETS:
        found.frame_cases += 1
        try:
            with platform.handshake(ticket):
                found.violation(f"{ticket[:40]!r} opened a connection")
        except InvalidStatus as refused:
            if refused.response.status_code >= 500:
                found.error(f"{refused.response.status_code} for the ticket {ticket[:40]!r}")
            elif refused.response.status_code not in {401, 403}:
                found.violation(f"{refused.response.status_code} for the ticket {ticket[:40]!r}")
        except (OSError, WebSocketException, ValueError) as error:
            found.error(f"{error!r} for the ticket {ticket[:40]!r}")


def _one_connection(project: Project, world: World, supply: Cases, found: Found, *, most: int, end: float) -> None:
    sent: list[str | bytes] = []
    try:
        with project.platform.live(project.id) as socket:
            for _ in range(0, most, AT_ONCE):
                sent = [supply.next() for _ in range(AT_ONCE)]
                found.frame_cases += len(sent)
                _exchange(socket, sent, world, found)
                if time.monotonic() > end:
                    return
    except ConnectionClosed as closed:
        found.error(f"the connection ended ({closed}) after one of {sent!r}")
    except TimeoutError:
        found.error(f"no answer in {PATIENCE_S} s after one of {sent!r}")


def _exchange(socket: ClientConnection, frames: list[str | bytes], world: World, found: Found) -> None:
    for frame in frames:
        socket.send(frame)
    pings = 1 + sum(_is_ping(frame) for frame in frames)
    socket.send('{"action": "ping"}')
    while pings:
        text = socket.recv(timeout=PATIENCE_S)
        try:
            answer = read_answer(text, topics=world.topics)
        except NotOurs as fallen:
            found.error(f"{fallen} to one of {frames!r}")
        except ValueError as broken:
            found.violation(str(broken))
        else:
            pings -= isinstance(answer, Pong)
            found.errors += isinstance(answer, Failure)


def _is_ping(frame: str | bytes) -> bool:
    """Whether the contract says that it is answered by a pong: that and nothing else is in it."""
    try:
        return bool(json.loads(frame) == {"action": "ping"})
    except (ValueError, RecursionError):
        return False


def first(cases: Cases, number: int) -> list[str | bytes]:
    return list(islice(iter(cases.next, object()), number))
