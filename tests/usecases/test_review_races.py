"""Rules, settings and exposures that change while alerts are derived from what they were: nothing stale is left standing."""

from dataclasses import replace
from typing import Any

from functions.core.exposure import Exposure
from functions.core.policy import Policy
from functions.store.cursor import Page
from functions.store.exposures import Exposures
from functions.store.rules import Rules
from functions.usecases.ground import Grounds
from tests.usecases.evaluating import later
from tests.usecases.reviewing import ALLOW, BLOCK, Reviewing, edit


def test_a_review_that_rules_overtake_has_the_network_looked_at_again(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.publish(BLOCK)
    fresh = at.of_network.fresh

    def overtaken() -> Grounds:
        grounds = fresh()
        assert grounds.of(at.network.project, at.network.id) is not None
        at.publish(ALLOW)
        at.review()
        return grounds

    slow = replace(at.of_network, fresh=overtaken)
    slow(project=at.network.project, network=at.network.id, cursor="exposures/")
    assert at.alerts["BLOCKED"] == "open"
    (asked,) = at.again.sent
    assert (asked["kind"], asked["network"], asked["cursor"]) == ("network", at.network.id, "")
    at.review()
    assert at.alerts["BLOCKED"] == "resolved"


def test_a_review_of_a_scan_that_settings_overtake_has_the_network_looked_at_again(at: Reviewing) -> None:
    fresh = at.of_network.fresh

    def overtaken() -> Grounds:
        grounds = fresh()
        grounds.of(at.network.project, at.network.id)
        edit(at, silent=["NEW_PORT"])
        return grounds

    at.of_scan = replace(at.of_scan, network=replace(at.of_network, fresh=overtaken))
    at.ended()
    assert {each["network"] for each in at.again.sent} == {at.network.id}


def test_a_review_that_nothing_overtakes_asks_for_no_other(at: Reviewing) -> None:
    at.keep(at.exposure())
    at.publish(BLOCK)
    at.review()
    at.ended()
    assert at.again.sent == []


def test_changes_that_rules_overtake_have_the_network_looked_at_again(at: Reviewing) -> None:
    class Overtaken(Rules):
        def policy(self, project: str, network: str) -> Policy:
            before = super().policy(project, network)
            if before.network is None:
                at.publish(ALLOW)
            return before

    at.consume = replace(at.consume, rules=Overtaken(at.backend.table))
    at.keep(at.exposure())
    (asked,) = at.reviews.sent
    assert (asked["kind"], asked["network"]) == ("network", at.network.id)
    at.review()
    assert at.alerts == {"NEW_PORT": "resolved"}


def test_what_closes_while_a_review_reads_is_not_raised(at: Reviewing) -> None:
    opened = at.keep(at.exposure())
    at.publish(BLOCK)

    class Overtaken(Exposures):
        def list(self, *args: Any, **fields: Any) -> Page[Exposure]:
            page = super().list(*args, **fields)
            closed = later(opened, "closed", state="closed", answering=False)
            self.save(closed)
            at.change(opened, closed)
            return page

    slow = replace(at.of_network, exposures=Overtaken(at.backend.table))
    slow(project=at.network.project, network=at.network.id, cursor="exposures/")
    assert at.alerts == {"NEW_PORT": "resolved", "BLOCKED": "resolved"}
