"""The bench tells what was planned and what differs, and fails where it is another."""

from collections.abc import Callable

import pytest

from functions.core.service import Service
from tests.bench import scale
from tests.bench.ingest import PORTS

HOSTS = 30
"""Of so many one has closed a port, one has opened one, and one has another version."""


def test_a_plan_is_told_with_its_chunks() -> None:
    told = scale.planned("10.0.0.0/24")
    assert told["addresses"] == 256
    assert told["chunks"] >= 1


def test_a_plan_that_is_refused_fails_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "RATE", 10)
    with pytest.raises(SystemExit, match="the scan is failed"):
        scale.planned("10.0.0.0/8")


def test_what_was_changed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "HOSTS_A_CHUNK", 10)
    monkeypatch.setattr(scale, "PAGE", 1)
    told = scale.compared(HOSTS * PORTS)
    assert (told["chunks"], told["pages"]) == (3, 3)
    assert (told["opened"], told["closed"], told["changed"]) == (1, 1, 1)


def test_a_change_that_is_not_told_fails_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    services_on: Callable[..., dict[int, Service]] = scale.services_on
    monkeypatch.setattr(scale, "HOSTS_A_CHUNK", 10)
    monkeypatch.setattr(scale, "services_on", lambda host, *, later: services_on(host, later=later and host > 0))
    with pytest.raises(SystemExit, match="were told"):
        scale.compared(HOSTS * PORTS)


def test_only_whole_chunks_are_compared() -> None:
    with pytest.raises(SystemExit, match="no whole chunks"):
        scale.compared(PORTS * scale.HOSTS_A_CHUNK + 1)
