"""Ends of exceptions: told of before, and what they covered comes back."""

from datetime import timedelta

import pytest

from tests.backend import NOW
from tests.usecases.reviewing import ALLOW, BLOCK, DAY, Reviewing


def test_a_mark_that_ends_is_told_of_a_day_before_and_what_it_covered_comes_back(at: Reviewing) -> None:
    at.keep(at.exposure())
    until = NOW + 3 * DAY
    at.mark(at.alert("NEW_PORT"), "acknowledged", until)
    assert at.alert("NEW_PORT").severity == "info"
    at.backend.clock.now = until - timedelta(hours=23)
    at.endings()
    (said,) = at.bus.said
    assert said.detail_type == "exception.ending"
    assert (said.detail["what"], said.detail["alert"]) == ("acknowledged", at.alert("NEW_PORT").id)
    (event,) = at.backend.live.replay(at.backend.project, f"project:{at.backend.project}").items
    assert event.type == "exception.ending"
    at.backend.clock.now = until
    at.endings()
    assert (at.alert("NEW_PORT").severity, at.alert("NEW_PORT").acknowledged) == ("high", None)
    assert at.endings() == 0
    assert len(at.bus.said) == 1


@pytest.mark.parametrize("mark", ["acknowledged", "muted"])
def test_a_mark_for_less_than_a_day_is_told_of_halfway(at: Reviewing, mark: str) -> None:
    at.keep(at.exposure())
    at.mark(at.alert("NEW_PORT"), mark, NOW + timedelta(hours=6))
    at.backend.clock.pass_by(2 * 3600)
    at.endings()
    assert at.bus.said == []
    at.backend.clock.pass_by(3600)
    at.endings()
    assert [said.detail["what"] for said in at.bus.said] == [mark]
    at.backend.clock.pass_by(3 * 3600)
    at.endings()
    assert len(at.bus.said) == 1


def test_a_rule_for_less_than_a_day_is_told_of_halfway_and_once_by_one_name(at: Reviewing) -> None:
    at.publish({**ALLOW, "until": NOW + timedelta(hours=6), "reason": "a migration"})
    at.backend.clock.pass_by(3 * 3600)
    at.endings()
    (said,) = at.bus.said
    assert (said.detail["rule"], said.detail["reason"]) == ("fine", "a migration")


def test_a_snooze_for_less_than_a_day_is_a_reminder_itself(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.mark(at.alert("NEW_PORT"), "snoozed", NOW + timedelta(hours=2))
    at.endings()
    at.backend.clock.pass_by(2 * 3600)
    at.endings()
    assert at.bus.said == []
    assert at.alert("NEW_PORT").snoozed is None


def test_a_mark_that_was_taken_away_is_not_told_of(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.mark(at.alert("NEW_PORT"), "muted", NOW + 3 * DAY)
    at.backend.alerts.change(at.alert("NEW_PORT"), by="x", event="unmuted", text="", now=NOW, muted=None)
    at.backend.clock.now = NOW + 2 * DAY
    at.endings()
    assert at.bus.said == []


def test_a_rule_that_ends_is_told_of_and_its_networks_are_reviewed(at: Reviewing) -> None:
    at.keep(at.exposure())
    until = NOW + 3 * DAY
    at.publish({**ALLOW, "until": until, "reason": "a migration"})
    at.review()
    assert at.alerts == {"NEW_PORT": "resolved"}
    at.backend.clock.now = until - DAY
    at.endings()
    (said,) = at.bus.said
    assert (said.detail["rule"], said.detail["reason"], said.detail["version"]) == ("fine", "a migration", 1)
    assert at.again.sent == []
    at.backend.clock.now = until
    at.endings()
    (message,) = at.again.sent
    assert (message["kind"], message["network"]) == ("network", at.network.id)
    at.review()
    assert at.alerts == {"NEW_PORT": "open"}


def test_a_version_that_does_not_count_any_more_ends_nothing(at: Reviewing) -> None:
    at.publish({**ALLOW, "until": NOW + 3 * DAY, "reason": "a migration"})
    at.publish(BLOCK)
    at.backend.clock.now = NOW + 4 * DAY
    at.endings()
    assert (at.bus.said, at.again.sent) == ([], [])
