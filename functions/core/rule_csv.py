"""Rules as CSV: one line each, read back to what was written, harmless to the spreadsheet that opens it."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from functions.core.errors import Faults, InvalidInput
from functions.core.quoting import quoted
from functions.core.rule import MAX_RULES, Rule
from functions.core.rule_check import MAX_FAULTS, Fault, faults_of

COLUMNS = ("name", "action", "assets", "ports", "protocol", "service", "tag", "reason", "until")
NEEDED = ("name", "action")
MAX_TEXT = 200_000
"""Characters."""
MAX_CELL = 20_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_QUOTE = "'"


def write_csv(rules: tuple[Rule, ...]) -> str:
    """A header and a line for each rule; assets are parted by spaces, times are RFC 3339."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for rule in rules:
        fields = rule.model_dump(mode="json")
        fields["assets"] = " ".join(rule.assets)
        writer.writerow([_neutral(str(fields[column] or "")) for column in COLUMNS])
    return text.getvalue()


def read_csv(text: str) -> tuple[Rule, ...]:
    """The rules of all lines, or none: raises Faults, whose fields say line and column as in `lines.3.ports`.

    Columns come in any order; all but name and action may be missing.
    """
    if len(text) > MAX_TEXT:
        raise InvalidInput(
            "csv", f"{len(text)} characters: {MAX_TEXT} at most; several networks can have rules of their own"
        )
    faults: list[Fault] = []
    rules: dict[str, Rule] = {}
    for line, cells in _records(text):
        found = list(_faults_of_cells(cells)) or _read_rule(cells, rules)
        faults += [(f"lines.{line}.{column}" if column else f"lines.{line}", message) for column, message in found]
        if len(faults) >= MAX_FAULTS:
            break
        if len(rules) > MAX_RULES:
            raise InvalidInput("csv", f"more than {MAX_RULES} rules")
    if faults:
        raise Faults(faults[:MAX_FAULTS])
    return tuple(rules.values())


def _records(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The number of the line that each record starts on, and its cells by column; empty lines are passed over."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    start = 1
    try:
        header = _header(next(reader, []))
        start = reader.line_num + 1
        for row in reader:
            if len(row) > len(header):
                raise Faults(
                    [(f"lines.{start}", f"{len(row)} cells under {len(header)} columns: quote cells with a comma")]
                )
            if any(cell.strip() for cell in row):
                yield start, dict(zip(header, row, strict=False))
            start = reader.line_num + 1
    except csv.Error as error:
        raise Faults([(f"lines.{start}", f"this is not CSV: {error}")]) from None


def _header(cells: list[str]) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    for name in header:
        if name not in COLUMNS:
            raise InvalidInput("lines.1", f"there is no column {quoted(name)}: use {', '.join(COLUMNS)}")
    missing = [name for name in NEEDED if name not in header]
    if missing or len(set(header)) != len(header):
        raise InvalidInput("lines.1", f"the first line names each column once, {' and '.join(NEEDED)} among them")
    return header


def _faults_of_cells(cells: Mapping[str, str]) -> Iterator[Fault]:
    for column, cell in cells.items():
        if len(cell) > MAX_CELL:
            yield column, f"{len(cell)} characters: {MAX_CELL} at most"


def _read_rule(cells: Mapping[str, str], rules: dict[str, Rule]) -> list[Fault]:
    """Adds the rule to `rules`; its faults by column where it is none."""
    try:
        rule = Rule.model_validate(_fields(cells))
    except ValidationError as error:
        return [(str(each["loc"][0]), each["msg"]) for each in error.errors()]
    found = [(field.partition(".")[0], message) for field, message in faults_of(rule)]
    if rules.setdefault(rule.name, rule) is not rule:
        found.append(("name", f"a line above has the name {rule.name} already"))
    return found


def _fields(cells: Mapping[str, str]) -> dict[str, Any]:
    given = {column: _plain(cell) if column == "reason" else _plain(cell.strip()) for column, cell in cells.items()}
    fields: dict[str, Any] = {column: cell for column, cell in given.items() if cell}
    fields["assets"] = tuple(given.get("assets", "").replace(";", " ").split())
    for column in {"action", "protocol"} & fields.keys():
        fields[column] = fields[column].lower()
    return fields


def _neutral(cell: str) -> str:
    """A spreadsheet takes for a formula what starts as one: a quotation mark before it makes it text."""
    return _QUOTE + cell if cell.lstrip(_QUOTE).startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    """The inverse of `_neutral`."""
    return cell[1:] if cell.startswith(_QUOTE) and cell.lstrip(_QUOTE).startswith(_FORMULA) else cell
