"""Lines of exported tables: whole records, and nothing in them that runs."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.core.export import ExportFormat, ExportKind
from functions.core.export_table import COLUMNS, MAX_CELL, cell, header, line
from functions.core.model import Model
from functions.core.service import Service
from tests.store.examples import NETWORK, alert, exposure, host, scan

CSV, JSONL = ExportFormat.CSV, ExportFormat.JSONL
RECORDS: dict[ExportKind, Model] = {
    ExportKind.EXPOSURES: exposure("10.0.0.1", 443, service=Service(name="https", cpe=("cpe:/a:x", "cpe:/a:y"))),
    ExportKind.HOSTS: host("10.0.0.1", names=("a.example", "b.example"), tags=("db",)),
    ExportKind.ALERTS: alert(),
    ExportKind.SCANS: scan(),
}


def row(kind: ExportKind, record: Model) -> dict[str, str]:
    text = header(kind, CSV) + line(record, kind, CSV)
    (found,) = csv.DictReader(io.StringIO(text, newline=""))
    return found


@pytest.mark.parametrize("kind", RECORDS)
def test_every_column_of_a_kind_is_a_field_of_its_records(kind: ExportKind) -> None:
    fields: Any = type(RECORDS[kind]).model_fields
    assert {path.partition(".")[0] for path in COLUMNS[kind].values()} <= set(fields)
    assert list(row(kind, RECORDS[kind])) == list(COLUMNS[kind])


@pytest.mark.parametrize("kind", RECORDS)
def test_a_line_of_json_is_the_whole_record(kind: ExportKind) -> None:
    text = line(RECORDS[kind], kind, JSONL)
    assert type(RECORDS[kind]).model_validate(json.loads(text)) == RECORDS[kind]
    assert text.endswith("\n")
    assert text.isascii()
    assert header(kind, JSONL) == ""


def test_values_are_where_people_look_for_them() -> None:
    told = row(ExportKind.EXPOSURES, RECORDS[ExportKind.EXPOSURES])
    assert (told["network"], told["port"], told["answering"], told["name"]) == (NETWORK, "443", "true", "https")
    assert (told["cpe"], told["change"]) == ("cpe:/a:x cpe:/a:y", "opened")
    assert row(ExportKind.HOSTS, RECORDS[ExportKind.HOSTS])["names"] == "a.example b.example"
    assert row(ExportKind.ALERTS, RECORDS[ExportKind.ALERTS])["acknowledged_by"] == ""


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("  =1", "'  =1"),
        ('"=1', "'\"=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=1", "a;'=1"),
        ("a,@x", "a,'@x"),
        ("\t=1", r"\t=1"),
        ("a\r\n=1", r"a\r\n=1"),
        ("\x1b[2J\u202e\u2028", r"\x1b[2J\u202e\u2028"),
        ("nginx 1.22 (=x)", "nginx 1.22 (=x)"),
        ("a-b=c", "a-b=c"),
    ],
)
def test_a_banner_neither_calculates_nor_moves_a_cursor(hostile: str, shown: str) -> None:
    assert cell(hostile) == shown


@given(st.text())
@example("\xa0")
@example("\xa0=1")
def test_no_text_begins_a_formula_or_a_line(text: str) -> None:
    record = exposure("10.0.0.1", 1, service=Service.model_construct(product=text))
    written = line(record, ExportKind.EXPOSURES, CSV)
    assert written.count("\n") == 1
    (cells,) = csv.reader(io.StringIO(written, newline=""))
    assert all(each.strip("\"' \t")[:1] not in tuple("=+-@") or each.startswith("'") for each in cells)
    assert all(character.isprintable() or character.isspace() for each in cells for character in each)
    assert all(len(each.splitlines()) <= 1 for each in cells)
    shifted = [part for each in cells for part in each.split(";")]
    assert all(part[:1] not in tuple("=+-@") or not part for part in shifted)


def test_a_huge_banner_is_cut_to_what_a_spreadsheet_holds() -> None:
    assert len(cell("x" * 100_000)) == MAX_CELL
