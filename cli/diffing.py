"""`vedette diff`: what changed between two scans, or since a scan."""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated

import typer

from cli.client import Json
from cli.errors import UsageError
from cli.listing import write_json
from cli.options import AsJson, Project
from cli.session import Session, open_session
from cli.tables import print_rows
from cli.terminal import safe, service_text
from cli.why import ANSWERS, answer_word

INVENTORY = "inventory"
COLUMNS = ("change", "host", "port", "before", "after")
VERDICTS = ("opened", "closed", "changed", "not_comparable", "unchanged")


def diff(
    before: Annotated[str, typer.Argument(help="A scan's id.", metavar="BEFORE")],
    after: Annotated[
        str, typer.Argument(help="A later scan's id; the inventory as it is now when left out.", metavar="[AFTER]")
    ] = INVENTORY,
    verdict: Annotated[str, typer.Option(help=f"Only {', '.join(VERDICTS[:-1])} or {VERDICTS[-1]}.")] = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """What changed from BEFORE to AFTER, cell by cell; where only one of them looked, nothing is claimed."""
    if verdict and verdict not in VERDICTS:
        raise UsageError(f"--verdict: give one of {', '.join(VERDICTS)}")
    scan, against = (before, INVENTORY) if after == INVENTORY else (after, before)
    with open_session(project=project, json=as_json) as session:
        items: list[Json] = []
        counts: Counter[str] = Counter()
        for page in _pages(session, scan, against, verdict):
            items += page["items"]
            counts.update(page["counts"])
        if session.json:
            write_json({"before": before, "after": after, "items": items, "counts": dict(counts)})
            return
        print_rows(session.console, title="", columns=COLUMNS, rows=map(_row, items))
        session.console.print(closing_line(counts))


def closing_line(counts: Counter[str]) -> str:
    told = ", ".join(f"{counts[name]} {name.replace('_', ' ')}" for name in VERDICTS)
    cells = f"{counts['cells_compared']} cells compared, {counts['cells_not_comparable']} covered by one only"
    return f"{told}; {cells}"


def _pages(session: Session, scan: str, against: str, verdict: str) -> Iterator[Json]:
    cursor: str | None = None
    while True:
        asked = {"against": against, "verdict": verdict or None, "limit": 200, "cursor": cursor}
        page = session.client.get("projects", session.project, "scans", scan, "diff", **asked)
        yield page
        cursor = page["next_cursor"]
        if not cursor:
            return


def _row(item: Json) -> tuple[str, ...]:
    return (
        item["verdict"].replace("_", " "),
        item["asset"],
        f"{item['port']}/{item['protocol']}",
        _glimpse(item["before"]),
        _glimpse(item["after"]),
    )


def _glimpse(seen: Json | None) -> str:
    if seen is None:
        return ANSWERS["not_covered"].removeprefix("was ")
    if seen["answer"] != "open":
        return safe(answer_word(seen["answer"]))
    return f"open {service_text(seen['service'])}".rstrip()
