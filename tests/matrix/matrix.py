"""Each action by each role, in their own project and in another, held to what was written by hand."""

import csv
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from cli.client import Client
from cli.errors import ApiError
from tests.e2e.platform import Json, Platform
from tests.matrix.calls import AFTER, FRESH, QUERIES, STALE, Ask
from tests.matrix.world import MEMBERS, Settled, World, someone

EXPECTED = Path(__file__).with_name("expected.csv")
OWN = (*MEMBERS, "owner", "stranger", "anonymous")
UNASKED, NOBODY = "-", "anonymous"
_REFUSED = {401: "401", 403: "403", 404: "404"}


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
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def served(platform: Platform) -> set[str]:
    """Every route that the deployed stack tells of."""
    document = httpx.get(f"{platform.access.url}/openapi.json", timeout=60, trust_env=False).json()
    return {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}


def unmatched(platform: Platform) -> list[Cell]:
    """Routes without a row, and rows without a route: each counts as a wrong cell."""
    rows, routes = {row["action"] for row in expected() if not row["action"].startswith("FRAME")}, served(platform)
    return [
        *(Cell(each, "anybody", "table", "a row", "none") for each in sorted(routes - rows)),
        *(Cell(each, "anybody", "table", "a route", "none") for each in sorted(rows - routes)),
    ]


def questions(row: Mapping[str, str], own: Settled, foreign: Settled) -> Iterator[tuple[str, str, Settled, str]]:
    """Who asks, what that is called, in which project with whose ids, and what must come of it."""
    for who in OWN:
        yield who, "own", own, row[who]
    for who in MEMBERS:
        yield who, "foreign", foreign, row["foreign"]
    if "{project}" in row["action"]:
        yield "owner", "foreign", foreign, row["owner"]
    yield "admin", "mixed", Settled(own.project, foreign.ids), row["mixed"]


class Matrix:
    def __init__(self, world: World, own: Settled, foreign: Settled, common: Mapping[str, str]) -> None:
        self.world = world
        self.own, self.foreign = own, foreign
        self.common = common
        self._http = httpx.Client(base_url=world.platform.access.url + "/v1/", timeout=60, trust_env=False)
        self._tokens: dict[str, tuple[str, float]] = {}

    def cells(self, tell: Callable[[str], object], *, only: str = "") -> Iterator[Cell]:
        """`only`: a pattern that the actions hold; every action without it."""
        for row in expected():
            if not re.search(only, row["action"]):
                continue
            ask = self._frame if row["action"].startswith("FRAME") else self._route
            for who, where, there, wanted in questions(row, self.own, self.foreign):
                if wanted == UNASKED:
                    continue
                cell = Cell(row["action"], who, where, wanted, ask(row["action"], who, there))
                if cell.wrong:
                    tell(str(cell))
                yield cell

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
        into = there.project if who == "owner" else self.own.project
        frame: Json = {"action": verb}
        if topic:
            frame["topic"] = topic[0].replace("{project}", there.project).replace("{scan}", there.ids["scan"])
            if frame["topic"].startswith("scan"):
                frame["project"] = there.project
        with self._connection(who, into) as connection:
            connection.send(json.dumps(frame))
            if verb == "unsubscribe":
                # Which is answered only where it is refused: the pong that follows tells that it was not.
                connection.send(json.dumps({"action": "ping"}))
            told = json.loads(connection.recv(timeout=30))
        return {"forbidden": "403", "not-found": "404"}.get(told.get("error", ""), "yes") if told else "nothing"

    @contextmanager
    def _connection(self, who: str, project: str) -> Iterator[ClientConnection]:
        with Client(self.world.platform.access.model_copy(update={"token": self._token(who)})) as client:
            ticket = client.post("projects", project, "tickets")["ticket"]
        with self.world.platform.handshake(ticket) as connection:
            yield connection

    def closed_door(self) -> Cell:
        """Nobody comes in with a ticket that nobody made."""
        try:
            self.world.platform.handshake("vdk_nobodys").close()
            got = "yes"
        except InvalidStatus as refusal:
            got = "refused" if refusal.response.status_code in (401, 403) else str(refusal.response.status_code)
        return Cell("FRAME connect", NOBODY, "own", "refused", got)


def _outcome(answer: httpx.Response) -> str:
    """`yes`: authority did not stand in the way, whatever else did; `empty`: a list of nothing."""
    if answer.status_code >= 500:
        return f"{answer.status_code}: {answer.text[:200]}"
    if answer.status_code in _REFUSED:
        return _REFUSED[answer.status_code]
    if answer.status_code == 200 and answer.json().get("items") == []:
        return "empty"
    return "yes"
