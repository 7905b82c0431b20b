"""The door of the live view: a ticket lets its holder in once, within a minute, and a refusal tells nothing."""

import pytest

from functions.core.ticket import new_ticket
from functions.usecases.tickets import let_in
from functions.websocket import authorizer
from tests.platform_in_memory import Platform
from tests.websocket.conftest import AUTHORIZE, LAMBDA_CONTEXT, PROJECT, Client, present


def effect(answer: dict[str, object]) -> object:
    policy = answer["policyDocument"]
    assert isinstance(policy, dict)
    (statement,) = policy["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("execute-api:Invoke", AUTHORIZE["methodArn"])
    return statement["Effect"]


def test_a_ticket_lets_its_holder_into_its_project(client: Client) -> None:
    answer = present(client.ticket())
    assert effect(answer) == "Allow"
    assert answer["principalId"] == client.principal.id
    assert all(isinstance(value, str) for value in answer["context"].values())
    ticket = let_in(answer["context"])
    assert (ticket.principal, ticket.project) == (client.principal, PROJECT)


def test_a_ticket_is_good_once(client: Client) -> None:
    ticket = client.ticket()
    assert effect(present(ticket)) == "Allow"
    assert effect(present(ticket)) == "Deny"


def test_a_ticket_is_good_for_a_minute(client: Client, platform: Platform) -> None:
    ticket = client.ticket()
    platform.clock.advance(seconds=60)
    assert effect(present(ticket)) == "Deny"


@pytest.mark.parametrize(
    "text",
    ["", "x", "vdk_", "vdk_" + "x" * 43, "vdk_" + "x" * 5000, "vdk_é" + "x" * 42, "vdt_01KAJ0000000000000000000N0_x"],
)
def test_what_is_no_ticket_is_refused_alike(platform: Platform, text: str) -> None:
    refused = present(text)
    assert effect(refused) == "Deny"
    assert refused == present(new_ticket())
    assert refused["context"] == {}


def test_an_event_without_a_query_is_refused(platform: Platform) -> None:
    assert effect(authorizer.handler({**AUTHORIZE, "queryStringParameters": None}, LAMBDA_CONTEXT)) == "Deny"


def test_the_table_holds_no_ticket(client: Client, platform: Platform) -> None:
    ticket = client.ticket()
    items = platform.live_table.client.scan(TableName=platform.live_table.name)["Items"]
    assert any("TKT#" in str(item) for item in items)
    assert ticket not in str(items)
