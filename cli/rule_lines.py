"""Rules, their versions and what they would change, as lines and rows."""

from collections.abc import Iterator

from cli.client import Json
from cli.session import ago
from cli.terminal import safe

RULE_COLUMNS = ("name", "action", "assets", "ports", "protocol", "service", "tag", "until", "reason")
VERSION_COLUMNS = ("version", "rules", "default", "made", "by", "comment")


def rule_row(rule: Json) -> tuple[str, ...]:
    return tuple(
        " ".join(rule["assets"]) or "any" if column == "assets" else str(rule[column] or "") for column in RULE_COLUMNS
    )


def version_row(version: Json) -> tuple[str, ...]:
    return (
        str(version["version"]),
        str(version["rules"]),
        str(version["default"]),
        ago(version["created"]),
        safe(version["created_by"]),
        safe(version["comment"]),
    )


def pointer_line(pointer: Json) -> str:
    rules = pointer["rules"]
    if rules is None:
        told = "no rules count"
    else:
        told = f"version {pointer['current']} counts: {_count(len(rules['rules']), 'rule')}, default {rules['default']}"
    return f"{told}; version {pointer['staged']} is staged" if pointer["staged"] else told


def effect_line(effect: Json) -> str:
    return (
        f"of {effect['examined']} exposures: would raise {_kinds(effect['raised'])}, "
        f"resolve {_kinds(effect['resolved'])}, keep {effect['kept']}"
    )


def difference_lines(report: Json) -> Iterator[str]:
    """A back-test's report."""
    for each in report["alerts"]:
        sign = "+" if each["change"] == "added" else "-"
        place = f"{each['asset']} {each['port']}/{each['protocol']}" if each["port"] is not None else each["asset"]
        yield safe(f"{sign} {each['type']} ({each['severity']}) {place}: {each['why']}", limit=1000)
    yield (
        f"{_count(len(report['scans']), 'scan')}: adds {_kinds(report['added'])}, removes {_kinds(report['removed'])}, "
        f"keeps {report['kept']}"
    )
    if report["left_out"]:
        yield f"{_count(report['left_out'], 'older scan')} {_was(report['left_out'])} left out: too much for one request"
    if report["documents_missing"]:
        missing = report["documents_missing"]
        yield f"{_count(missing, 'result document')} {'is' if missing == 1 else 'are'} kept no longer"


def answered_lines(answer: Json) -> Iterator[str]:
    """Which rule decides, and what else fits."""
    yield f"{answer['action']}: {safe(answer['text'], limit=1000)}"
    for each in answer["contenders"][1:]:
        yield f"  less specific: {each['action']} by {safe(each['text'], limit=1000)}"
    if answer["expected"]:
        rule = answer["expected"]
        yield f"  expected to be open by rule {safe(rule['rule'])}, version {rule['version']}"
    if not answer["known"]:
        yield "  never found open in this network: asked without a detected service"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _kinds(counts: Json) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none"
