"""A run: what comes before its fault, and whether that met anything."""

import random
from ipaddress import IPv4Address, IPv6Address
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.faults import play
from tests.faults.kinds import KINDS, Kind
from tests.faults.play import HOST, STOPPED, Run
from tests.faults.series import Played
from tests.faults.stand import Stand
from tests.lab.hosts import STANDARD

WEB, WEB6 = "10.77.0.1", "fd00::1"


class Stage:
    """A stand, its lab, the one host there, its platform and its project; what is done to them is in `done`."""

    id = "project"

    def __init__(self, *, ends: str = "completed") -> None:
        self.done: list[str] = []
        self.ends = ends
        self.lab = self.platform = self
        self.address, self.address6 = IPv4Address(WEB), IPv6Address(WEB6)
        self.launcher = SimpleNamespace(met=False)

    def host(self, _name: str) -> "Stage":
        return self

    @property
    def truth(self) -> dict[str, dict[tuple[str, int], None]]:
        here: dict[tuple[str, int], None] = {("tcp", 80): None}
        if f"stop {STOPPED}" not in self.done:
            here["tcp", 8080] = None
        return {WEB: here, WEB6: here}

    def stop(self, name: str) -> None:
        self.done.append(f"stop {name}")

    def start(self, of: Any, **options: Any) -> dict[str, str]:
        """A service of the host, or a scan of the project."""
        self.done.append(f"start {options['targets'] if options else of}")
        return {"id": "before"}

    def calm(self) -> None:
        self.done.append("calm")

    def project(self, _name: str) -> "Stage":
        return self

    def network(self, **_draft: Any) -> dict[str, str]:
        return {"id": "network"}

    def get(self, *_path: str) -> dict[str, str]:
        return {"id": "before", "status": self.ends, "reason": "something"}


def played(stage: Stage, monkeypatch: pytest.MonkeyPatch, *met: bool) -> tuple[Played, Run]:
    """By a kind of fault of so many parts, each of which has met something or not."""
    runs: list[Run] = []

    def course(run: Run, kind: Kind) -> str:
        runs.append(run)
        for each in met:
            run.meet(lambda *_, each=each: each, {"id": "scan"})
        run.meet(kind.again, {"id": "scan"})
        stage.done.append("scan")
        return "completed"

    monkeypatch.setattr(play, "_course", course)
    monkeypatch.setitem(cast("dict[str, Kind]", KINDS), "made", Kind(ends=frozenset({"completed"})))
    told = play.play(cast("Stand", stage), "made", random.Random(1), bound=1, tell=lambda _line: None)
    return told, runs[0]


@pytest.mark.parametrize(
    ("parts", "met"), [((True,), True), ((True, True), True), ((True, False), False), ((False,), False), ((), False)]
)
def test_a_fault_has_met_something_where_all_of_its_parts_did(
    parts: tuple[bool, ...], met: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert played(Stage(), monkeypatch, *parts)[0].met is met


def test_a_part_is_scanned_before_and_has_something_to_close(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    told, run = played(stage, monkeypatch, True)
    assert stage.done == [f"start {[WEB, WEB6]}", f"stop {STOPPED}", "scan", f"start {STOPPED}", "calm"]
    assert run.known == {(address, "tcp", port) for address in (WEB, WEB6) for port in (80, 8080)}
    assert not any(told.verdict.figures.values())


def test_what_is_wrong_without_a_fault_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    told, _ = played(Stage(ends="partial"), monkeypatch, True)
    assert told.verdict.figures["wrong_status"] == 1


def test_the_service_runs_again_where_the_run_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()

    def broken(_run: Run, _kind: Kind) -> str:
        raise OSError("the platform is gone")

    monkeypatch.setattr(play, "_course", broken)
    with pytest.raises(OSError, match="gone"):
        play.play(cast("Stand", stage), "kill", random.Random(1), bound=1, tell=lambda _line: None)
    assert stage.done[-2:] == [f"start {STOPPED}", "calm"]


def test_the_service_that_stops_is_one_of_the_host() -> None:
    (host,) = (each for each in STANDARD if each.name == HOST)
    assert STOPPED in {service.name for service in host.services}
