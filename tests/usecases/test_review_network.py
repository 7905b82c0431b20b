"""A network after new rules and settings: its alerts are what they say now."""

from typing import Any

import pytest

from functions.core.errors import NotFound
from functions.core.ids import new_id
from tests.backend import NOW
from tests.usecases.reviewing import ALLOW, BLOCK, Reviewing, edit


def test_a_rule_that_is_published_swaps_the_alerts_of_what_is_open(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.publish(BLOCK)
    at.review()
    assert at.alerts == {"NEW_PORT": "resolved", "BLOCKED": "open"}
    at.publish(ALLOW)
    at.review()
    assert at.alerts == {"NEW_PORT": "resolved", "BLOCKED": "resolved"}
    assert "rule fine of the network's rules (version 2) allows" in at.alert("BLOCKED").resolution.reason
    at.publish()
    at.review()
    assert at.alerts == {"NEW_PORT": "open", "BLOCKED": "resolved"}


def test_a_review_told_twice_changes_nothing_more(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.publish(BLOCK)
    at.review()
    before = at.alert("BLOCKED")
    at.review()
    assert at.alert("BLOCKED") == before


def test_a_review_of_one_asset_leaves_the_others(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.keep(at.exposure(asset="10.0.0.2", address="10.0.0.2", evidence={"baseline": True}))
    at.publish(BLOCK)
    at.review("10.0.0.1")
    assert at.alert("BLOCKED").asset == "10.0.0.1"


def test_settings_that_silence_or_rate_otherwise_reach_what_was_raised(at: Reviewing) -> None:
    at.keep(at.exposure())
    edit(at, severities=[{"ports": "22", "severity": "low"}])
    at.review()
    assert (at.alert("NEW_PORT").severity, at.alert("NEW_PORT").status) == ("low", "open")
    edit(at, silent=["NEW_PORT"])
    at.review()
    assert at.alert("NEW_PORT").resolution.reason == "the network's settings silence it"


def test_a_deleted_network_has_no_alerts_left(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.backend.networks.delete(at.network.project, at.network.id, expected=1)
    at.review()
    assert at.alert("NEW_PORT").resolution.reason == "the network was deleted"


def test_reconcile_raises_what_is_missing_once(at: Reviewing) -> None:
    at.backend.exposures.save(at.exposure())
    where: dict[str, Any] = {"project": at.network.project, "network": at.network.id, "cursor": "", "limit": 100}
    done = [at.of_network.reconcile(**where) for _ in range(2)]
    assert [(each.checked, each.raised) for each in done] == [(1, 1), (1, 0)]
    with pytest.raises(NotFound):
        at.of_network.reconcile(**{**where, "network": new_id(NOW)})
