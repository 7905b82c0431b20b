"""A ticket lets one in, once, within its time."""

from datetime import timedelta

import pytest

from functions.core.errors import NotFound
from functions.core.ticket import LIFE, Ticket, digest, new_ticket
from functions.core.token import Principal
from functions.store.table import Table
from functions.store.tickets import Tickets
from tests.store.examples import AT, PROJECT

HELD = Ticket(principal=Principal(id="token", scopes=("read",)), project=PROJECT)


@pytest.fixture
def tickets(table: Table) -> Tickets:
    return Tickets(table)


def test_a_ticket_is_taken_once(tickets: Tickets) -> None:
    key = digest(new_ticket())
    tickets.put(key, HELD, until=AT + LIFE)
    assert tickets.take(key, now=AT) == HELD
    with pytest.raises(NotFound):
        tickets.take(key, now=AT)


def test_a_ticket_that_has_ended_is_not_taken_though_it_stands_there_still(tickets: Tickets) -> None:
    key = digest(new_ticket())
    tickets.put(key, HELD, until=AT + LIFE)
    with pytest.raises(NotFound):
        tickets.take(key, now=AT + LIFE)
    assert tickets.take(key, now=AT + LIFE - timedelta(seconds=1)) == HELD


def test_a_ticket_that_never_was_is_not_there(tickets: Tickets) -> None:
    with pytest.raises(NotFound):
        tickets.take(digest(new_ticket()), now=AT)
