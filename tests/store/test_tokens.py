"""Tokens and their use, and how often somebody asks."""

from datetime import timedelta

import pytest

from functions.core.errors import NotFound, StaleVersion, TooManyRequests
from functions.core.ids import derived_id
from functions.core.token import Token
from functions.store import keys
from functions.store.rates import Rates
from functions.store.table import Table
from functions.store.tokens import NOTED_EVERY, Tokens
from tests.store.examples import AT, OTHER_PROJECT, PROJECT

ID, OTHER = derived_id(AT, "a"), derived_id(AT, "b")


@pytest.fixture
def tokens(table: Table) -> Tokens:
    return Tokens(table)


def token(**fields: object) -> Token:
    made = {"id": ID, "project": PROJECT, "name": "ci", "scopes": ("read",), "secret_hash": "h", "created": AT}
    return Token.model_validate(made | fields)


def test_a_use_is_noted_at_most_once_in_some_minutes_and_changes_no_token(tokens: Tokens) -> None:
    tokens.create(token())
    for age in (timedelta(0), timedelta(minutes=1), NOTED_EVERY):
        tokens.note_use(ID, now=AT + age)
    assert tokens.last_used([ID]) == {ID: AT}
    tokens.note_use(ID, now=AT + NOTED_EVERY + timedelta(seconds=1))
    assert tokens.last_used([ID, OTHER]) == {ID: AT + NOTED_EVERY + timedelta(seconds=1)}
    assert tokens.get(ID) == token()


def test_a_token_is_replaced_only_as_it_was_read(tokens: Tokens) -> None:
    tokens.create(token())
    changed = token(secret_hash="other", version=2)
    tokens.replace(changed, expected=1)
    with pytest.raises(StaleVersion):
        tokens.replace(changed, expected=1)
    assert tokens.get(ID) == changed
    assert tokens.list(PROJECT).items == (changed,)


def test_a_token_of_another_project_is_not_there(tokens: Tokens) -> None:
    tokens.create(token())
    with pytest.raises(NotFound):
        tokens.of_project(OTHER_PROJECT, ID)


def test_each_minute_has_its_own_count_and_who_is_over_it_is_told_when_to_come_again(table: Table) -> None:
    rates = Rates(table)
    assert [rates.count("a", most=2, now=AT) for _ in range(2)] == [1, 2]
    for _ in range(2):
        with pytest.raises(TooManyRequests) as refused:
            rates.count("a", most=2, now=AT + timedelta(seconds=13))
        assert refused.value.retry_after == 47
    assert rates.count("b", most=2, now=AT) == 1
    assert rates.count("a", most=2, now=AT + timedelta(minutes=1)) == 1
    item = table.find(keys.rate("a"), str(int(AT.timestamp())))
    assert item is not None
    assert item["count"] == 2, "what was refused is not counted"
    assert AT.timestamp() + 60 < item[keys.EXPIRES] < AT.timestamp() + 600
