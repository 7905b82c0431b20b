"""Rules come back from CSV as they went, spreadsheets run none of them, and a fault names its line."""

import csv
import io
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.errors import Faults, InvalidInput
from functions.core.model import Protocol
from functions.core.rule import Action, Rule, RuleSetDraft
from functions.core.rule_check import check_draft
from functions.core.rule_csv import COLUMNS, MAX_TEXT, read_csv, write_csv

HEADER = ",".join(COLUMNS)


def faults_of(text: str) -> list[tuple[str, str]]:
    with pytest.raises(Faults) as refused:
        read_csv(text)
    return list(refused.value.faults)


def test_a_line_is_a_rule() -> None:
    (rule,) = read_csv(
        f'{HEADER}\nweb,Allow,10.0.0.0/24 www.example.com,"80,443",TCP,http,dmz,for a while,2027-01-01T00:00:00Z\n'
    )
    assert rule == Rule(
        name="web",
        action=Action.ALLOW,
        assets=("10.0.0.0/24", "www.example.com"),
        ports="80,443",
        protocol=Protocol.TCP,
        service="http",
        tag="dmz",
        reason="for a while",
        until=datetime(2027, 1, 1, tzinfo=UTC),
    )


def test_columns_come_in_any_order_and_most_may_be_missing() -> None:
    (rule,) = read_csv("ports,action,name\r\n22,block,no-ssh\r\n\r\n")
    assert rule == Rule(name="no-ssh", action=Action.BLOCK, ports="22")


def test_a_byte_order_mark_and_semicolons_between_assets_are_taken() -> None:
    (rule,) = read_csv("\ufeffname,action,assets\na,allow,10.0.0.1;10.0.0.2\n")
    assert rule.assets == ("10.0.0.1", "10.0.0.2")


def test_every_fault_names_its_line_and_column_and_no_rule_is_taken() -> None:
    text = "\n".join(
        [
            "name,action,assets,ports,until,reason",
            "good,allow,10.0.0.1,22,,",
            "bad name,allow,,,,",
            'two-lines,allow,,99999,,"a reason\nof two lines"',
            "later,permit,10.0.0.300,,,",
            "good,allow,10.0.0.300,,2027-01-01T00:00:00Z,",
        ]
    )
    assert [field for field, _ in faults_of(text)] == [
        "lines.3.name",
        "lines.4.ports",
        "lines.4.reason",
        "lines.6.action",
        "lines.7.assets",
        "lines.7.reason",
        "lines.7.name",
    ]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "lines.1"),
        ("name,ports\na,22\n", "lines.1"),
        ("name,action,color\na,allow,red\n", "lines.1"),
        ("name,action,name\n", "lines.1"),
        ("name,action\na,allow,22\n", "lines.2"),
        ('name,action\na,"allow\n', "lines.2"),
        ('name,action\na,"allow"x\n', "lines.2"),
        ("name,action\n\x00,allow\n", "lines.2.name"),
    ],
)
def test_what_is_no_table_of_rules_is_refused_with_its_line(text: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_csv(text)
    assert refused.value.field == field


def test_a_text_that_is_too_long_is_not_read() -> None:
    with pytest.raises(InvalidInput, match="at most"):
        read_csv("x" * (MAX_TEXT + 1))


def test_faults_are_told_up_to_a_bound() -> None:
    assert len(faults_of("name,action\n" + "!,allow\n" * 5000)) == 100


@pytest.mark.parametrize("reason", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''@x", "'plain", "a=b"])
def test_a_spreadsheet_sees_no_formula_and_the_rule_comes_back(reason: str) -> None:
    rule = Rule(name="r", action=Action.ALLOW, reason=reason)
    written = write_csv((rule,))
    cells = list(csv.reader(io.StringIO(written)))[1]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert read_csv(written) == (rule,)


TEXT = st.text(st.characters(exclude_categories=["C"]), max_size=60)
RULES = st.builds(
    Rule,
    name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,10}", fullmatch=True),
    action=st.sampled_from([Action.ALLOW, Action.BLOCK]),
    assets=st.lists(st.sampled_from(["10.0.0.1", "10.0.0.0/8", "10.0.0.1-10.0.0.9", "fd00::/64", "a.example"])).map(
        tuple
    ),
    ports=st.sampled_from(["", "22", "22,80-90", "top-100,!25"]),
    protocol=st.sampled_from([None, *Protocol]),
    service=st.sampled_from(["", "ssh", "=cmd"]),
    tag=st.sampled_from(["", "dmz", "@tag"]),
    reason=TEXT.filter(lambda text: not text or bool(text.strip())),
    until=st.none() | st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(RULES, max_size=5, unique_by=lambda rule: rule.name))
def test_rules_survive_the_way_through_csv(rules: list[Rule]) -> None:
    sound = tuple(rule if rule.reason else rule.model_copy(update={"until": None}) for rule in rules)
    assert read_csv(write_csv(sound)) == sound
    check_draft(RuleSetDraft(rules=sound))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gives_sound_rules_or_a_refusal(text: str) -> None:
    with suppress(InvalidInput):
        check_draft(RuleSetDraft(rules=read_csv(f"name,action,assets,ports,until\n{text}")))
