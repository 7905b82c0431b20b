"""Each action by each role, in their own project and in another, held to what was written by hand."""

import csv
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
from websockets.exceptions import InvalidStatus

from cli.errors import ApiError
from functions.websocket.frames import PERMISSIONS
from tests.e2e.platform import Json, Platform
from tests.matrix.calls import AFTER, FRESH, QUERIES, STALE, Ask
from tests.matrix.world import MEMBERS, Settled, World, someone

EXPECTED = Path(__file__).with_name("expected.csv")
AT_ONCE = 3
"""Questions on their way together."""
PATIENCE_S = 300
"""With an answer, on a machine that does much else."""
OWN = (*MEMBERS, "owner", "stranger", "anonymous")
UNASKED, NOBODY = "-", "anonymous"
_PROJECT = "/v1/projects/{project}"
UNTOLD = frozenset({"GET /docs", "GET /openapi.json", "FRAME connect"})
"""What the deployed stack's description does not hold: itself, and how to come in."""
_REFUSED = {401: "401", 403: "403", 404: "404"}
_REFUSING = {"unauthenticated": "401", "forbidden": "403", "not-found": "404"}


@dataclass(frozen=True)
class Cell:
    action: str
    who: str
    where: str
    """`own`, `foreign`, or `mixed`: an own project's path with another's ids."""
    wanted: str
    got: str

    @property
    def wrong(self) -> bool:
        """Who may read a list may find it empty."""
        return self.wanted != self.got and (self.wanted, self.got) != ("yes", "empty")

    def __str__(self) -> str:
        return f"{self.action} by {self.who} ({self.where}): expected {self.wanted}, got {self.got}"


def expected() -> list[dict[str, str]]:
    """In the order in which it is asked: whoever accepts an invitation is a stranger no more."""
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def served(platform: Platform) -> set[str]:
    """Every route that the deployed stack tells of."""
    document = httpx.get(f"{platform.access.url}/openapi.json", timeout=PATIENCE_S, trust_env=False).json()
    return {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}


def unmatched(platform: Platform) -> list[Cell]:
    """Routes and frames without a row, and rows without one of these: each counts as a wrong cell."""
    rows = {_kind(row["action"]) for row in expected()}
    there = served(platform) | UNTOLD | {f"FRAME {verb}" for verb in PERMISSIONS}
    return [
        *(Cell(each, "anybody", "table", "a row", "none") for each in sorted(there - rows)),
        *(Cell(each, "anybody", "table", "a route", "none") for each in sorted(rows - there)),
    ]


def _kind(action: str) -> str:
    """Of a frame its verb alone: about what it is does not make it another."""
    return " ".join(action.split(" ")[:2]) if action.startswith("FRAME") else action


def questions(row: Mapping[str, str], own: Settled, foreign: Settled) -> Iterator[tuple[str, str, Settled, str]]:
    """Who asks, what that is called, in which project with whose ids, and what must come of it."""
    for who in OWN:
        yield who, "own", own, row[who]
    for who in MEMBERS:
        yield who, "foreign", foreign, row["foreign"]
    if "{project}" in row["action"] or "{scan}" in row["action"]:
        yield "owner", "foreign", foreign, row["owner"]
    yield "admin", "mixed", Settled(own.project, foreign.ids), row["mixed"]


class Matrix:
    def __init__(self, world: World, own: Settled, foreign: Settled, common: Mapping[str, str]) -> None:
        self.world = world
        self.own, self.foreign = own, foreign
        self.common = common
        self._http = httpx.Client(base_url=world.platform.access.url, timeout=PATIENCE_S, trust_env=False)
        self._tokens: dict[str, tuple[str, float]] = {}

    def cells(self, tell: Callable[[str], object], *, only: str = "") -> Iterator[Cell]:
        """`only`: a pattern that the actions hold; every action without it."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for row in expected():
                if not re.search(only, row["action"]):
                    continue
                for cell in self._row(row, pool):
                    if cell.wrong:
                        tell(str(cell))
                    yield cell

    def _row(self, row: Mapping[str, str], pool: Executor) -> Iterator[Cell]:
        """What changes nothing, because it reads or is to be refused, is asked for at once; the rest one after another."""
        action = row["action"]
        asked = [each for each in questions(row, self.own, self.foreign) if each[3] != UNASKED]
        alone = action in FRESH or action in AFTER
        together = [each for each in asked if not alone and (action.startswith("GET") or each[3] in _REFUSED.values())]
        yield from pool.map(lambda each: self._cell(action, *each), together)
        yield from (self._cell(action, *each) for each in asked if each not in together)

    def _cell(self, action: str, who: str, where: str, there: Settled, wanted: str) -> Cell:
        ask = self._frame if action.startswith("FRAME") else self._route
        return Cell(action, who, where, wanted, ask(action, who, there))

    def _route(self, action: str, who: str, there: Settled) -> str:
        ids = {**there.ids, **self.common}
        if action.partition(" ")[2].startswith("/v1/tokens"):
            ids["token"] = self.common["organisation token"]
        home = self.foreign if there is self.foreign else self.own
        mixed = there not in (self.own, self.foreign)
        if action in FRESH and not mixed:
            try:
                ids |= FRESH[action](self.world, home, who)
            except ApiError as error:
                return f"not prepared: {error}"
        answer = self._send(Ask(who, action, there.project, ids))
        if action in AFTER:
            AFTER[action](self.world, home, who)
        return _outcome(answer)

    def _send(self, ask: Ask) -> httpx.Response:
        """What is told to wait waits."""
        headers = {"If-Match": f'"{STALE}"'}
        if ask.who != NOBODY:
            headers["Authorization"] = f"Bearer {self._token(ask.who)}"
        while True:
            answer = self._http.request(
                ask.method, ask.path, json=ask.body, params=dict(QUERIES.get(ask.action, {})), headers=headers
            )
            if answer.status_code != 429:
                return answer
            time.sleep(2)

    def _token(self, who: str) -> str:
        token, made = self._tokens.get(who, ("", 0.0))
        if not token or time.monotonic() - made > 300:
            token = self.world.platform.issuer.token(someone(who))
            self._tokens[who] = token, time.monotonic()
        return token

    def _frame(self, action: str, who: str, there: Settled) -> str:
        """Over a connection that the caller opened into their own project; an owner's into where they ask."""
        _, verb, *topic = action.split(" ")
        abroad = who == "owner" or verb == "connect"
        ticket = self._ticket(who, there.project if abroad else self.own.project)
        if ticket.status_code != 201:
            return _outcome(ticket)
        frame: Json = {"action": "ping" if verb == "connect" else verb}
        if topic:
            frame["topic"] = topic[0].replace("{project}", there.project).replace("{scan}", there.ids["scan"])
            if frame["topic"].startswith("scan"):
                frame["project"] = there.project
        with self.world.platform.handshake(ticket.json()["ticket"]) as connection:
            connection.send(json.dumps(frame))
            if verb == "unsubscribe":
                # Which is answered only where it is refused: the pong that follows tells that it was not.
                connection.send(json.dumps({"action": "ping"}))
            told = json.loads(connection.recv(timeout=PATIENCE_S))
        wanted = "snapshot" if verb == "subscribe" else "pong"
        return "yes" if told.get("type") == wanted else _REFUSING.get(told.get("error", ""), str(told))

    def _ticket(self, who: str, project: str) -> httpx.Response:
        return self._send(Ask(who, f"POST {_PROJECT}/tickets", project, {}))

    def closed_doors(self) -> Iterator[Cell]:
        """Nobody comes in with a ticket that nobody made, nor twice with one."""
        yield self._knock("FRAME connect with a made-up ticket", "vdk_nobodys")
        ticket = self._ticket("viewer", self.own.project).json()["ticket"]
        self.world.platform.handshake(ticket).close()
        yield self._knock("FRAME connect with a ticket that was taken", ticket)

    def _knock(self, action: str, ticket: str) -> Cell:
        try:
            self.world.platform.handshake(ticket).close()
            got = "yes"
        except InvalidStatus as refusal:
            got = "refused" if refusal.response.status_code in (401, 403) else str(refusal.response.status_code)
        return Cell(action, NOBODY, "own", "refused", got)


def _outcome(answer: httpx.Response) -> str:
    """`yes`: authority did not stand in the way, whatever else did; `empty`: a list of nothing."""
    if answer.status_code >= 500:
        return f"{answer.status_code}: {answer.text[:200]}"
    if answer.status_code in _REFUSED:
        return _REFUSED[answer.status_code]
    if answer.status_code == 200 and "json" in answer.headers["Content-Type"] and answer.json().get("items") == []:
        return "empty"
    return "yes"
