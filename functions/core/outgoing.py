"""A message as receivers get it, whatever the channel."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from functions.core.alert import Alert, Severity
from functions.core.alert_life import MARKS
from functions.core.channel import RANKS
from functions.core.delivery import Entry
from functions.core.model import Id, Model, Time

MessageType = Literal["alerts", "exception.ending", "test"]


class Outgoing(Model):
    """`id`: receivers drop what came with one that they know."""

    version: Literal[1] = 1
    id: str
    type: MessageType
    project: Id
    channel: Id
    time: Time
    """Of this attempt."""
    text: str
    """One line for people."""
    groups: tuple[dict[str, Any], ...] = ()
    """One for each cause that many alerts share, the most severe first: `group`, `type`, `severity`, `count`."""
    alerts: tuple[dict[str, Any], ...] = ()
    """Each with its own `delivery` id, the `occasion`, and the `alert` as the API shows it."""
    notice: dict[str, Any] = Field(default_factory=dict)

    def body(self) -> bytes:
        return self.model_dump_json().encode()


MAX_BODY = 240 * 1024
"""A topic takes 256 KiB, its attributes included."""
_SHORT = 32
"""Ids and times are never cut."""
_CUTS = (1024, 256, 64, 16)
"""Characters of each text that a scanned host or a person chose: the first that makes the message fit."""


def alerts_message(told: Sequence[tuple[Entry, Alert]], *, message: str, now: datetime) -> Outgoing:
    """`told`: at least one, all of one channel."""
    made = (_alerts_message(told, message, now, cut) for cut in _CUTS)
    return next((each for each in made if len(each.body()) <= MAX_BODY), _alerts_message(told, message, now, 0))


def _alerts_message(told: Sequence[tuple[Entry, Alert]], message: str, now: datetime, cut: int) -> Outgoing:
    entry = told[0][0]
    return Outgoing(
        id=message,
        type="alerts",
        project=entry.project,
        channel=entry.channel,
        time=now,
        text=_text(told),
        groups=tuple(_groups([alert for _, alert in told])),
        alerts=tuple(
            {
                "delivery": each.id,
                "occasion": each.occasion,
                "alert": _shown(alert, cut),
            }
            for each, alert in told
        ),
    )


def _shown(alert: Alert, cut: int) -> dict[str, Any]:
    whole = alert.model_dump(mode="json", exclude={"deliveries"})
    for free in ("service", "why", *MARKS, "resolution"):
        whole[free] = _cut(whole[free], cut)
    return whole


def _cut(value: Any, cut: int) -> Any:
    match value:
        case str() if len(value) > max(cut, _SHORT):
            return value[:cut]
        case dict():
            return {name: _cut(each, cut) for name, each in value.items()}
        case list():
            return [_cut(each, cut) for each in value]
    return value


def _text(told: Sequence[tuple[Entry, Alert]]) -> str:
    if len(told) == 1:
        ((entry, alert),) = told
        return f"{entry.occasion}: {alert.severity} {alert.type}: {alert.why.text}"
    counts = Counter(alert.severity for _, alert in told)
    parts = (f"{counts[severity]} {severity}" for severity in reversed(Severity) if counts[severity])
    return f"{len(told)} alerts: {', '.join(parts)}"


def _groups(alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(alert.group, []).append(alert)
    lines = []
    for group, members in groups.items():
        worst = max(members, key=lambda alert: RANKS[alert.severity])
        lines.append({"group": group, "type": worst.type, "severity": worst.severity, "count": len(members)})
    return sorted(lines, key=lambda line: (-RANKS[line["severity"]], -int(line["count"])))
