"""A channel: where a project's alerts are sent, which of them, and when."""

import re
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from functions.core.alert import Alert, AlertType, Severity
from functions.core.egress import check_destination, parse_url
from functions.core.errors import InvalidInput, OutOfScope
from functions.core.ids import is_id
from functions.core.model import Id, Model, Time
from functions.core.network import TAG
from functions.core.quoting import quoted

MAX_CHANNELS = 20
"""Of one project: each alert is held against all of them."""

RANKS = {severity: rank for rank, severity in enumerate(Severity)}

_MINUTES_OF_DAY = 24 * 60
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)
Clock = Annotated[str, Field(pattern=_CLOCK)]
"""A time of day, `HH:MM`."""


class ChannelKind(StrEnum):
    WEBHOOK = "webhook"
    SNS = "sns"


class Route(Model):
    """Alerts of which all of this is so; what is left empty fits everything."""

    severity: Severity = Severity.INFO
    """At least so severe."""
    types: tuple[AlertType, ...] = Field(default=(), max_length=10)
    networks: tuple[Id, ...] = Field(default=(), max_length=100)
    tags: tuple[Annotated[str, Field(pattern=TAG)], ...] = Field(default=(), max_length=32)
    """Any of them, on the host or on its network."""


class QuietHours(Model):
    """Every day from `start` to `end` by the clocks of `timezone`, past midnight where `end` is the earlier one."""

    start: Clock
    end: Clock
    timezone: str = Field(default="UTC", max_length=64)


class ChannelDraft(Model):
    name: str = Field(min_length=1, max_length=100)
    kind: ChannelKind
    url: str = Field(default="", max_length=2048)
    """Of a webhook."""
    topic: str = Field(default="", max_length=300)
    """The ARN of an SNS topic of this account and region whose name begins with `vedette-`."""
    routes: tuple[Route, ...] = Field(default=(), max_length=32)
    """An alert goes out when one of them fits; none fits everything."""
    digest_minutes: int = Field(default=0, ge=0, le=_MINUTES_OF_DAY)
    """Alerts of each such span, counted from midnight UTC, go out as one message at its end; 0 sends each at once."""
    quiet: QuietHours | None = None
    """What comes up in these hours goes out as one message when they end."""
    urgent: Severity | None = None
    """At least so severe: goes out at once, whatever digest and quiet hours say."""
    resolutions: bool = True
    """Whether to tell that an alert is resolved that was told of."""
    enabled: bool = True


class Trial(Model):
    """What became of a test message."""

    id: str
    status: Literal["waiting", "sent", "failed"]
    at: Time
    error: str = Field(default="", max_length=512)


class Channel(ChannelDraft):
    id: Id
    project: Id
    created: Time
    updated: Time
    rotated: Time | None = None
    """When a webhook's secret was last replaced."""
    tested: Trial | None = None
    version: int = Field(default=1, ge=1)


class Secret(Model):
    """What a webhook's messages are signed with; kept apart from its channel. Nothing but delivery reads it."""

    project: Id
    channel: Id
    secret: str
    previous: str = ""
    """The one before, with which messages are signed too until `previous_until`."""
    previous_until: Time | None = None


ROTATION = timedelta(hours=24)
"""For so long messages carry the signatures of both secrets."""


def validate_channel(draft: ChannelDraft, *, project: str, topics: str, plain_http: bool) -> None:
    """`topics`: what the ARN of every topic begins with that may be published to. Raises InvalidInput, OutOfScope."""
    wanted, other = ("url", "topic") if draft.kind is ChannelKind.WEBHOOK else ("topic", "url")
    if not getattr(draft, wanted):
        raise InvalidInput(wanted, f"a channel of kind {draft.kind} needs its {wanted}")
    if getattr(draft, other):
        raise InvalidInput(other, f"a channel of kind {draft.kind} has no {other}")
    if draft.kind is ChannelKind.WEBHOOK:
        endpoint = parse_url(draft.url, "url", plain_http=plain_http)
        if endpoint.is_address:
            check_destination((endpoint.host,), "url", admit_loopback=plain_http)
    else:
        _check_topic(draft.topic, topics, project)
    if draft.quiet is not None:
        _check_quiet(draft.quiet)


def _check_topic(topic: str, topics: str, project: str) -> None:
    """A topic whose name begins with a project's id is that project's; any other is everybody's."""
    name = topic.removeprefix(topics)
    if name == topic or not _TOPIC_NAME.fullmatch(name):
        raise InvalidInput(
            "topic", f"{quoted(topic)} is not a standard topic of this account: write as in {topics}alerts"
        )
    owner = name.partition("-")[0]
    if is_id(owner) and owner != project:
        raise OutOfScope("topic", f"{quoted(topic)} is named for another project")


def _check_quiet(quiet: QuietHours) -> None:
    if quiet.start == quiet.end:
        raise InvalidInput(
            "quiet.end", "quiet hours that end when they start never end: switch the channel off instead"
        )
    if quiet.timezone not in _zones():
        raise InvalidInput(
            "quiet.timezone", f"there is no time zone {quoted(quiet.timezone)}: use an IANA name as in Europe/Berlin"
        )


@cache
def _zones() -> frozenset[str]:
    return frozenset({"UTC"} | zoneinfo.available_timezones())


def fits(routes: tuple[Route, ...], alert: Alert, tags: frozenset[str]) -> bool:
    """`tags`: of the alert's host and of its network. What is acknowledged counts as what it was rated."""
    return not routes or any(_fits(route, alert, tags) for route in routes)


def _fits(route: Route, alert: Alert, tags: frozenset[str]) -> bool:
    return (
        at_least(alert.rated, route.severity)
        and (not route.types or alert.type in route.types)
        and concerns(route, alert.network, tags)
    )


def concerns(route: Route, network: str, tags: frozenset[str]) -> bool:
    """Whether it is about this network at all."""
    return (not route.networks or network in route.networks) and (not route.tags or not tags.isdisjoint(route.tags))


def at_least(severity: Severity, bound: Severity) -> bool:
    return RANKS[severity] >= RANKS[bound]


def is_urgent(channel: ChannelDraft, severity: Severity) -> bool:
    return channel.urgent is not None and at_least(severity, channel.urgent)


def due_at(channel: ChannelDraft, severity: Severity, now: datetime) -> datetime:
    """When a message that comes up `now` goes out: at once, at the end of its digest's span, or of quiet hours."""
    if is_urgent(channel, severity):
        return now
    due = now
    if channel.digest_minutes:
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        span = timedelta(minutes=channel.digest_minutes)
        # A span that does not divide the day ends with it.
        due = min(midnight + ((now - midnight) // span + 1) * span, midnight + timedelta(days=1))
    return quiet_until(channel.quiet, due) if channel.quiet else due


def quiet_until(quiet: QuietHours, at: datetime) -> datetime:
    """When the quiet hours that hold `at` end; `at` itself outside of them. An hour that a clock change skips ends them too."""
    zone = zoneinfo.ZoneInfo(quiet.timezone)
    today = at.astimezone(zone).date()
    # Quiet hours over midnight may have begun yesterday.
    for day in (today - timedelta(days=1), today):
        begins = _instant(day, quiet.start, zone)
        ends = _instant(day + timedelta(days=quiet.end < quiet.start), quiet.end, zone)
        if begins <= at < ends:
            return ends
    return at


def _instant(day: date, clock: str, zone: zoneinfo.ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)
