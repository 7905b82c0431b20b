"""The beginning of both stories on a platform of its own; the whole of them is `make scenario`."""

from pathlib import Path

import pytest

from tests.e2e.conftest import free_port
from tests.e2e.platform import deployed
from tests.lab.lab import Lab
from tests.scenario.scenario import in_the_lab, through_the_days

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.long]


def test_three_nights_in_the_lab_and_a_fortnight_of_an_estate(lab: Lab, tmp_path: Path) -> None:
    with deployed(tmp_path, port=free_port()) as platform:
        nights = in_the_lab(platform, lab, scans=3)
        days = through_the_days(platform, days=14)
    assert nights.faults == []
    assert days.faults == []
    assert nights.told.raised == 1
    assert days.told.raised == 9, "the story is told"
