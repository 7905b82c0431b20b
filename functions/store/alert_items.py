"""An alert as items: its own, its trail's entries, its share of its group's line, and the calls of its marks' ends."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from functions.core.alert import UNRESOLVED, Alert, AlertStatus, Severity, TrailEntry
from functions.core.alert_life import MARKS
from functions.core.ids import derived_id
from functions.core.model import Model
from functions.store import keys
from functions.store.attributes import Item, to_item
from functions.store.conditions import version_is
from functions.store.deadlines import calls
from functions.store.writes import Put, Update

SAMPLES = 4
"""A group's line shows so many of its alerts: each alert has one of so many places, the later takes it."""
_MAX_TEXT, _MAX_STORY = 512, 1024


def alert_item(alert: Alert) -> Item:
    return to_item(
        alert, keys.alerts(alert.project), alert.id, **{name: value for name, value in _index(alert).items() if value}
    )


def update_of(before: Alert, after: Alert) -> Update:
    """Only what differs, so that what was counted or delivered meanwhile is kept. Holds the version that was read."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    changed: dict[str, Any] = {name: value for name, value in new.items() if value != old[name]}
    return Update(keys.alerts(after.project), after.id, {**changed, **_index(after)}, version_is(before.version))


def trail_of(before: Alert | None, after: Alert, *, by: str, event: str, text: str) -> Put:
    """The entry for a change, named by the version that it led to; None: the alert was raised."""
    changed = [name for name in Alert.model_fields if _told(name) and _differs(before, after, name)]
    entry = TrailEntry(
        id=derived_id(after.updated, after.id, str(after.version)),
        alert=after.id,
        at=after.updated,
        by=by,
        event=event,
        text=text[:_MAX_STORY],
        before={name: _text(getattr(before, name)) for name in changed},
        after={name: _text(getattr(after, name)) for name in changed},
    )
    return trail_write(after, entry)


def trail_write(alert: Alert, entry: TrailEntry) -> Put:
    """Entries come in the order of the alert's versions: its times are of different clocks."""
    place = keys.trail_entry(alert.version, entry.id)
    return Put(to_item(entry, keys.alert_story(alert.project, alert.id), place))


def group_of(before: Alert | None, after: Alert) -> Iterator[Update]:
    """What the change adds to and takes from the lines of groups; nothing where none of what they count changed."""
    if before is not None and _line(before) == _line(after):
        return
    if before is None or before.group != after.group:
        yield Update(*_line_key(after), _facts(after), add={group_count(after): 1})
    else:
        yield Update(*_line_key(after), {}, add={group_count(after): 1, group_count(before): -1})
    if before is not None and before.group != after.group:
        yield Update(*_line_key(before), {}, add={group_count(before): -1})


def _line_key(alert: Alert) -> tuple[str, str]:
    return keys.alert_groups(alert.project), alert.group


def _line(alert: Alert) -> tuple[str, str]:
    return alert.group, group_count(alert)


def group_count(alert: Alert) -> str:
    return f"{alert.status}/{alert.severity}"


def read_group_count(name: str) -> tuple[AlertStatus, Severity]:
    status, _, severity = name.partition("/")
    return AlertStatus(status), Severity(severity)


def calls_of(before: Alert, after: Alert) -> Iterator[Put]:
    """For every end that is new; calls for one that has gone find nothing to do."""
    for since, until in _ends(after) - _ends(before):
        yield from calls(kind="alert", project=after.project, subject=after.id, since=since, until=until)


def stands(alert: Alert) -> bool:
    """Whether its cause may still be there: unresolved, or resolved by hand and not known to be gone."""
    if alert.status in UNRESOLVED:
        return True
    return alert.resolution is not None and alert.resolution.by != "" and alert.resolution.gone is None


def _index(alert: Alert) -> dict[str, str | None]:
    """None: it is not in that index."""
    there = stands(alert)
    cell = keys.alert_cell(alert.asset, alert.protocol or "", alert.port)
    return {
        keys.GSI1_PK: keys.alerts_by_status(alert.project, alert.status),
        keys.GSI1_SK: keys.alert_in_status(alert.group, alert.id),
        keys.GSI2_PK: keys.standing_alerts(alert.project, alert.network) if there else None,
        keys.GSI2_SK: f"{cell}{alert.type}#{alert.id}" if there else None,
    }


def _facts(alert: Alert) -> dict[str, Any]:
    """What all alerts of the group have in common, and one more that it shows."""
    place = hashlib.sha256(alert.id.encode()).digest()[0] % SAMPLES
    return {
        "project": alert.project,
        "network": alert.network,
        "type": alert.type.value,
        "protocol": alert.protocol.value if alert.protocol else None,
        "port": alert.port,
        "scan": alert.why.scan,
        "rule": alert.why.rule.model_dump(mode="json") if alert.why.rule else None,
        f"sample{place}": {"alert": alert.id, "asset": alert.asset, "text": alert.why.text},
    }


def _told(name: str) -> bool:
    return name not in {"version", "updated", "deliveries", "comments"}


def _differs(before: Alert | None, after: Alert, name: str) -> bool:
    return before is not None and getattr(before, name) != getattr(after, name)


def _ends(alert: Alert) -> set[tuple[datetime, datetime]]:
    marks = (getattr(alert, name) for name in MARKS)
    return {(mark.at, mark.until) for mark in marks if mark and mark.until}


def _text(value: object) -> str:
    if value is None:
        return ""
    told = value.model_dump_json(exclude_defaults=True) if isinstance(value, Model) else str(value)
    return told[:_MAX_TEXT]
