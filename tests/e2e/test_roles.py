"""Each role has what it needs and no more: without any one of its actions something named here fails.

The embedded AWS checks the actions of whatever calls it over HTTP: every function, and the task. It calls targets of the
state machine, of Scheduler and of rules, polls queues and streams, and writes logs and traces as nobody: those actions are
listed as `UNCHECKED`, each with what holds it. It never fills in `dynamodb:LeadingKeys` either: which families of keys a
role reaches is held by the template tests alone, so that here a role is denied actions, tables and prefixes, not keys.
"""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from infra.grants import On
from infra.permissions import EVERY_FUNCTION
from tests.e2e.api_probes import expired_result
from tests.e2e.forbidden import attempt, forbidden
from tests.e2e.outcome import Outcome
from tests.e2e.platform import Platform
from tests.e2e.role_probes import PROBES
from tests.e2e.roles import Pair, Roles, granted
from tests.e2e.stage_hand import Operator, StageHand
from tests.e2e.unchecked import UNCHECKED

pytestmark = pytest.mark.e2e

FACING_OUTSIDE = frozenset({"Authorizer", "HttpApi", "Scanner", "WebsocketAuthorizer"})
"""Roles of what strangers speak to, tried with every change; the others in `make test-long`."""


ONE_ACTION_LESS = [
    pytest.param(pair, id=str(pair), marks=[] if pair.row in FACING_OUTSIDE else [pytest.mark.long])
    for pair in sorted(PROBES)
]


@pytest.fixture(scope="module")
def operator(platform: Platform) -> Operator:
    return Operator(platform)


@pytest.fixture(scope="module")
def roles(operator: Operator) -> Roles:
    return Roles(operator)


@pytest.fixture
def hand(operator: Operator) -> Iterator[StageHand]:
    hands = StageHand(operator)
    yield hands
    hands.leave()


def refusal(hand: StageHand, roles: Roles, pair: Pair) -> Outcome:
    """A busy embedded AWS may answer without all that the function has logged: then it is asked again, four times at most."""
    refused = PROBES[pair](hand, roles)
    for _ in range(4):
        if refused.done or "not authorized to perform" in refused.log:
            break
        hand.leave()
        hand.new_project()
        refused = PROBES[pair](hand, roles)
    return refused


@pytest.mark.parametrize("pair", ONE_ACTION_LESS)
def test_without_this_action_its_role_fails(hand: StageHand, roles: Roles, pair: Pair) -> None:
    with roles.without(pair):
        refused = refusal(hand, roles, pair)
    hand.leave()
    assert not refused.done
    assert f"not authorized to perform: {pair.action}" in refused.log
    hand.new_project()
    whole = PROBES[pair](hand, roles)
    assert whole.done, whole.log
    assert "not authorized" not in whole.log


def test_every_action_has_a_probe_or_is_held_elsewhere() -> None:
    elsewhere = frozenset().union(*UNCHECKED.values())
    assert frozenset(PROBES) | elsewhere == granted()
    assert not elsewhere & frozenset(PROBES)


def test_every_function_may_write_its_own_log_and_traces_beside_and_nothing_else() -> None:
    """The embedded AWS writes both as nobody."""
    assert {(grant.on, action) for grant in EVERY_FUNCTION for action in grant.actions} == {
        (On.LOGS, "logs:CreateLogStream"),
        (On.LOGS, "logs:PutLogEvents"),
        (On.ANYTHING, "xray:PutTelemetryRecords"),
        (On.ANYTHING, "xray:PutTraceSegments"),
    }


@pytest.mark.parametrize(("row", "what"), forbidden())
def test_a_role_may_not(operator: Operator, roles: Roles, row: str, what: str) -> None:
    with pytest.raises(ClientError, match="not authorized to perform"):
        attempt(operator, roles, row, what)


def test_a_result_whose_time_is_over_is_missing_and_not_forbidden(hand: StageHand, roles: Roles) -> None:
    outcome = expired_result(hand, roles)
    assert outcome.done, outcome.log
