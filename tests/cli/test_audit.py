"""`vedette audit` on a pipe: what it lists, and that verify fails as soon as anything differs."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from cli import auditing, exporting
from functions.core.seal import GENESIS, HOUR, Header, hour_of, read_seal, write_lines
from tests.cli.fake_api import FakeApi, Json
from tests.cli.test_scan import Command, command

__all__ = ["command"]

FIRST = hour_of(datetime.now(UTC)) - 3 * HOUR
ENTRY: Json = {
    "id": "E1",
    "at": "2026-11-21T08:30:00Z",
    "principal": "u_1",
    "name": "ann@example.com",
    "source": "192.0.2.1",
    "subject": "network",
    "subject_id": "N",
    "verb": "update",
    "before": {"name": "office"},
    "after": {"name": "lab"},
    "request": "r1",
}
DOWNLOAD = exporting.download


class Audited(FakeApi):
    """Three sealed hours, the first with two entries."""

    def __init__(self) -> None:
        super().__init__()
        self.log: dict[str, list[Json]] = {f"{FIRST:%Y-%m-%dT%H}": [{"sk": "A", "n": 1}, {"sk": "B", "n": 2}]}
        self.documents: dict[str, bytes] = {}
        self.asked: dict[str, str] = {}
        previous = GENESIS
        for hour in (FIRST, FIRST + HOUR, FIRST + 2 * HOUR):
            records = self.log.get(f"{hour:%Y-%m-%dT%H}", [])
            document = b"".join(write_lines(Header(hour=hour, previous=previous), records))
            self.documents[f"{hour:%Y-%m-%dT%H}"] = document
            previous = read_seal(hour, document).head
        self.head = previous

    def _answer(self, request: httpx.Request) -> httpx.Response:
        *_, noun, last = request.url.path.split("/")
        if last == "seals":
            return httpx.Response(200, json={"items": [self._seal(hour) for hour in sorted(self.documents)]})
        if noun == "hours":
            return httpx.Response(200, json={"items": self.log.get(last, [])})
        if last == "audit":
            self.asked = {"path": request.url.path, **request.url.params}
            return httpx.Response(200, json={"items": [ENTRY]})
        return super()._answer(request)

    def _seal(self, hour: str) -> Json:
        return {"hour": f"{hour}:00:00Z", "size": 7, "url": f"http://bucket.test/{hour}", "expires": "-"}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Audited:
    made = Audited()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=made.documents[request.url.path.removeprefix("/")])

    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(auditing, "download", lambda link, file: DOWNLOAD(link, file, transport=transport))
    return made


def verified(command: Command, api: Audited, *options: str) -> tuple[int, Any]:
    done = command("audit", "verify", "--json", *options, api=api)
    return done.code, json.loads(done.out)


def test_a_log_that_nobody_touched_is_verified(command: Command, api: Audited) -> None:
    code, found = verified(command, api)
    assert code == 0
    assert found == {"seals": 3, "entries": 2, "unsealed": 0, "head": api.head, "faults": []}
    assert verified(command, api, "--head", api.head)[0] == 0


def test_a_changed_entry_fails(command: Command, api: Audited) -> None:
    api.log[f"{FIRST:%Y-%m-%dT%H}"][0]["n"] = 7
    code, found = verified(command, api)
    assert code == 1
    assert [(fault["kind"], fault["entry"]) for fault in found["faults"]] == [("changed", "A")]
    told = command("audit", "verify", api=api)
    assert (told.code, told.out.split("\t")[1:3]) == (1, ["changed", "A"])
    assert "1 faults" in told.err


def test_a_missing_seal_and_an_unknown_head_fail(command: Command, api: Audited) -> None:
    del api.documents[f"{FIRST + HOUR:%Y-%m-%dT%H}"]
    code, found = verified(command, api, "--head", "f" * 64)
    assert (code, [fault["kind"] for fault in found["faults"]]) == (1, ["gap", "gap"])


def test_seals_that_stop_fail(command: Command, api: Audited) -> None:
    for hour in (FIRST + HOUR, FIRST + 2 * HOUR):
        del api.documents[f"{hour:%Y-%m-%dT%H}"]
    code, found = verified(command, api)
    assert (code, [fault["kind"] for fault in found["faults"]]) == (1, ["gap"])


def test_entries_since_the_last_seal_are_counted(command: Command, api: Audited) -> None:
    api.log[f"{datetime.now(UTC):%Y-%m-%dT%H}"] = [{"sk": "C"}]
    code, found = verified(command, api)
    assert (code, found["unsealed"]) == (0, 1)


def test_changes_are_listed_with_who_and_what(command: Command, api: Audited) -> None:
    done = command("audit", "list", "--by", "u_1", "--of", "network", api=api)
    assert done.out.split("\t")[1:7] == [
        "ann@example.com",
        "192.0.2.1",
        "network",
        "N",
        "update",
        "name: office -> lab",
    ]
    assert api.asked == {"path": "/v1/projects/P/audit", "by": "u_1", "subject": "network"}
    command("audit", "list", "--organisation", api=api)
    assert api.asked["path"] == "/v1/audit"
    assert command("audit", "list", "--organisation", "--project", "P", api=api).code == 2


def test_seals_are_listed(command: Command, api: Audited) -> None:
    assert len(command("audit", "seals", api=api).out.splitlines()) == 3
