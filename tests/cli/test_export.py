"""`vedette export` from its arguments to a file."""

import io
import json
from pathlib import Path

import httpx
import pytest

from cli import exporting
from cli.errors import CommandError, Unreachable
from tests.cli.fake_api import FakeApi, Json
from tests.cli.test_scan import Command, command

__all__ = ["command"]

DOWNLOAD = exporting.download
LINK = "http://bucket.test/exports/one?signature=x"


class Exports(FakeApi):
    """Done at the second look; `fails` with these reasons before."""

    def __init__(self, *fails: str) -> None:
        super().__init__()
        self.body: Json = {}
        self.fails = [*fails]
        self.looks = 0

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/v1/projects/P/exports"):
            return super()._answer(request)
        if request.method == "POST":
            self.body = json.loads(request.content)
            return httpx.Response(202, json={"id": "ONE"})
        self.looks += 1
        status, reason = ("failed", self.fails.pop(0)) if self.fails else ("waiting" if self.looks == 1 else "done", "")
        export = {"id": "ONE", "status": status, "reason": reason, "rows": 2, "size": 8}
        return httpx.Response(200, json={"export": export, "link": LINK if status == "done" else None})


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_PAUSES", (0.0, 0.0, 0.0))

    def answer(request: httpx.Request) -> httpx.Response:
        assert "authorization" not in request.headers
        return httpx.Response(200, content=b"one\ntwo\n") if str(request.url) == LINK else httpx.Response(403)

    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(exporting, "download", lambda link, file: DOWNLOAD(link, file, transport=transport))


def test_a_document_goes_to_a_file_and_nothing_else_is_said_on_the_pipe(command: Command, tmp_path: Path) -> None:
    api = Exports()
    done = command("export", "exposures", "--state", "open", "--port", "0", "-o", "ports.csv", api=api)
    assert (done.code, done.out) == (0, "")
    assert (tmp_path / "ports.csv").read_text() == "one\ntwo\n"
    assert [each.name for each in tmp_path.iterdir()] == ["ports.csv"]
    assert "2 rows, 8 bytes" in done.err
    assert api.body == {"kind": "exposures", "format": "csv", "filters": {"state": "open", "port": 0}}


def test_without_a_file_the_document_is_the_output(command: Command) -> None:
    assert command("export", "hosts", "--format", "jsonl", api=Exports()).out == "one\ntwo\n"


def test_a_scan_is_exported_as_xml(command: Command) -> None:
    api = Exports()
    command("export", "scan", "--scan", "SCAN", "-o", "scan.xml", api=api)
    assert api.body == {"kind": "scan_xml", "format": "nmap_xml", "filters": {"scan": "SCAN"}}


def test_json_tells_of_the_export_and_where_it_is(command: Command, tmp_path: Path) -> None:
    told = json.loads(command("export", "alerts", "--json", api=Exports()).out)
    assert (told["link"], told["export"]["status"]) == (LINK, "done")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_is_told_and_leaves_no_file(command: Command, tmp_path: Path) -> None:
    failed = command("export", "alerts", "-o", "alerts.csv", api=Exports("there is no scan X in this project"))
    assert failed.code == 1
    assert "there is no scan X" in failed.err
    assert list(tmp_path.iterdir()) == []


def test_a_failure_that_is_tried_again_is_waited_for(command: Command) -> None:
    assert command("export", "alerts", "-o", "x", api=Exports("Unavailable; it will be tried again")).code == 0


def test_a_file_that_cannot_be_written_is_wrong_usage(command: Command) -> None:
    refused = command("export", "alerts", "-o", "no/such/folder/x", api=Exports())
    assert refused.code == 2
    assert "--output" in refused.err


def test_a_link_that_does_not_answer_is_said() -> None:
    def dead(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(CommandError, match="403"):
        exporting.download("http://bucket.test/other", io.BytesIO())
    with pytest.raises(Unreachable):
        DOWNLOAD(LINK, io.BytesIO(), transport=httpx.MockTransport(dead))
