"""How one alert, its story, groups and counts are told."""

from collections.abc import Iterator

from cli.client import Json
from cli.session import ago
from cli.tables import alert_row
from cli.terminal import safe

COMMENT_COLUMNS = ("when", "who", "comment", "id")


def comment_row(comment: Json) -> tuple[str, ...]:
    edited = " (edited)" if comment.get("edited") else ""
    return comment["at"], comment["by"], f"{comment['text']}{edited}", comment["id"]


TRAIL_COLUMNS = ("when", "who", "what", "why", "changed")


def trail_row(entry: Json) -> tuple[str, ...]:
    before, after = entry["before"], entry["after"]
    names = [name for name in {**before, **after} if name != "why"]
    changed = "; ".join(f"{name}: {before.get(name) or '-'} -> {after.get(name) or '-'}" for name in names)
    return entry["at"], entry["by"] or "vedette", entry["event"], entry["text"], changed


GROUP_COLUMNS = ("worst", "type", "port", "alerts", "unresolved", "since", "for example", "group")


def group_row(group: Json) -> tuple[str, ...]:
    port = "-" if group["port"] is None else f"{group['port']}/{group['protocol']}"
    sample = ", ".join(each["asset"] or "the network" for each in group["sample"])
    counted = str(group["count"]), str(group["unresolved"])
    return group["worst"], group["type"], port, *counted, ago(group["since"]), sample, group["id"]


def count_lines(counts: Json) -> Iterator[str]:
    yield f"{counts['unresolved']} unresolved of {counts['total']}"
    for title in ("severities", "types", "statuses"):
        told = ", ".join(f"{count} {name}" for name, count in counts[title].items())
        yield f"{title}: {told or 'none'}"


def detail_lines(alert: Json) -> Iterator[str]:
    """Whoever was scanned chose some of these words: unusual characters are escaped."""
    severity, kind, host, port, status, why, identifier = alert_row(alert)
    where = " ".join(each for each in (host or "the network", port) if each)
    yield safe(f"{severity} {kind} on {where}: {status}", limit=1000)
    yield safe(why, limit=1000)
    yield f"raised {ago(alert['raised'])}, changed {ago(alert['updated'])}, came about {alert['count']} times"
    if alert["assignee"]:
        yield safe(f"assigned to {alert['assignee']}", limit=1000)
    for name in ("acknowledged", "snoozed", "muted", "resolution"):
        mark = alert.get(name)
        if mark:
            until = f" until {mark['until']}" if mark.get("until") else ""
            by = mark["by"] or "vedette, for its cause is gone"
            word = "resolved" if name == "resolution" else name
            yield safe(f"{word} by {by}{until}: {mark['reason'] or 'no reason given'}", limit=1000)
    yield f"{alert['comments']} comments; group {alert['group']}; id {identifier}"
