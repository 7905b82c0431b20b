from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions.wiring.clock import INJECTED, utc_now


def test_it_tells_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(INJECTED, raising=False)
    assert abs(datetime.now(UTC) - utc_now()) < timedelta(minutes=1)


def test_a_rehearsal_says_what_time_it_is_and_when_it_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "clock"
    monkeypatch.setenv(INJECTED, str(file))
    for day in (1, 2):
        told = datetime(2027, 1, day, 2, tzinfo=UTC)
        file.write_text(told.isoformat())
        assert utc_now() == told


def test_a_clock_that_cannot_be_read_is_never_the_real_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(INJECTED, str(tmp_path / "nothing"))
    with pytest.raises(FileNotFoundError):
        utc_now()
