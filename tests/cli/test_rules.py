"""`vedette rules` from its arguments to its calls and its exit code."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import main
from cli.client import Client, Json

RULE = {
    "name": "no-ssh",
    "action": "block",
    "assets": ["10.0.0.0/24"],
    "ports": "22",
    "protocol": None,
    "service": "",
    "tag": "",
    "reason": "x\x1b[2J",
    "until": None,
}
SET = {"version": 3, "default": "deny", "rules": [RULE], "comment": "why", "created": "2026-01-01T00:00:00Z"}
CURRENT: Json = {"current": 3, "staged": 4, "latest": 4, "version": 7, "rules": SET | {"created_by": "me"}}
RULES = "/v1/projects/P/rules"
NETWORK_RULES = "/v1/projects/P/networks/NET/rules"
CSV = "name,action,ports\r\nno-ssh,block,22\r\n"
EFFECTS = [
    {"examined": 500, "kept": 1, "raised": {"BLOCKED": 2}, "resolved": {}, "next_cursor": "c"},
    {"examined": 3, "kept": 0, "raised": {"BLOCKED": 1}, "resolved": {"NEW_PORT": 1}, "next_cursor": None},
]
REPORT = {
    "scans": ["S1", "S2"],
    "left_out": 1,
    "documents": 2,
    "documents_missing": 1,
    "kept": 4,
    "added": {"BLOCKED": 1},
    "removed": {},
    "alerts": [
        {
            "change": "added",
            "type": "BLOCKED",
            "severity": "critical",
            "asset": "10.0.0.1",
            "protocol": "tcp",
            "port": 22,
            "scan": "S1",
            "why": "22/tcp on 10.0.0.1 is open",
        }
    ],
}
ANSWER = {
    "action": "block",
    "text": "rule no-ssh of the project's rules (version 3) blocks any asset, ports 22",
    "known": False,
    "expected": {"scope": "project", "version": 3, "rule": "must"},
    "contenders": [
        {"rule": {"scope": "project", "version": 3, "rule": "no-ssh"}, "action": "block", "text": "rule no-ssh"},
        {"rule": {"scope": "project", "version": 3, "rule": "any"}, "action": "allow", "text": "rule any"},
    ],
}
FAULTS = {
    "type": "urn:vedette:error:invalid-input",
    "detail": "bad",
    "field": "lines.2.ports",
    "errors": [{"field": "lines.2.ports", "detail": "bad"}, {"field": "lines.5.name", "detail": "worse"}],
}


class Rules:
    """The API's answers by method and path; `asked` is what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.effects = list(EFFECTS)
        self.answers: dict[tuple[str, str], Callable[[], httpx.Response]] = {
            ("GET", "/v1/projects"): lambda: _json({"items": [{"id": "P", "name": "default"}], "next_cursor": None}),
            ("GET", "/v1/projects/P/networks"): lambda: _json({"items": [{"id": "NET", "name": "office"}]}),
            ("GET", RULES): lambda: _json(CURRENT),
            ("GET", NETWORK_RULES): lambda: _json(CURRENT | {"staged": 0, "rules": None}),
            ("GET", f"{RULES}/versions"): lambda: _json({"items": [CURRENT["rules"] | {"rules": 1}]}),
            ("GET", f"{RULES}/versions/3"): lambda: _json(CURRENT["rules"]),
            ("GET", f"{RULES}/csv"): lambda: httpx.Response(200, text=CSV),
            ("PUT", f"{RULES}/csv"): lambda: _json(CURRENT),
            ("PUT", f"{RULES}/current"): lambda: _json(CURRENT),
            ("PUT", f"{RULES}/staged"): lambda: _json(CURRENT),
            ("GET", f"{RULES}/effect"): lambda: _json(self.effects.pop(0)),
            ("POST", f"{NETWORK_RULES}/back-test"): lambda: _json(REPORT),
            ("GET", f"{NETWORK_RULES}/decide"): lambda: _json(ANSWER),
        }

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers[request.method, request.url.path]()

    @property
    def last(self) -> tuple[str, Json, str]:
        """Path and query, body, version of the last call."""
        request = self.asked[-1]
        query = f"?{request.url.query.decode()}" if request.url.query else ""
        body = json.loads(request.content) if request.content else {}
        return request.url.path + query, body, request.headers.get("If-Match", "")


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def api() -> Rules:
    return Rules()


@pytest.fixture
def command(api: Rules, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    for name, value in {"URL": "http://api.test", "WEBSOCKET_URL": "ws://api.test", "TOKEN": "vdt_x"}.items():
        monkeypatch.setenv(f"VEDETTE_{name}", value)
    transport = httpx.MockTransport(api.answer)
    monkeypatch.setattr("cli.session.Client", lambda access: Client(access, transport=transport))

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["vedette", "rules", *words])
        with pytest.raises(SystemExit) as ended:
            main.main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


def _json(document: Any) -> httpx.Response:
    return httpx.Response(200, json=document)


def test_list_says_what_counts_and_prints_hostile_text_harmlessly(command: Command) -> None:
    code, out, _ = command("list")
    assert code == 0
    assert out.splitlines() == [
        "version 3 counts: 1 rule, default deny; version 4 is staged",
        "no-ssh\tblock\t10.0.0.0/24\t22\t\t\t\t\tx\\x1b[2J",
    ]
    assert json.loads(command("list", "--json")[1]) == CURRENT
    assert command("list", "--network", "office")[1] == "no rules count\n"


def test_show_and_versions_print_versions(command: Command) -> None:
    assert "why" in command("show", "3")[1]
    (line,) = command("versions")[1].splitlines()
    assert line.startswith("3\t1\tdeny\t")
    assert json.loads(command("show", "3", "--json")[1])["version"] == 3


def test_import_puts_the_whole_file_over_the_version_that_it_read(command: Command, api: Rules, tmp_path: Path) -> None:
    (tmp_path / "rules.csv").write_text(CSV, newline="")
    assert command("import", "rules.csv", "--comment", "new", "--default", "deny")[0] == 0
    path, body, version = api.last
    assert (path, version) == (f"{RULES}/csv?stage=false", '"7"')
    assert body == {"csv": CSV.replace("\r\n", "\n"), "comment": "new", "default": "deny"}
    command("import", "rules.csv", "--stage")
    assert api.last[0] == f"{RULES}/csv?stage=true"


def test_every_fault_of_a_file_is_told_with_its_line(command: Command, api: Rules, tmp_path: Path) -> None:
    (tmp_path / "rules.csv").write_text(CSV)
    api.answers["PUT", f"{RULES}/csv"] = lambda: httpx.Response(400, json=FAULTS)
    code, out, err = command("import", "rules.csv")
    assert (code, out) == (2, "")
    assert err.splitlines() == ["vedette: lines.2.ports: bad", "lines.5.name: worse"]


def test_a_file_that_is_not_there_or_no_text_is_bad_usage(command: Command, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert command("import", "missing.csv")[0] == 2
    assert command("import", "binary")[0] == 2


def test_export_writes_to_a_pipe_or_a_file(command: Command, tmp_path: Path) -> None:
    assert command("export")[1] == CSV.replace("\r\n", "\n")
    assert command("export", "out.csv")[0] == 0
    assert (tmp_path / "out.csv").read_bytes() == CSV.encode()


def test_publish_takes_the_staged_version_or_the_one_named(command: Command, api: Rules) -> None:
    command("publish")
    assert api.last == (f"{RULES}/current", {"version": 4}, '"7"')
    command("publish", "2")
    assert api.last == (f"{RULES}/current", {"version": 2}, '"7"')
    assert command("publish", "--network", "office")[0] == 2


def test_stage_stages_a_kept_version_or_none(command: Command, api: Rules) -> None:
    command("stage", "2")
    assert api.last == (f"{RULES}/staged", {"version": 2}, '"7"')
    command("stage", "0")
    assert api.last[1] == {"version": 0}


def test_effect_adds_the_pages_up(command: Command) -> None:
    assert command("effect")[1] == "of 503 exposures: would raise 3 BLOCKED, resolve 1 NEW_PORT, keep 1\n"


def test_test_tries_a_file_or_a_version_on_a_network_s_scans(command: Command, api: Rules, tmp_path: Path) -> None:
    (tmp_path / "rules.csv").write_text(CSV)
    code, out, _ = command("test", "rules.csv", "--network", "office", "--scans", "3", "--project-rules")
    assert code == 0
    assert out.splitlines() == [
        "+ BLOCKED (critical) 10.0.0.1 22/tcp: 22/tcp on 10.0.0.1 is open",
        "2 scans: adds 1 BLOCKED, removes none, keeps 4",
        "1 older scan was left out: too much for one request",
        "1 result document is kept no longer",
    ]
    _, body, _ = api.last
    assert (body["scans"], body["scope"], body["draft"]["default"]) == (3, "project", "deny")
    assert [rule["name"] for rule in body["draft"]["rules"]] == ["no-ssh"]
    command("test", "--network", "office", "--version", "2")
    assert api.last[1] == {"scans": 5, "scope": "network", "version": 2}


def test_a_faulty_file_is_not_tried(command: Command, api: Rules, tmp_path: Path) -> None:
    (tmp_path / "rules.csv").write_text("name,action,ports\na,permit,22\nb,block,0\n")
    code, _, err = command("test", "rules.csv", "--network", "office")
    assert code == 2
    assert "lines.2.action" in err
    assert "lines.3.ports" in err
    assert {request.method for request in api.asked} == {"GET"}


def test_why_says_which_rule_decides_and_what_else_fits(command: Command, api: Rules) -> None:
    _, out, _ = command("why", "10.0.0.1:22", "--network", "office")
    assert out.splitlines() == [
        "block: rule no-ssh of the project's rules (version 3) blocks any asset, ports 22",
        "  less specific: allow by rule any",
        "  expected to be open by rule must, version 3",
        "  never found open in this network: asked without a detected service",
    ]
    assert api.last[0] == f"{NETWORK_RULES}/decide?asset=10.0.0.1&port=22&protocol=tcp"
