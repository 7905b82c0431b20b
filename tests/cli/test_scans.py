"""`vedette scans`, `vedette diff` and `vedette rescan`, from their arguments to what they print."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.errors import UsageError
from cli.rescan import split_target
from tests.cli.fake_api import COUNTS, EXPOSURE, FakeApi, Json
from tests.cli.test_scan import Command, command

__all__ = ["command"]

SNAPSHOT: Json = {
    "targets": ["10.0.0.0/24"],
    "exclusions": [],
    "ports": "22,80",
    "protocols": ["tcp"],
    "profile": {"name": "standard"},
    "rate": 100,
    "deadline_minutes": 90,
    "cells": [],
}
ENDED: Json = {
    "id": "SCAN",
    "kind": "scan",
    "network": "NET",
    "status": "completed",
    "cause": {"kind": "api", "principal": "me\x1b[2J"},
    "snapshot": SNAPSHOT,
    "counts": COUNTS | {"miss_rate": 0.0005},
    "reason": "",
    "created": "2026-01-01T00:00:00Z",
    "started": None,
    "ended": "2026-01-01T00:01:00Z",
    "version": 3,
}
CHUNK: Json = {
    "chunk": "00000",
    "status": "ingested",
    "attempt": 1,
    "cells": 512,
    "counts": {"cells_covered": 512, "open_ports": 2},
    "outcome": "complete",
    "summary": "10.0.0.0-10.0.0.255 tcp 22,80",
    "times": [
        {"phase": "discovery", "wall_s": 14.2, "busy_s": 12.0},
        {"phase": "identification", "wall_s": 20.0, "busy_s": 55.4},
    ],
    "reason": "",
}
RAW: Json = {"attempt": 1, "name": "nmap-1.xml.gz", "size": 3, "url": "http://bucket.test/raw?sig=x", "expires": "soon"}
FILES = "projects/P/scans/SCAN/chunks/00000/raw"


def glimpse(answer: str, product: str = "") -> Json:
    service = {"name": "ssh" if product else "", "product": product, "version": "", "tunnel": ""}
    return {"answer": answer, "service": service}


def item(verdict: str, port: int, before: Json | None, after: Json | None) -> Json:
    cell = {"asset": "10.0.0.1", "protocol": "tcp", "port": port}
    return {"verdict": verdict, **cell, "before": before, "after": after}


ZERO = {"opened": 0, "closed": 0, "changed": 0, "unchanged": 0, "not_comparable": 0}
FIRST_PAGE: Json = {
    "items": [item("opened", 22, glimpse("refused"), glimpse("open", "evil\x1b[2J"))],
    "counts": {**ZERO, "opened": 1, "cells_compared": 10, "cells_not_comparable": 0},
    "next_cursor": "more",
}
LAST_PAGE: Json = {
    "items": [item("not_comparable", 80, glimpse("open"), None)],
    "counts": {**ZERO, "not_comparable": 1, "cells_compared": 5, "cells_not_comparable": 7},
    "next_cursor": None,
}


class ScansApi(FakeApi):
    """`refusals`: how often a deletion has to be asked for again."""

    def __init__(self, refusals: int = 0, scan: Json = ENDED) -> None:
        super().__init__()
        self.refusals = refusals
        self.scan = scan
        self.asked: list[httpx.Request] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path.split("/v1/", 1)[1]
        answers: dict[tuple[str, str], Any] = {
            ("GET", "projects/P/scans"): {"items": [ENDED], "next_cursor": None},
            ("GET", "projects/P/scans/SCAN"): self.scan,
            ("GET", "projects/P/scans/SCAN/chunks"): {"items": [CHUNK], "next_cursor": None},
            ("GET", FILES): {"items": [RAW]},
            ("GET", "projects/P/scans/SCAN/diff"): LAST_PAGE if "cursor" in request.url.params else FIRST_PAGE,
        }
        if request.method == "DELETE":
            return self._delete()
        if (request.method, path) in answers:
            return httpx.Response(200, json=answers[request.method, path])
        return super()._answer(request)

    def _delete(self) -> httpx.Response:
        if self.refusals:
            self.refusals -= 1
            return httpx.Response(503, json={"type": "urn:vedette:error:unavailable", "detail": "ask again"})
        return httpx.Response(204)

    def last(self, method: str, path: str) -> httpx.Request:
        return [each for each in self.asked if each.method == method and each.url.path.endswith(path)][-1]


def test_scans_are_listed_by_kind(command: Command) -> None:
    api = ScansApi()
    assert command("scans", "--kind", "confirm", api=api).out.startswith("SCAN\tscan\tNET\tcompleted")
    assert api.last("GET", "/scans").url.params["kind"] == "confirm"
    assert command("scans", "--kind", "other", api=api).code == 2


def test_a_scan_is_shown_without_what_could_move_the_cursor(command: Command) -> None:
    shown = command("scans", "show", "SCAN", api=ScansApi())
    assert "90 minutes" in shown.out
    assert "10 of 10 covered; by samples, 0.05% of open ports may be missed" in shown.out
    assert "10.0.0.0/24 ports 22,80" in shown.out
    assert "\x1b" not in shown.out
    assert json.loads(command("scans", "show", "SCAN", "--json", api=ScansApi()).out) == ENDED


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({"miss_rate": None, "cells_untold": 0}, "10 of 10 covered\n"),
        (
            {"miss_rate": None, "cells_untold": 10},
            "10 of 10 covered; samples of 10 cells had no answers to tell by how many may be missed\n",
        ),
        (
            {"miss_rate": 0.0, "cells_untold": 4},
            "10 of 10 covered; by samples, 0.00% of open ports may be missed; samples of 4 cells had no answers",
        ),
    ],
)
def test_a_share_is_told_where_samples_had_answers_alone(command: Command, counts: Json, told: str) -> None:
    scan = ENDED | {"counts": COUNTS | counts}
    assert told in command("scans", "show", "SCAN", api=ScansApi(scan=scan)).out


def test_chunks_are_listed(command: Command) -> None:
    told = command("scans", "chunks", "SCAN", api=ScansApi()).out
    assert told.startswith("00000\tingested\t1\t512/512\t2\tcomplete")
    assert "discovery 14 s (12), identification 20 s (55)" in told


def test_a_deletion_is_repeated_until_all_is_gone(command: Command) -> None:
    api = ScansApi(refusals=2)
    done = command("scans", "delete", "SCAN", "--yes", api=api)
    assert (done.code, api.refusals) == (0, 0)
    asked = [each.headers["If-Match"] for each in api.asked if each.method == "DELETE"]
    assert asked == ['"3"'] * 3
    assert "is deleted" in done.out


def test_a_deletion_is_asked_for_first(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.scans.Confirm.ask", lambda *_, **__: False)
    api = ScansApi()
    assert command("scans", "delete", "SCAN", api=api).code == 1
    assert all(each.method == "GET" for each in api.asked)


def test_links_to_raw_output_are_printed_for_all_chunks_or_one(command: Command) -> None:
    line = "00000\t1\tnmap-1.xml.gz\t3\thttp://bucket.test/raw?sig=x\n"
    assert command("scans", "raw", "SCAN", api=ScansApi()).out == line
    assert command("scans", "raw", "SCAN", "00000", api=ScansApi()).out == line


def test_raw_output_is_downloaded_without_the_token(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[httpx.Request] = []

    def stream(method: str, url: str, **_: object) -> Any:
        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return httpx.Response(200, stream=httpx.ByteStream(b"raw"))

        return httpx.Client(transport=httpx.MockTransport(answer)).stream(method, url)

    monkeypatch.setattr("cli.scans.httpx.stream", stream)
    done = command("scans", "raw", "SCAN", "--into", str(tmp_path / "raw"), api=ScansApi())
    assert done.code == 0
    assert (tmp_path / "raw" / "SCAN-00000-1-nmap-1.xml.gz").read_bytes() == b"raw"
    assert "authorization" not in asked[0].headers


def test_a_diff_walks_all_pages_and_sums_them(command: Command) -> None:
    api = ScansApi()
    done = command("diff", "OLD", "SCAN", api=api)
    assert done.out.splitlines() == [
        "opened\t10.0.0.1\t22/tcp\trefused\topen ssh evil\\x1b[2J",
        "not comparable\t10.0.0.1\t80/tcp\topen\tnot covered",
        "1 opened, 0 closed, 0 changed, 1 not comparable, 0 unchanged; 15 cells compared, 7 covered by one only",
    ]
    assert api.last("GET", "/diff").url.params["against"] == "OLD"


def test_a_diff_with_one_scan_is_with_the_inventory(command: Command) -> None:
    api = ScansApi()
    document = json.loads(command("diff", "SCAN", "--verdict", "closed", "--json", api=api).out)
    assert (document["before"], document["after"], len(document["items"])) == ("SCAN", "inventory", 2)
    asked = api.last("GET", "/scans/SCAN/diff").url.params
    assert (asked["against"], asked["verdict"]) == ("inventory", "closed")
    assert command("diff", "SCAN", "--verdict", "worse", api=api).code == 2


def network(identifier: str, *targets: str, exclusions: tuple[str, ...] = ()) -> Json:
    return {"id": identifier, "name": identifier.lower(), "targets": list(targets), "exclusions": list(exclusions)}


def test_one_port_is_scanned_again_in_the_network_that_holds_its_host(command: Command) -> None:
    api = ScansApi()
    api.networks = [
        network("OTHER", "10.1.0.0/16"),
        network("NET", "10.0.0.0/24"),
        network("OUT", "10.0.0.0/8", exclusions=("10.0.0.0/8",)),
    ]
    done = command("rescan", "10.0.0.9:22", "--confirm", "--no-watch", api=api)
    assert done.code == 0, done.err
    body = json.loads(api.last("POST", "/scans").content)
    assert body == {
        "network": "NET",
        "targets": ["10.0.0.9"],
        "ports": "22",
        "protocols": ["tcp"],
        "confirm": True,
        "profile": "",
    }


def test_a_rescan_is_followed_and_tells_of_its_host(command: Command) -> None:
    api = FakeApi()
    api.networks = [network("NET", "10.0.0.9")]
    done = command("rescan", "10.0.0.9", api=api)
    assert done.code == 0, done.err
    assert "10.0.0.9\t22/tcp\topen" in done.out


def test_ports_that_wait_for_a_second_look_are_told(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXPOSURE, "confirmed", False)
    api = FakeApi()
    api.networks = [network("NET", "10.0.0.9")]
    assert "1 of the open ports waits to be seen a second time" in command("rescan", "10.0.0.9", api=api).out


def test_a_rescan_of_a_host_that_no_network_or_several_hold_says_what_to_do(command: Command) -> None:
    api = ScansApi()
    api.networks = [network("ONE", "10.0.0.0/24"), network("TWO", "10.0.0.9")]
    assert "give one of 'one', 'two'" in command("rescan", "10.0.0.9", api=api).err
    nobody = command("rescan", "192.0.2.1", api=api)
    assert (nobody.code, "no network of this project holds" in nobody.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "host", "part"),
    [
        ("10.0.0.1", "10.0.0.1", {}),
        ("fd00::1", "fd00::1", {}),
        ("[fd00::1]", "fd00::1", {}),
        ("web.example", "web.example", {}),
        ("web.example:443", "web.example", {"ports": "443", "protocols": ["tcp"]}),
        ("[fd00::1]:53/udp", "fd00::1", {"ports": "53", "protocols": ["udp"]}),
    ],
)
def test_a_host_is_told_from_a_cell(text: str, host: str, part: Json) -> None:
    assert split_target(text) == (host, part)


def test_a_network_is_no_host() -> None:
    with pytest.raises(UsageError):
        split_target("10.0.0.0/24")


def test_a_redrive_is_followed_to_its_end_and_exits_as_the_scan_does(command: Command) -> None:
    api = FakeApi("partial")
    run = command("scans", "redrive", "SCAN", api=api)
    assert ("POST", "projects/P/scans/SCAN/redrive") in api.calls
    assert run.code == 3
    assert run.out.splitlines()[-1].startswith("partial: 1 open, 1 alert")


def test_a_redrive_that_is_not_followed_says_how_to(command: Command) -> None:
    run = command("scans", "redrive", "SCAN", "--no-watch", api=FakeApi())
    assert (run.code, run.out) == (0, "started scan SCAN; follow it with `vedette watch SCAN`\n")
