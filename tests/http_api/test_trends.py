"""Trends of a project and of its networks."""

from datetime import date, timedelta

import pytest

from functions.core.counting import Count
from functions.store.counters import Counted
from tests.http_api.conftest import DRAFT, Api
from tests.platform_in_memory import START, Platform

TODAY = START.date()


def count(platform: Platform, project: str, network: str, sequence: int, day: date, **changes: int) -> None:
    counted = Counted(f"EXP#{network}", sequence, Count(project, network, day, changes))
    platform.http.counters.add(project, network, [counted])


def test_a_trend_has_a_point_for_each_day(api: Api, platform: Platform, project: str, network: str) -> None:
    count(platform, project, network, 1, TODAY - timedelta(days=1), open=3, baseline=3, hosts=1)
    count(platform, project, network, 2, TODAY, open=-1, closed=1)
    answer = api.get(f"/v1/projects/{project}/trends", days=3)
    assert answer.status == 200
    assert (answer.body["network"], answer.body["by"]) == ("", "day")
    told = [(each["start"], each["open_ports"], each["closed"]) for each in answer.body["points"]]
    assert told == [("2026-11-19", 0, 0), ("2026-11-20", 3, 0), ("2026-11-21", 2, 1)]


def test_a_network_has_its_own(api: Api, platform: Platform, project: str, network: str) -> None:
    other = str(api.post(f"/v1/projects/{project}/networks", DRAFT | {"name": "other"}).body["id"])
    count(platform, project, network, 1, TODAY, open=3)
    count(platform, project, other, 1, TODAY, open=4)
    told = {
        scope: api.get(f"/v1/projects/{project}/trends", days=1, by="month", network=scope).body["points"][-1][
            "open_ports"
        ]
        for scope in ("", network, other)
    }
    assert told == {"": 7, network: 3, other: 4}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"days": 0}, 400),
        ({"days": 401}, 400),
        ({"by": "hour"}, 400),
        ({"network": "office"}, 400),
        ({"network": "01KAJ00000000000000000NET0"}, 404),
    ],
)
def test_what_cannot_be_told_is_refused(api: Api, project: str, query: dict[str, object], status: int) -> None:
    assert api.get(f"/v1/projects/{project}/trends", **query).status == status


def test_the_longest_window_has_as_many_points_as_days(api: Api, project: str) -> None:
    assert len(api.get(f"/v1/projects/{project}/trends", days=400).body["points"]) == 400
