"""Tickets, through the door."""

from datetime import datetime, timedelta

from functions.core.ids import new_id
from functions.core.ticket import LIFE, digest
from functions.core.token import Principal
from tests.http_api.conftest import ADMIN, Api
from tests.platform_in_memory import START, Platform


def test_a_ticket_stands_for_its_caller_in_its_project_for_a_minute(api: Api, platform: Platform, project: str) -> None:
    made = api.post(f"/v1/projects/{project}/tickets")
    assert made.status == 201
    assert datetime.fromisoformat(made.body["expires"]) == START + LIFE == START + timedelta(seconds=60)
    ticket = platform.http.tickets.take(digest(made.body["ticket"]), now=START)
    assert (ticket.principal, ticket.project) == (ADMIN, project)


def test_a_repeat_makes_another_ticket_and_none_is_kept(api: Api, platform: Platform, project: str) -> None:
    path = f"/v1/projects/{project}/tickets"
    first, second = (api.post(path, key="k").body["ticket"] for _ in range(2))
    assert first != second
    for table in (platform.table, platform.live_table):
        items = str(table.client.scan(TableName=table.name)["Items"])
        assert first not in items
        assert second not in items


def test_there_is_no_ticket_into_a_project_that_one_does_not_reach(api: Api, project: str) -> None:
    stranger = Api(Principal(id=new_id(START), project=new_id(START), scopes=("read",)))
    assert stranger.post(f"/v1/projects/{project}/tickets").slug == "not-found"
    assert api.post(f"/v1/projects/{new_id(START)}/tickets").slug == "not-found"
