"""Which actions are legal when, and how an alert reads once its marks have ended."""

from datetime import timedelta
from typing import Any

import pytest

from functions.core.alert import Alert, AlertStatus, Mark, Severity
from functions.core.alert_life import Action, Wish, act, as_of
from functions.core.errors import IllegalTransition, InvalidInput
from tests.store.examples import AT, after, alert

WISH = Wish(reason="why", until=after(60), assignee="ops")
MARK = Mark(by="me", at=AT)
OPEN, IN_PROGRESS, RESOLVED = AlertStatus
STATES: dict[str, dict[str, Any]] = {
    "open": {},
    "in progress": {"status": IN_PROGRESS, "assignee": "ops"},
    "resolved": {"status": RESOLVED},
    "set aside": {"acknowledged": MARK, "snoozed": MARK, "muted": MARK, "severity": Severity.INFO},
}
LEGAL = {
    "open": "acknowledge assign take resolve snooze mute",
    "in progress": "acknowledge release resolve snooze mute",
    "resolved": "assign reopen mute",
    "set aside": "unacknowledge assign take resolve snooze unsnooze unmute",
}


def in_state(name: str) -> Alert:
    return alert().model_copy(update=STATES[name])


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", STATES)
def test_an_action_is_legal_or_refused_with_the_alert_as_it_stands(state: str, action: Action) -> None:
    found = in_state(state)
    if action in LEGAL[state].split():
        step = act(found, action, WISH, by="me", now=AT)
        assert step.fields
        return
    with pytest.raises(IllegalTransition) as refused:
        act(found, action, WISH, by="me", now=AT)
    assert refused.value.current["id"] == found.id


@pytest.mark.parametrize(
    ("action", "lacking", "field"),
    [
        (Action.ACKNOWLEDGE, {"reason": "  "}, "reason"),
        (Action.MUTE, {"reason": ""}, "reason"),
        (Action.RESOLVE, {"reason": ""}, "reason"),
        (Action.SNOOZE, {"until": None}, "until"),
        (Action.SNOOZE, {"until": AT}, "until"),
        (Action.ACKNOWLEDGE, {"until": AT}, "until"),
        (Action.MUTE, {"until": after(-1)}, "until"),
    ],
)
def test_a_wish_that_lacks_something_says_what(action: Action, lacking: dict[str, Any], field: str) -> None:
    wish = WISH.model_copy(update=lacking)
    for state in STATES:
        with pytest.raises(InvalidInput) as refused:
            act(in_state(state), action, wish, by="me", now=AT)
        assert refused.value.field == field


def test_a_mark_holds_up_to_its_end_and_not_at_it() -> None:
    until = AT + timedelta(hours=1)
    marked = alert(severity="info").model_copy(
        update={"rated": Severity.HIGH, "acknowledged": Mark(by="me", at=AT, until=until), "muted": MARK}
    )
    assert as_of(marked, until - timedelta(microseconds=1)) == marked
    ended = as_of(marked, until)
    assert (ended.acknowledged, ended.severity, ended.muted) == (None, Severity.HIGH, MARK)
    assert as_of(alert(), until) == alert()


def test_what_has_ended_may_be_set_again() -> None:
    marked = alert().model_copy(update={"acknowledged": Mark(by="me", at=AT, until=after(5))})
    assert act(marked, Action.ACKNOWLEDGE, WISH, by="me", now=after(5)).fields["acknowledged"].until == after(60)
    with pytest.raises(IllegalTransition):
        act(marked, Action.UNACKNOWLEDGE, WISH, by="me", now=after(5))


def test_who_takes_an_alert_has_it_and_who_releases_it_has_it_no_more() -> None:
    taken = act(alert(), Action.TAKE, Wish(), by="me", now=AT)
    assert taken.fields == {"status": IN_PROGRESS, "assignee": "me"}
    released = act(in_state("in progress"), Action.RELEASE, Wish(), by="you", now=AT)
    assert released.fields == {"status": OPEN, "assignee": ""}


def test_an_assignee_is_set_taken_away_and_not_set_twice() -> None:
    assigned = in_state("in progress")
    assert act(assigned, Action.ASSIGN, Wish(), by="me", now=AT).fields == {"assignee": ""}
    with pytest.raises(IllegalTransition, match="assigned to ops already"):
        act(assigned, Action.ASSIGN, WISH, by="me", now=AT)
