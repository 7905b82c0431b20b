"""Versions never change; one pointer per scope says which counts."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.core.errors import InvalidInput, NotFound, StaleVersion
from functions.core.model import Protocol
from functions.core.policy import Subject, decide
from functions.core.rule import MAX_RULES, PROJECT_SCOPE, Action, Rule, RuleSet
from functions.store.deadlines import Deadlines
from functions.store.rules import Rules
from functions.store.table import Table
from tests.store.examples import AT, NETWORK, OTHER_PROJECT, PROJECT

SSH = Subject("10.0.0.1", "10.0.0.1", Protocol.TCP, 22)


def rule(action: Action = Action.BLOCK, **fields: Any) -> Rule:
    return Rule.model_validate({"name": "ssh", "action": action, "ports": "22", **fields})


def rule_set(version: int, *rules: Rule, scope: str = PROJECT_SCOPE, created: datetime = AT) -> RuleSet:
    return RuleSet(
        project=PROJECT, scope=scope, version=version, created=created, created_by="tester", rules=rules, comment="why"
    )


def test_a_scope_without_rules_has_a_pointer_to_nowhere_and_a_policy_that_decides_nothing(table: Table) -> None:
    rules = Rules(table)
    pointer = rules.pointer(PROJECT, PROJECT_SCOPE)
    assert (pointer.current, pointer.staged, pointer.latest, pointer.version) == (0, 0, 0, 0)
    assert rules.current(PROJECT, PROJECT_SCOPE) is None
    assert decide(rules.policy(PROJECT, NETWORK), SSH, AT).action == "none"


def test_what_is_published_counts_at_once_and_reads_back_as_it_was(table: Table) -> None:
    rules = Rules(table)
    published = rule_set(1, rule())
    assert rules.publish(published, expected=0).current == 1
    assert Rules(table).current(PROJECT, PROJECT_SCOPE) == published
    assert decide(rules.policy(PROJECT, NETWORK), SSH, AT).action == "block"
    assert decide(rules.policy(OTHER_PROJECT, NETWORK), SSH, AT).action == "none"


def test_a_policy_follows_the_pointers_of_project_and_network(table: Table) -> None:
    rules, reader = Rules(table), Rules(table)
    rules.publish(rule_set(1, rule()), expected=0)
    assert decide(reader.policy(PROJECT, NETWORK), SSH, AT).action == "block"
    rules.publish(rule_set(1, rule(Action.ALLOW), scope=NETWORK), expected=0)
    assert decide(reader.policy(PROJECT, NETWORK), SSH, AT).action == "allow"


def test_a_policy_that_stands_is_made_once(table: Table) -> None:
    rules = Rules(table)
    rules.publish(rule_set(1, rule()), expected=0)
    assert rules.policy(PROJECT, NETWORK) is rules.policy(PROJECT, NETWORK)


def test_a_staged_version_is_kept_and_does_not_count(table: Table) -> None:
    rules = Rules(table)
    rules.publish(rule_set(1, rule()), expected=0)
    pointer = rules.stage(rule_set(2), expected=1)
    assert (pointer.current, pointer.staged, pointer.latest, pointer.version) == (1, 2, 2, 2)
    assert decide(rules.policy(PROJECT, NETWORK), SSH, AT).action == "block"


def test_the_pointer_goes_back_to_an_older_version(table: Table) -> None:
    rules = Rules(table)
    rules.publish(rule_set(1, rule()), expected=0)
    pointer = rules.publish(rule_set(2), expected=1)
    back = rules.point(pointer.model_copy(update={"current": 1}), expected=2)
    assert (back.current, back.latest, back.version) == (1, 2, 3)
    assert rules.publish(rule_set(3), expected=3).current == 3


def test_the_pointer_does_not_go_where_there_is_no_version(table: Table) -> None:
    rules = Rules(table)
    pointer = rules.publish(rule_set(1), expected=0)
    with pytest.raises(NotFound):
        rules.point(pointer.model_copy(update={"current": 7}), expected=1)


def test_of_two_who_edit_the_same_version_the_second_is_told_and_nothing_of_his_is_kept(table: Table) -> None:
    rules = Rules(table)
    rules.publish(rule_set(1, rule()), expected=0)
    with pytest.raises(StaleVersion) as refused:
        Rules(table).publish(rule_set(1), expected=0)
    assert refused.value.current["current"] == 1
    current = Rules(table).current(PROJECT, PROJECT_SCOPE)
    assert current is not None
    assert len(current.rules) == 1
    assert [each.version for each in rules.versions(PROJECT, PROJECT_SCOPE).items] == [1]


def test_a_pointer_moved_by_somebody_else_is_not_moved_again(table: Table) -> None:
    rules = Rules(table)
    pointer = rules.publish(rule_set(1), expected=0)
    rules.publish(rule_set(2), expected=1)
    with pytest.raises(StaleVersion):
        rules.point(pointer, expected=1)


def test_versions_are_listed_newest_first_by_scope_in_pages_without_their_rules(table: Table) -> None:
    rules = Rules(table)
    rules.publish(rule_set(1, rule(), scope=NETWORK), expected=0)
    for version in range(1, 4):
        rules.publish(rule_set(version, *[rule()] * 1), expected=version - 1)
    page = rules.versions(PROJECT, PROJECT_SCOPE, limit=2)
    rest = rules.versions(PROJECT, PROJECT_SCOPE, limit=2, cursor=page.next_cursor)
    assert [each.version for each in (*page.items, *rest.items)] == [3, 2, 1]
    assert (page.items[0].rules, page.items[0].comment, page.items[0].created_by) == (1, "why", "tester")


def test_a_version_that_is_not_there_is_not_found(table: Table) -> None:
    with pytest.raises(NotFound):
        Rules(table).get(PROJECT, PROJECT_SCOPE, 1)


def test_a_full_set_fits_its_item_and_a_monstrous_one_is_refused(table: Table) -> None:
    rules = Rules(table)
    many = [rule(name=f"rule-{index}", assets=(f"10.{index % 256}.{index // 256}.0/24",)) for index in range(MAX_RULES)]
    rules.publish(rule_set(1, *many), expected=0)
    current = Rules(table).current(PROJECT, PROJECT_SCOPE)
    assert current is not None
    assert len(current.rules) == MAX_RULES
    hostile = [rule(name=f"rule-{index}", reason="".join(map(chr, _noise(index)))) for index in range(MAX_RULES)]
    with pytest.raises(InvalidInput, match="packed"):
        rules.publish(rule_set(2, *hostile), expected=1)


def _noise(seed: int) -> list[int]:
    return [0x4E00 + (seed * 7919 + place * place * 104_729) % 20_000 for place in range(500)]


def test_published_exceptions_call_for_their_end_and_staged_ones_do_not(table: Table) -> None:
    rules, until = Rules(table), AT + timedelta(days=3)
    rules.stage(rule_set(1, rule(until=until, reason="r")), expected=0)
    assert Deadlines(table).due(until) == ()
    rules.publish(rule_set(2, rule(until=until, reason="r"), rule(until=AT, reason="over")), expected=1)
    notice, end = Deadlines(table).due(until)
    assert (end.kind, end.project, end.subject, end.due) == ("rules", PROJECT, f"{PROJECT_SCOPE}#2", until)
    assert notice.due == until - timedelta(days=1)


def test_a_staged_exception_calls_when_the_pointer_makes_it_current(table: Table) -> None:
    rules, until = Rules(table), AT + timedelta(days=3)
    pointer = rules.stage(rule_set(1, rule(until=until, reason="r")), expected=0)
    rules.point(pointer.model_copy(update={"current": 1, "staged": 0, "updated": AT}), expected=1)
    assert [each.subject for each in Deadlines(table).due(until)] == [f"{PROJECT_SCOPE}#1"] * 2
