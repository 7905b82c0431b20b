"""`vedette did-you-scan` on a pipe."""

import json

import httpx

from tests.cli.fake_api import FakeApi, Json
from tests.cli.test_scan import Command, command

__all__ = ["command"]

PROBING: Json = {
    "project": "P",
    "network": "NET",
    "scan": "SCAN",
    "chunk": "00003",
    "attempt": 1,
    "summary": "10.0.0.0-10.0.0.255 tcp 22",
    "sources": ["198.51.100.9"],
    "since": "2026-11-21T08:00:00Z",
    "until": None,
    "cause": {"kind": "api", "principal": "u_ann", "key": "k"},
    "authorities": [{"id": "AUT", "until": "2027-01-01T00:00:00Z"}],
}


class Probes(FakeApi):
    def __init__(self, *found: Json) -> None:
        super().__init__()
        self.found = found
        self.asked: dict[str, str] = {}

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/probes"):
            return super()._answer(request)
        self.asked = {"path": request.url.path, **request.url.params}
        return httpx.Response(200, json={"items": [*self.found]})


def test_it_tells_which_scan_who_asked_and_on_whose_word(command: Command) -> None:
    api = Probes(PROBING, {**PROBING, "cause": None, "until": "2026-11-21T09:00:00Z"})
    done = command("did-you-scan", "--source", "198.51.100.9", "--target", "10.0.0.7", api=api)
    first, second = (line.split("\t") for line in done.out.splitlines())
    assert done.code == 0
    assert first[1:] == [
        "still at it",
        "198.51.100.9",
        "P",
        "SCAN",
        "00003",
        "api u_ann",
        "AUT",
        "10.0.0.0-10.0.0.255 tcp 22",
    ]
    assert (second[1], second[6]) == ("2026-11-21T09:00:00Z", "")
    assert api.asked == {"path": "/v1/projects/P/probes", "source": "198.51.100.9", "target": "10.0.0.7"}


def test_nothing_found_is_exit_code_1(command: Command) -> None:
    done = command("did-you-scan", "--source", "198.51.100.9", "--organisation", "--json", api=(api := Probes()))
    assert (done.code, json.loads(done.out)) == (1, {"probes": []})
    assert api.asked["path"] == "/v1/probes"


def test_a_time_and_a_source_or_target_are_needed_in_their_form(command: Command) -> None:
    assert command("did-you-scan", api=Probes()).code == 2
    assert command("did-you-scan", "--source", "x", "--at", "yesterday", api=Probes()).code == 2
    assert command("did-you-scan", "--source", "x", "--organisation", "--project", "P", api=Probes()).code == 2
