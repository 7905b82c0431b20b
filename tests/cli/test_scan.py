"""`vedette scan` from its arguments to its exit code."""

import io
import json
from pathlib import Path

import httpx
import pytest

from cli import main
from cli.client import Client
from tests.cli.fake_api import FakeApi, Json

FOUND: Json = {
    "id": "01A",
    "type": "port.found",
    "data": {"asset": "10.0.0.9", "protocol": "tcp", "port": 22, "service": {"name": "ssh"}},
}
FINISHED: Json = {"id": "01B", "type": "scan.finished", "data": {"status": "completed"}}


class Run:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


class Command:
    """The command in this process, over the fake API."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str, api: FakeApi, frames: list[Json | BaseException] | None = None) -> Run:
        waiting: list[Json | BaseException] = [FOUND, FINISHED] if frames is None else frames
        self._patch.setattr("sys.argv", ["vedette", *words])
        self._patch.setattr("cli.session.Client", lambda access: Client(access, transport=api.transport()))
        self._patch.setattr("cli.scanning.connector", lambda *_, **__: lambda: api.socket(waiting))
        with pytest.raises(SystemExit) as ended:
            main.main()
        captured = self._capsys.readouterr()
        return Run(int(ended.value.code or 0), captured.out, captured.err)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    for name, value in {"URL": "http://api.test", "WEBSOCKET_URL": "ws://api.test", "TOKEN": "vdt_x"}.items():
        monkeypatch.setenv(f"VEDETTE_{name}", value)
    return Command(monkeypatch, capsys)


@pytest.mark.parametrize(("end", "code"), [("completed", 0), ("partial", 3), ("cancelled", 3), ("failed", 1)])
def test_the_exit_code_says_how_the_scan_ended(command: Command, end: str, code: int) -> None:
    assert command("scan", "10.0.0.9", api=FakeApi(end)).code == code


def test_a_scan_is_shown_from_its_start_and_a_watched_one_from_now_on(command: Command) -> None:
    started, watched = FakeApi(), FakeApi()
    command("scan", "10.0.0.9", api=started)
    command("watch", "SCAN", api=watched)
    assert (started.since, watched.since) == (["SCAN"], [""])


def test_a_pipe_gets_plain_lines_and_a_closing_line(command: Command) -> None:
    run = command("scan", "10.0.0.9", api=FakeApi())
    assert run.out.splitlines()[0] == "open 10.0.0.9 22/tcp ssh"
    assert "10.0.0.9\t22/tcp\topen\tssh x\\x1b[2J" in run.out
    assert run.out.splitlines()[-1].startswith("completed: 1 open, 1 alert, 10 of 10 cells covered")
    assert "\x1b" not in run.out + run.err


def test_json_is_one_document_and_nothing_else(command: Command) -> None:
    run = command("scan", "10.0.0.9", "--json", api=FakeApi())
    document = json.loads(run.out)
    assert (document["scan"]["status"], len(document["ports"]), len(document["alerts"])) == ("completed", 1, 1)


def test_a_second_scan_of_the_same_target_uses_the_same_network(command: Command) -> None:
    api = FakeApi()
    command("scan", "10.0.0.9", api=api)
    command("scan", "10.0.0.9", api=api)
    assert api.calls.count(("POST", "projects/P/networks")) == 1
    command("scan", "10.0.0.9", "--exclude", "10.0.0.10", api=api)
    command("scan", "10.0.0.9", "--ports", "1-10", api=api)
    assert api.calls.count(("PATCH", "projects/P/networks/NET")) == 2
    assert api.networks[0]["exclusions"] == ["10.0.0.10"], "what is not said stays"


def test_no_watch_starts_and_leaves(command: Command) -> None:
    run = command("scan", "10.0.0.9", "--no-watch", api=FakeApi())
    assert run.code == 0
    assert "vedette watch SCAN" in run.out


@pytest.mark.parametrize(
    "words", [("scan",), ("scan", "10.0.0.9", "--rate", "fast"), ("why", "10.0.0.9"), ("nonsense",)]
)
def test_bad_usage_is_two(command: Command, words: tuple[str, ...]) -> None:
    assert command(*words, api=FakeApi()).code == 2


def test_a_refused_target_is_bad_usage_and_names_the_field(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    api = FakeApi()
    problem = {
        "type": "urn:vedette:error:out-of-scope",
        "detail": "169.254.169.254 is link-local",
        "field": "targets.0",
    }
    original = api.transport()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(400, json=problem)
        return original.handle_request(request)

    monkeypatch.setattr(api, "transport", lambda: httpx.MockTransport(handler))
    run = command("scan", "169.254.169.254", api=api)
    assert (run.code, run.out) == (2, "")
    assert run.err == "vedette: targets.0: 169.254.169.254 is link-local\n"


def test_ctrl_c_without_a_terminal_leaves_the_scan_running_and_says_how_to_follow_it(command: Command) -> None:
    api = FakeApi()
    run = command("scan", "10.0.0.9", api=api, frames=[FOUND, KeyboardInterrupt()])
    assert run.code == 130
    assert "vedette watch SCAN" in run.err
    assert ("POST", "projects/P/scans/SCAN/cancel") not in api.calls


def test_ctrl_c_offers_to_cancel_and_then_follows_to_the_end(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    monkeypatch.setattr("cli.scanning.Confirm.ask", lambda *_, **__: True)
    api = FakeApi()
    run = command("scan", "10.0.0.9", api=api, frames=[FOUND, KeyboardInterrupt(), FINISHED])
    assert ("POST", "projects/P/scans/SCAN/cancel") in api.calls
    assert run.code == 3
