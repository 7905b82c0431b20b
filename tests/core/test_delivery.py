"""What a channel is told of an alert's life, and when it is tried again."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.alert import Alert, AlertStatus, Delivery, Mark
from functions.core.delivery import (
    AT_ONCE,
    BACK_OFF,
    PATIENCE,
    Entry,
    Occasion,
    batches,
    entry_of,
    message_id,
    occasion_of,
    standing,
)
from tests.core.delivery_examples import AT, CHANNEL, alert

OPEN = alert()
RESOLVED = alert(status=AlertStatus.RESOLVED)
MARKED: dict[str, Any] = {name: Mark(by="me", at=AT) for name in ("acknowledged", "snoozed", "muted")}


def told(alert: Alert, delivery: Delivery | None = None, *, resolutions: bool = True) -> str:
    return occasion_of(alert, delivery, resolutions=resolutions, now=AT) or ""


def after(known: str, status: str = "sent", *, occasion: str = "raised", attempts: int = 1) -> Delivery:
    return Delivery.model_validate(
        {"status": status, "attempts": attempts, "at": AT, "told": known, "occasion": occasion, "turn": bool(known)}
    )


def entry(name: str = "alert", *, due: datetime = AT) -> Entry:
    return entry_of(alert(name), CHANNEL, Occasion.RAISED, due=due, now=AT)


def test_each_change_of_standing_is_told_once() -> None:
    assert told(OPEN) == "raised"
    assert told(OPEN, after("open")) == ""
    assert told(RESOLVED, after("open")) == "resolved"
    assert told(RESOLVED, after("resolved")) == ""
    assert told(OPEN, after("resolved")) == "reopened"
    assert told(OPEN, after("aside")) == "returned"


def test_what_ended_before_it_was_told_is_not_told() -> None:
    assert told(RESOLVED) == ""
    assert told(RESOLVED, after("", "waiting", attempts=0)) == ""


def test_an_attempt_that_may_have_reached_its_receiver_is_followed_by_the_resolution() -> None:
    assert told(RESOLVED, after("", "waiting", attempts=1)) == "resolved"


def test_resolutions_are_told_where_they_are_wanted() -> None:
    assert told(RESOLVED, after("open"), resolutions=False) == ""
    assert told(OPEN, after("open"), resolutions=False) == ""


@pytest.mark.parametrize("name", MARKED)
@pytest.mark.parametrize("known", ["", "open", "aside", "resolved"])
@pytest.mark.parametrize("status", list(AlertStatus))
def test_what_is_set_aside_is_not_told_of(name: str, known: str, status: AlertStatus) -> None:
    marks: dict[str, Any] = {name: MARKED[name]}
    aside = alert(status=status, **marks)
    assert told(aside, after(known)) == ""
    assert standing(aside, AT) == "aside"


def test_a_mark_whose_end_has_come_sets_nothing_aside() -> None:
    ended = alert(muted=Mark(by="me", at=AT, until=AT))
    assert told(ended, after("aside")) == "returned"
    assert told(alert(muted=Mark(by="me", at=AT, until=AT + timedelta(seconds=1))), after("aside")) == ""


def test_what_failed_is_not_told_again_by_itself_but_the_next_thing_is() -> None:
    assert told(OPEN, after("", "failed")) == ""
    assert told(RESOLVED, after("open", "failed", occasion="resolved")) == ""
    assert told(OPEN, after("aside", "failed", occasion="raised")) == "returned"


@given(st.lists(st.tuples(st.sampled_from(["open", "resolved", "aside"]), st.booleans()), max_size=12))
def test_a_receiver_always_comes_to_know_where_an_alert_stands(steps: list[tuple[str, bool]]) -> None:
    """Whatever events are lost (False), the next one brings the receiver to where the alert stands."""
    alerts = {"open": OPEN, "resolved": RESOLVED, "aside": alert(acknowledged=MARKED["acknowledged"])}
    delivery: Delivery | None = None
    known = ""
    for now, heard in [*steps, ("open", True)]:
        if not heard:
            continue
        occasion = occasion_of(alerts[now], delivery, resolutions=True, now=AT)
        if occasion is not None:
            sent = entry_of(
                alert(deliveries={CHANNEL: delivery} if delivery else {}), CHANNEL, occasion, due=AT, now=AT
            )
            assert (known == "open") == (occasion == "resolved"), "openings and resolutions alternate"
            delivery = sent.sent(delivery, now=AT)
            known = delivery.told
        elif delivery is not None and delivery.told == "open" and now == "aside":
            delivery = delivery.model_copy(update={"told": "aside"})
            known = ""
    assert delivery is not None
    assert delivery.told == "open"


def test_every_attempt_at_one_telling_has_one_id_and_the_next_telling_another() -> None:
    first = entry()
    assert entry() == first
    delivery = first.sent(None, now=AT)
    again = entry_of(alert(deliveries={CHANNEL: delivery}), CHANNEL, Occasion.REOPENED, due=AT, now=AT)
    assert again.id != first.id
    assert first.refused("no", now=AT).claimed(message=first.id, now=AT).id == first.id


def test_attempts_back_off_and_end() -> None:
    waits = []
    tried = entry().claimed(message="m", now=AT)
    while (refused := tried.refused("no", now=AT)).status == "waiting":
        waits.append(refused.due - AT)
        tried = refused.claimed(message="m", now=AT)
    assert tuple(waits) == BACK_OFF
    assert sorted(waits) == waits
    assert refused.attempts == len(BACK_OFF) + 1
    assert refused.error == "no"


def test_what_is_put_off_again_and_again_waits_longer_and_is_given_up_after_a_day() -> None:
    now, put_off = AT, entry()
    while put_off.status == "waiting":
        put_off = put_off.put_off(now=now)
        assert put_off.due - now <= BACK_OFF[-1]
        now = max(put_off.due, now + timedelta(minutes=1))
    assert now - AT >= PATIENCE
    assert put_off.attempts == 0


def test_what_is_sent_by_hand_starts_anew_with_its_id() -> None:
    failed = entry().model_copy(update={"status": "failed", "attempts": 7, "error": "no", "message": "m"})
    revived = failed.revived(now=AT)
    assert (revived.status, revived.attempts, revived.error, revived.by_hand) == ("waiting", 0, "", True)
    assert (revived.id, revived.message) == (failed.id, "m")


def test_what_was_tried_together_stays_together_and_the_rest_is_as_few_messages_as_fit() -> None:
    tried = [entry(f"t{index}").claimed(message="m", now=AT) for index in range(3)]
    fresh = [entry(f"f{index}") for index in range(AT_ONCE + 1)]
    made = batches([fresh[0], *tried, *fresh[1:]])
    assert [len(batch) for batch in made] == [3, AT_ONCE, 1]
    assert message_id(made[0]) == "m"
    assert message_id(made[2]) == made[2][0].id
    assert message_id(made[1]) == message_id(list(reversed(made[1])))
