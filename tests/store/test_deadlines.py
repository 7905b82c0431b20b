"""Ends of exceptions are found by time, some time before and when they come."""

from datetime import timedelta

import pytest

from functions.store.deadlines import Deadlines, notice_of
from functions.store.table import Table
from tests.store.examples import AT, PROJECT, identifier

ALERT = identifier("alert")
DAY = timedelta(days=1)


def test_an_end_calls_a_day_before_and_when_it_comes(table: Table) -> None:
    deadlines = Deadlines(table)
    until = AT + timedelta(days=3)
    deadlines.add(kind="alert", project=PROJECT, subject=ALERT, since=AT, until=until)
    assert deadlines.due(until - timedelta(hours=25)) == ()
    (notice,) = deadlines.due(until - timedelta(hours=24))
    assert (notice.kind, notice.project, notice.subject) == ("alert", PROJECT, ALERT)
    assert [each.due for each in deadlines.due(until)] == [until - timedelta(hours=24), until]


def test_a_call_that_was_answered_does_not_come_again(table: Table) -> None:
    deadlines = Deadlines(table)
    deadlines.add(kind="rules", project=PROJECT, subject="project#3", since=AT - DAY, until=AT)
    for each in deadlines.due(AT):
        deadlines.done(each)
    assert deadlines.due(AT) == ()


def test_the_oldest_come_first_and_no_more_than_asked_for(table: Table) -> None:
    deadlines = Deadlines(table)
    for days in (2, 1):
        deadlines.add(kind="alert", project=PROJECT, subject=ALERT, since=AT - DAY, until=AT + timedelta(days=days))
    first, second = deadlines.due(AT + timedelta(days=9), limit=2)
    assert (first.due, second.due) == (AT, AT + timedelta(days=1))


@pytest.mark.parametrize(("hours", "before"), [(72, 24), (48, 24), (30, 15), (24, 12), (2, 1)])
def test_a_short_exception_is_told_of_halfway(hours: float, before: float) -> None:
    until = AT + timedelta(hours=hours)
    assert notice_of(since=AT, until=until) == until - timedelta(hours=before)
