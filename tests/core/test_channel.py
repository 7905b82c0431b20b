"""Which alerts a channel hears of, and when."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.alert import Alert, AlertType, Mark, Severity
from functions.core.channel import ChannelDraft, QuietHours, Route, due_at, fits, quiet_until, validate_channel
from functions.core.errors import InvalidInput, OutOfScope
from tests.core.delivery_examples import AT, NETWORK, OTHER_NETWORK, alert
from tests.store.examples import OTHER_PROJECT, PROJECT

TOPICS = "arn:aws:sns:eu-central-1:111122223333:vedette-"
INSTANTS = st.timedeltas(timedelta(0), timedelta(days=1461)).map(lambda age: datetime(2024, 1, 1, tzinfo=UTC) + age)
CLOCKS = st.times().map(lambda time: f"{time:%H:%M}")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])


def draft(**fields: Any) -> ChannelDraft:
    return ChannelDraft.model_validate({"name": "c", "kind": "webhook", "url": "https://example.com/"} | fields)


def heard(route: dict[str, Any], told: Alert, *tags: str) -> bool:
    return fits((Route.model_validate(route),), told, frozenset(tags))


def test_a_channel_without_routes_hears_everything() -> None:
    assert fits((), alert(type=AlertType.NEW_HOST), frozenset())


def test_a_route_is_by_severity_type_network_and_tag_all_at_once() -> None:
    told = alert()
    whole = {"severity": "high", "types": ["NEW_PORT"], "networks": [NETWORK], "tags": ["dmz", "edge"]}
    assert heard(whole, told, "dmz")
    assert not heard(whole | {"severity": "critical"}, told, "dmz")
    assert not heard(whole | {"types": ["BLOCKED"]}, told, "dmz")
    assert not heard(whole | {"networks": [OTHER_NETWORK]}, told, "dmz")
    assert not heard(whole, told, "office")


def test_one_route_that_fits_is_enough() -> None:
    routes = (Route(severity=Severity.CRITICAL), Route(types=(AlertType.NEW_PORT,)))
    assert fits(routes, alert(), frozenset())


def test_what_is_acknowledged_keeps_its_route() -> None:
    shown_as_info = alert(severity=Severity.INFO, acknowledged=Mark(by="me", at=AT))
    assert heard({"severity": "high"}, shown_as_info)


def test_a_digest_ends_at_the_end_of_its_span_of_the_day() -> None:
    at = datetime(2026, 11, 21, 10, 7, 31, tzinfo=UTC)
    assert due_at(draft(), Severity.LOW, at) == at
    assert due_at(draft(digest_minutes=60), Severity.LOW, at) == at.replace(hour=11, minute=0, second=0)
    assert due_at(draft(digest_minutes=7), Severity.LOW, at) == at.replace(minute=9, second=0)
    assert due_at(draft(digest_minutes=1440), Severity.LOW, at) == datetime(2026, 11, 22, tzinfo=UTC)


def test_what_is_urgent_waits_for_nothing() -> None:
    patient = draft(digest_minutes=60, quiet={"start": "00:00", "end": "23:59"}, urgent="high")
    assert due_at(patient, Severity.HIGH, AT) == AT
    assert due_at(patient, Severity.MEDIUM, AT) > AT


def test_quiet_hours_pass_midnight_and_follow_the_clocks_of_their_zone() -> None:
    night = QuietHours(start="22:00", end="07:00", timezone="Europe/Berlin")
    summer = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)  # 23:30 there
    assert quiet_until(night, summer) == datetime(2026, 7, 2, 5, 0, tzinfo=UTC)
    early = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)  # 04:00 there
    assert quiet_until(night, early) == datetime(2026, 12, 2, 6, 0, tzinfo=UTC)
    assert quiet_until(night, datetime(2026, 12, 2, 6, 0, tzinfo=UTC)) == datetime(2026, 12, 2, 6, 0, tzinfo=UTC)
    noon = datetime(2026, 12, 2, 12, 0, tzinfo=UTC)
    assert quiet_until(night, noon) == noon


def test_the_night_that_clocks_change_in_is_an_hour_shorter_or_longer() -> None:
    night = QuietHours(start="01:00", end="04:00", timezone="Europe/Berlin")
    spring, autumn = datetime(2026, 3, 29, 0, 0, tzinfo=UTC), datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
    assert quiet_until(night, spring) - spring == timedelta(hours=2)
    assert quiet_until(night, autumn) - autumn == timedelta(hours=4)


@given(INSTANTS, CLOCKS, CLOCKS, ZONES)
def test_quiet_hours_end_by_the_clock_and_at_their_end_it_is_quiet_no_more(
    at: datetime, start: str, end: str, zone: str
) -> None:
    if start == end:
        return
    quiet = QuietHours(start=start, end=end, timezone=zone)
    until = quiet_until(quiet, at)
    assert timedelta() <= until - at <= timedelta(hours=25)
    assert quiet_until(quiet, until) == until or until.astimezone(ZoneInfo(zone)).fold


@given(INSTANTS, st.integers(0, 1440))
def test_a_digest_goes_out_within_its_span(at: datetime, minutes: int) -> None:
    due = due_at(draft(digest_minutes=minutes), Severity.INFO, at)
    assert at <= due <= at + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": ""}, "url"),
        ({"topic": f"{TOPICS}x"}, "topic"),
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"kind": "sns", "url": "", "topic": ""}, "topic"),
        ({"kind": "sns", "topic": f"{TOPICS}x"}, "url"),
        ({"kind": "sns", "url": "", "topic": f"{TOPICS}x.fifo"}, "topic"),
        ({"kind": "sns", "url": "", "topic": TOPICS}, "topic"),
        ({"kind": "sns", "url": "", "topic": TOPICS.replace("vedette-", "alarms")}, "topic"),
        ({"kind": "sns", "url": "", "topic": f"{TOPICS}x".replace("111122223333", "444455556666")}, "topic"),
        ({"quiet": {"start": "07:00", "end": "07:00"}}, "quiet.end"),
        ({"quiet": {"start": "22:00", "end": "07:00", "timezone": "Middle/Earth"}}, "quiet.timezone"),
    ],
)
def test_what_cannot_work_is_refused_with_its_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate_channel(draft(**fields), project=PROJECT, topics=TOPICS, plain_http=False)
    assert refused.value.field == field


def test_a_topic_of_this_account_and_a_public_webhook_are_fine() -> None:
    validate_channel(
        draft(kind="sns", url="", topic=f"{TOPICS}team-1"), project=PROJECT, topics=TOPICS, plain_http=False
    )
    validate_channel(draft(url="https://8.8.8.8/hook"), project=PROJECT, topics=TOPICS, plain_http=False)
    validate_channel(draft(url="http://127.0.0.1:9/hook"), project=PROJECT, topics=TOPICS, plain_http=True)


def test_a_topic_named_for_a_project_is_that_projects_alone() -> None:
    def validate(name: str) -> None:
        topic = draft(kind="sns", url="", topic=f"{TOPICS}{name}")
        validate_channel(topic, project=PROJECT, topics=TOPICS, plain_http=False)

    validate(f"{PROJECT}-soc")
    validate(PROJECT)
    for name in (OTHER_PROJECT, f"{OTHER_PROJECT}-soc"):
        with pytest.raises(OutOfScope):
            validate(name)
