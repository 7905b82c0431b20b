"""The next attempt of a chunk goes on where the last one was, and believes no more of it than fits."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.core.coverage import Answer, Method
from functions.core.errors import Corrupt
from functions.core.service import Service
from scanner_image import remembering, slices
from scanner_image.checkpoint import Checkpoint, Found, believed, spec_digest
from scanner_image.findings import OpenPort
from tests.scanner_image.cells_of import answers
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_tools import ACCOUNT, DONE, FakeTools, discovered, nmap_host
from tests.scanner_image.fakes import Document, chunk_spec

SPEC = chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81")
LOCAL = chunk_spec("10.55.0.0-10.55.0.2", ports="1-3")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HALF_SENT = r"printf 'rate:  1.00-kpps, 50.00%% done, 0:00:09 remaining, found=1       \r\n' >&2"
HEARD = "echo 'vedette-pcap: heard until 999999999999, dropped 0, unsent 0'"
LOSSY = HEARD.replace("dropped 0", "dropped 3")
KEPT_BACK = HEARD.replace("unsent 0", "unsent 3")


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "EVERY_S", 0.3)
    monkeypatch.setattr(remembering, "_EFFORT", 0)


def broken_off(stage: Stage, tools: FakeTools, heard: str = HEARD) -> Document:
    """An attempt that is told to end halfway, once it has left what masscan said last: that a port is closed."""
    said = f"{heard}; {discovered('10.9.1.3', 81).replace('open', 'closed')}"
    tools.install(
        masscan=f"{discovered('10.9.1.2', 80)}; {HALF_SENT}; for i in $(seq 200); do sleep 0.3; {said}; done; sleep 60"
    )

    def halfway() -> bool:
        runs = [run for sweep in stage.left.get("sweeps", ()) for run in sweep["runs"]]
        return bool(runs) and bool(runs[-1]["refused"]) and (heard != HEARD or runs[-1]["reached"] > 0)

    return stage.run(SPEC, once=halfway, halt="the task was told to end")


def option(document: Document, name: str, *, of: int) -> str:
    argv = document.trailer.commands[of].argv
    return argv[argv.index(name) + 1] if name in argv else ""


def test_masscan_goes_on_where_it_was(stage: Stage, fake_tools: FakeTools) -> None:
    broken_off(stage, fake_tools)
    restarted = datetime.now(UTC)
    fake_tools.install(masscan=f"{ACCOUNT}; {discovered('10.9.1.3', 22)}; {DONE}")

    document = stage.run(SPEC)

    assert option(document, "--resume-index", of=-2) == "5", "half of twelve cells, rounded down"
    assert option(document, "--resume-index", of=-1) == ""
    assert document.open == {("10.9.1.2", 80), ("10.9.1.3", 22)}
    assert document.trailer.outcome == "complete"
    times = {line.port: line.at for line in document.observations}
    assert times[80] < restarted < times[22]
    covered = answers(SPEC, document.coverage)
    assert set(covered.values()) == {Answer.OPEN, Answer.NOT_OPEN}


@pytest.mark.parametrize("heard", [LOSSY, KEPT_BACK], ids=["answers", "questions"])
def test_what_lost_something_is_asked_again_from_its_beginning(stage: Stage, fake_tools: FakeTools, heard: str) -> None:
    broken_off(stage, fake_tools, heard=heard)
    fake_tools.install(masscan=f"{ACCOUNT}; {DONE}")

    document = stage.run(SPEC)

    assert option(document, "--resume-index", of=-2) == ""
    assert document.open == {("10.9.1.2", 80)}


def test_where_less_may_be_sent_by_now_masscan_begins_anew(stage: Stage, fake_tools: FakeTools) -> None:
    broken_off(stage, fake_tools)
    fake_tools.install(masscan=f"{ACCOUNT}; {DONE}")

    document = stage.run(SPEC.model_copy(update={"rate": 1000}))

    assert option(document, "--resume-index", of=-2) == ""
    assert option(document, "--rate", of=-1) == "1000"


def test_more_than_was_granted_is_never_sent(stage: Stage, fake_tools: FakeTools) -> None:
    broken_off(stage, fake_tools)
    fake_tools.install(masscan=f"{ACCOUNT}; {DONE}")

    document = stage.run(SPEC.model_copy(update={"rate": 9000}))

    assert option(document, "--rate", of=-1) == option(document, "--rate", of=0) == "5000"


def test_what_an_attempt_did_not_cover_is_no_fault_of_the_next_one_that_does(
    stage: Stage, fake_tools: FakeTools
) -> None:
    spec = chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81", profile="standard")
    fake_tools.install(masscan=f"{discovered('10.9.1.2', 80)}; exit 3", nmap="sleep 60")
    broken = stage.run(spec, once=lambda: stage.left.get("commands"), halt="the task was told to end")
    assert "exit code 3" in broken.trailer.reason
    fake_tools.install(masscan=f"{ACCOUNT}; {DONE}", nmap=fake_tools.whole_nmap(nmap_host("10.9.1.2", open_ports="80")))

    document = stage.run(spec)

    assert (document.trailer.outcome, document.trailer.reason) == ("complete", "")


def test_cells_that_came_to_nothing_are_asked_anew_and_not_as_the_last_time(
    stage: Stage, fake_tools: FakeTools
) -> None:
    fake_tools.install(masscan=f"{discovered('10.9.1.2', 80)}; {HALF_SENT}; sleep 2; exit 3")

    document = stage.run(SPEC)

    assert document.trailer.outcome == "partial"
    assert stage.left["sweeps"] == []
    assert [group["address"] for group in stage.left["open"]] == ["10.9.1.2"]


def test_identified_ports_are_asked_no_more(stage: Stage, fake_tools: FakeTools) -> None:
    spec = chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81", profile="standard")
    named = nmap_host("10.9.1.2", open_ports="80").replace(
        '<state state="open" reason="syn-ack"/>',
        '<state state="open" reason="syn-ack"/><service name="http" product="nginx" method="probed" conf="10"/>',
    )
    fake_tools.install(
        masscan=f"{discovered('10.9.1.2', 80)}; {HALF_SENT}; sleep 60", nmap=fake_tools.whole_nmap(named)
    )
    stage.run(spec, once=lambda: stage.left.get("asked"), halt="the task was told to end")
    (fake_tools.directory / "ran-nmap").unlink()
    fake_tools.install(masscan=f"{ACCOUNT}; {DONE}", nmap="exit 1")

    document = stage.run(spec)

    (line,) = document.observations
    assert line.service.product == "nginx"
    assert not fake_tools.ran("nmap")
    assert document.trailer.outcome == "complete"


def test_hosts_that_nmap_finished_are_left_out(stage: Stage, fake_tools: FakeTools) -> None:
    first = nmap_host("10.55.0.0", open_ports="2", closed="1,3")
    fake_tools.install(nmap=f"echo '<?xml version=\"1.0\"?><!DOCTYPE nmaprun><nmaprun>{first}'; sleep 60")
    stage.run(LOCAL, once=lambda: stage.left.get("open"), halt="the task was told to end")
    rest = (nmap_host(f"10.55.0.{number}", silent="1-3") for number in (1, 2))
    fake_tools.install(
        nmap=f"cat $(echo $* | grep -o '[^ ]*targets') > {fake_tools.directory}/asked; {fake_tools.whole_nmap(*rest)}"
    )

    document = stage.run(LOCAL)

    assert (fake_tools.directory / "asked").read_text().split() == ["10.55.0.1/32", "10.55.0.2/32"]
    assert document.open == {("10.55.0.0", 2)}
    assert answers(LOCAL, document.coverage)["10.55.0.0", 1] == Answer.REFUSED
    assert document.trailer.outcome == "complete"


def test_a_long_discovery_by_nmap_goes_on_with_the_ports_that_it_has_not_asked(
    stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(slices._FIRST, LOCAL.protocol, 1)
    first = fake_tools.whole_nmap(*(nmap_host(f"10.55.0.{each}", closed="1") for each in range(3)))
    fake_tools.install(nmap=f'case "$*" in *"-p 1 "*) {first}\n;; *) sleep 60;; esac')
    stage.run(LOCAL, once=lambda: stage.left.get("settled"), halt="the task was told to end")
    rest = fake_tools.whole_nmap(*(nmap_host(f"10.55.0.{each}", open_ports="2", closed="3") for each in range(3)))
    fake_tools.install(nmap=rest)

    document = stage.run(LOCAL)

    assert option(document, "-p", of=-1) == "2-3"
    assert document.open == {(f"10.55.0.{each}", 2) for each in range(3)}
    assert {cell[1]: answer for cell, answer in answers(LOCAL, document.coverage).items()} == {
        1: Answer.REFUSED,
        2: Answer.OPEN,
        3: Answer.REFUSED,
    }
    assert document.trailer.outcome == "complete"


def test_what_was_found_open_stays_so_on_a_host_that_nmap_gives_up_on(stage: Stage, fake_tools: FakeTools) -> None:
    first, then = (
        nmap_host("10.55.0.0", open_ports=ports).replace("<host>", '<host timedout="true">') for ports in ("2", "")
    )
    fake_tools.install(nmap=f"echo '<?xml version=\"1.0\"?><!DOCTYPE nmaprun><nmaprun>{first}'; sleep 60")
    stage.run(LOCAL, once=lambda: stage.left.get("open"), halt="the task was told to end")
    fake_tools.install(nmap=fake_tools.whole_nmap(then))

    document = stage.run(LOCAL)

    covered = answers(LOCAL, document.coverage)
    assert document.open == {("10.55.0.0", 2)}
    assert covered["10.55.0.0", 2] == Answer.OPEN
    assert covered["10.55.0.0", 1] == Answer.NOT_COVERED


def test_what_does_not_fit_is_told_and_not_gone_on_with(stage: Stage, fake_tools: FakeTools) -> None:
    broken_off(stage, fake_tools)
    fake_tools.install(masscan=f"{ACCOUNT}; {DONE}")

    document = stage.run(chunk_spec("10.9.1.0-10.9.1.2", ports="22,80-81"))

    assert document.open == set()
    assert "was not gone on with: it is of other targets" in document.trailer.reason


def told(**changes: Any) -> bytes:
    plain = Checkpoint(spec=spec_digest(SPEC), attempt=1, saved=NOW).model_dump(mode="json")
    return gzip.compress(json.dumps({**plain, **changes}).encode())


def ports(address: str = "10.9.1.2", numbers: str = "80") -> dict[str, Any]:
    return {"address": address, "ports": numbers}


def opened(address: str = "10.9.1.2", numbers: str = "80", at: str = "2026-11-21T11:00:00Z") -> dict[str, Any]:
    return {**ports(address, numbers), "found": {"how": "syn", "at": at}}


def settled(first: str, last: str, numbers: str = "22", answer: str = "refused") -> dict[str, Any]:
    where = {"addresses": [{"first": first, "last": last}], "ports": numbers}
    return {**where, "answer": answer, "how": "syn", "at": "2026-11-21T11:00:00Z"}


def test_what_fits_is_believed() -> None:
    whole = told(
        open=[opened()], asked=[ports()], settled=[settled("10.9.1.0", "10.9.1.1")], hosts=[{"address": "10.9.1.2"}]
    )

    assert believed(whole, SPEC, attempt=2, now=NOW).open[0].ports == "80"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no gzip",
        told()[:-4],
        gzip.compress(b"[]"),
        gzip.compress(b" " * (40 << 20)),
        told(more="unknown"),
        told(version=2),
        told(spec="0" * 64),
        told(attempt=2),
        told(saved="2026-11-19T12:00:00Z"),
        told(saved="2026-11-23T12:00:00Z"),
        told(open=[opened("10.9.2.2")]),
        told(open=[opened(numbers="23")]),
        told(open=[opened(numbers="80,79")]),
        told(open=[opened(at="2026-11-21T11:00:00")]),
        told(asked=[ports("10.9.1.9")]),
        told(hosts=[{"address": "10.0.0.1"}]),
        told(settled=[settled("10.9.1.0", "10.9.1.9")]),
        told(settled=[settled("10.9.1.0", "10.9.1.1", "1-65535")]),
        told(settled=[settled("10.9.1.0", "10.9.1.1", answer="open")]),
        told(asked=[ports(numbers="22,80-81")] * 200_000),
    ],
    ids=lambda body: f"{len(body)} bytes",
)
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(Corrupt):
        believed(body, SPEC, attempt=2, now=NOW)


def test_all_that_is_known_of_a_port_goes_with_it() -> None:
    """Whatever a found port comes to carry must be written down and read again."""
    port = OpenPort(Method.SYN, NOW - timedelta(hours=1), Service(name="http", cpe=("cpe:/a:x",)), {"ssl-cert": "x"})
    found = Found(address="10.9.1.2", ports="80", found=port)

    assert Found.model_validate_json(found.model_dump_json()).found == port
