"""Tokens, through the door."""

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.core.ids import new_id
from functions.core.token import Principal, Scope
from functions.store import keys
from functions.store.writes import Range
from functions.usecases.authenticate import principal_of
from functions.usecases.tokens import ALL_SCOPES
from tests.http_api.conftest import ADMIN, Api
from tests.http_api.conftest import DRAFT as NETWORK
from tests.http_api.people import id_of, invite, join, person
from tests.http_api.test_authorizer import ask
from tests.platform_in_memory import START, Platform

DRAFT = {"name": "ci", "scopes": ["read", "scan"]}


def works(token: str) -> bool:
    return bool(ask(f"Bearer {token}")["isAuthorized"])


def orders(platform: Platform, token: str) -> list[str]:
    """Why its live connections are to be closed."""
    return [item["why"] for item in platform.live_table.all(Range(keys.shut(token)))]


def rotate(api: Api, path: str, made: Any, *, overlap: int = 0, version: int = 1) -> Any:
    where = f"{path}/{made['details']['id']}/rotate"
    return api.call("POST", where, {"overlap_minutes": overlap}, headers={"If-Match": f'"{version}"'})


def caller(made: Any) -> Api:
    """Whoever presents the token that was made."""
    return Api(principal_of(ask(f"Bearer {made['token']}")["context"]))


@pytest.fixture
def tokens(project: str) -> str:
    return f"/v1/projects/{project}/tokens"


def test_a_token_is_shown_once_and_works(api: Api, project: str, tokens: str) -> None:
    made = api.post(tokens, DRAFT)
    assert made.status == 201
    identifier, secret = made.body["token"].split("_", 2)[1:]
    details = made.body["details"]
    assert (details["prefix"], details["created_by"]) == (f"vdt_{identifier}", ADMIN.id)
    assert ask(f"Bearer {made.body['token']}")["context"]["project"] == project
    listed = api.get(tokens).body
    assert listed["items"] == [details | {"last_used": START.isoformat().replace("+00:00", "Z")}]
    assert secret not in json.dumps(listed)
    assert "hash" not in json.dumps(listed)


def test_a_repeat_does_not_show_the_secret_again(api: Api, platform: Platform, tokens: str) -> None:
    secret = api.post(tokens, DRAFT, key="k").body["token"].split("_", 2)[2]
    assert api.post(tokens, DRAFT, key="k").slug == "already-exists"
    items = platform.table.client.scan(TableName=platform.table.name)["Items"]
    assert secret not in json.dumps(items, default=str)


def test_a_revoked_token_is_refused_from_then_on_and_its_connections_are_closed(
    api: Api, platform: Platform, tokens: str
) -> None:
    made = api.post(tokens, DRAFT).body
    identifier = made["details"]["id"]
    assert api.delete(f"{tokens}/{identifier}").status == 204
    assert not works(made["token"])
    assert api.get(tokens).body["items"][0]["revoked"] is not None
    assert api.delete(f"{tokens}/{identifier}").status == 204
    assert orders(platform, identifier) == ["the token was revoked"] * 2


def test_a_token_of_another_project_is_not_there(api: Api, tokens: str) -> None:
    made = api.post(tokens, DRAFT).body
    other = f"/v1/projects/{api.post('/v1/projects', {'name': 'other'}).body['id']}/tokens"
    for elsewhere in (other, "/v1/tokens"):
        assert api.delete(f"{elsewhere}/{made['details']['id']}").slug == "not-found"
        assert rotate(api, elsewhere, made).slug == "not-found"
    assert works(made["token"])


def test_a_token_with_an_unknown_scope_or_a_past_end_is_refused(api: Api, tokens: str) -> None:
    assert api.post(tokens, DRAFT | {"scopes": ["root"]}).body["field"] == "scopes.0"
    assert api.post(tokens, DRAFT | {"scopes": []}).body["field"] == "scopes"
    past = (START - timedelta(seconds=1)).isoformat()
    assert api.post(tokens, DRAFT | {"expires": past}).body["field"] == "expires"
    assert api.post(tokens, DRAFT | {"expires": "tomorrow"}).body["field"] == "expires"
    assert api.post(tokens, DRAFT | {"requests_per_minute": 0}).body["field"] == "requests_per_minute"


@pytest.mark.parametrize("scope", ["read", "scan", "triage"])
def test_nobody_makes_a_token_that_may_do_more_than_they_may(api: Api, project: str, tokens: str, scope: Scope) -> None:
    """Nor takes one over by rotating it."""
    strong = api.post(tokens, {"name": "strong", "scopes": [scope]}).body
    weak = Api(Principal(id=new_id(START), project=project, scopes=("admin",)))
    assert weak.post(tokens, {"name": "ci", "scopes": ["admin"]}).status == 201
    refused = weak.post(tokens, {"name": "ci", "scopes": ["admin", scope]})
    assert (refused.slug, rotate(weak, tokens, strong).slug) == ("forbidden", "forbidden")
    assert works(strong["token"])


def test_a_project_admin_makes_any_token_of_the_project(project: str, tokens: str) -> None:
    whole = Api(Principal(id=new_id(START), project=project, scopes=ALL_SCOPES))
    assert whole.post(tokens, {"name": "ci", "scopes": list(ALL_SCOPES)}).status == 201


def test_what_a_token_makes_ends_with_it(project: str, tokens: str) -> None:
    end = START + timedelta(hours=1)
    brief = Api(Principal(id=new_id(START), project=project, scopes=ALL_SCOPES, until=end))
    assert brief.post(tokens, DRAFT).body["details"]["expires"] == end.isoformat().replace("+00:00", "Z")
    assert brief.post(tokens, DRAFT | {"expires": (end + timedelta(seconds=1)).isoformat()}).body["field"] == "expires"
    earlier = START + timedelta(minutes=1)
    assert brief.post(tokens, DRAFT | {"expires": earlier.isoformat()}).status == 201


def test_a_rotated_token_has_another_secret_and_its_connections_are_closed(
    api: Api, platform: Platform, tokens: str
) -> None:
    made = api.post(tokens, DRAFT).body
    answer = rotate(api, tokens, made)
    assert (answer.status, answer.body["details"]["version"]) == (200, 2)
    assert works(answer.body["token"])
    assert not works(made["token"])
    assert orders(platform, made["details"]["id"]) == ["the token was rotated"]
    assert rotate(api, tokens, made).slug == "stale-version"
    assert api.post(f"{tokens}/{made['details']['id']}/rotate").slug == "precondition-required"


def test_the_secret_before_goes_on_for_the_overlap_and_opens_nothing_beyond_it(
    api: Api, platform: Platform, tokens: str
) -> None:
    made = api.post(tokens, DRAFT).body
    details = rotate(api, tokens, made, overlap=10).body["details"]
    end = START + timedelta(minutes=10)
    assert details["previous_until"] == end.isoformat().replace("+00:00", "Z")
    assert ask(f"Bearer {made['token']}")["context"]["until"] == end.isoformat()
    platform.clock.advance(minutes=10)
    assert not works(made["token"])
    assert rotate(api, tokens, made, overlap=1441).body["field"] == "overlap_minutes"


def test_a_token_that_has_ended_is_not_rotated(api: Api, tokens: str) -> None:
    made = api.post(tokens, DRAFT).body
    api.delete(f"{tokens}/{made['details']['id']}")
    assert rotate(api, tokens, made, version=2).slug == "conflict"


def test_the_organisations_tokens_are_managed_by_who_owns_it(api: Api, project: str) -> None:
    made = api.post("/v1/tokens", {"name": "all", "scopes": list(ALL_SCOPES)}).body
    assert made["details"]["project"] == ""
    assert ask(f"Bearer {made['token']}")["context"]["project"] == ""
    assert [each["id"] for each in api.get("/v1/tokens").body["items"]] == [made["details"]["id"]]
    again = rotate(api, "/v1/tokens", made).body["token"]
    assert works(again)
    assert api.delete(f"/v1/tokens/{made['details']['id']}").status == 204
    assert not works(again)
    for other in (
        Principal(id=new_id(START), project=project, scopes=ALL_SCOPES),
        Principal(id=new_id(START), scopes=("read", "admin")),
    ):
        assert Api(other).get("/v1/tokens").slug == "forbidden"
        assert Api(other).post("/v1/tokens", DRAFT).slug == "forbidden"


def test_a_token_follows_the_role_of_its_maker_from_the_next_request(api: Api, project: str, tokens: str) -> None:
    ada = join(api, project, "ada", "admin")
    adas, networks = f"/v1/projects/{project}/members/{id_of(ada)}", f"/v1/projects/{project}/networks"
    made = ada.post(tokens, {"name": "ci", "scopes": ["read", "scan"]}).body
    assert made["details"]["maker"] == id_of(ada)
    with_it = caller(made)
    assert with_it.post(networks, NETWORK).status == 201
    assert api.put(adas, {"role": "viewer"}, version=1).status == 200
    assert (with_it.post(networks, NETWORK).slug, with_it.get(networks).status) == ("forbidden", 200)
    assert api.delete(adas, version=2).status == 204
    for path in (networks, "/v1/projects", "/v1/me"):
        assert with_it.get(path).slug == "unauthenticated"


def test_what_the_token_of_one_who_left_made_ends_too(api: Api, project: str, tokens: str) -> None:
    ada = join(api, project, "ada", "admin")
    with_it = caller(ada.post(tokens, {"name": "ci", "scopes": list(ALL_SCOPES)}).body)
    child = caller(with_it.post(tokens, DRAFT).body)
    code = invite(with_it, project, "eve", "admin").body["code"]
    assert child.get(f"/v1/projects/{project}").status == 200
    api.delete(f"/v1/projects/{project}/members/{id_of(ada)}", version=1)
    assert child.get(f"/v1/projects/{project}").slug == "unauthenticated"
    assert person("eve").post("/v1/invitations/accept", {"code": code}).slug == "not-found"


def test_who_rotates_a_token_answers_for_it_and_gives_its_old_secret_to_nobody(
    api: Api, project: str, tokens: str
) -> None:
    ada, bob = (join(api, project, name, "admin") for name in ("ada", "bob"))
    made = ada.post(tokens, DRAFT).body
    before = caller(made)
    api.delete(f"/v1/projects/{project}/members/{id_of(ada)}", version=1)
    after = rotate(bob, tokens, made, overlap=10).body
    assert after["details"]["maker"] == id_of(bob)
    assert caller(after).get(f"/v1/projects/{project}").status == 200
    for old in (before, caller(made)):
        assert old.get(f"/v1/projects/{project}").slug == "unauthenticated"


def test_an_owners_tokens_end_with_their_ownership_but_not_those_of_one_whom_only_the_issuer_knows(
    api: Api, project: str, tokens: str
) -> None:
    olga = person("olga")
    code = api.post("/v1/owners/invitations", {"email": "olga@example.com"}).body["code"]
    assert olga.post("/v1/invitations/accept", {"code": code}).status == 200
    mine = [caller(olga.post(path, {"name": "ci", "scopes": list(ALL_SCOPES)}).body) for path in (tokens, "/v1/tokens")]
    claimed = person("omar", owner=True).post("/v1/tokens", {"name": "ci", "scopes": list(ALL_SCOPES)}).body
    assert claimed["details"]["maker"] == ""
    assert [each.get(f"/v1/projects/{project}").status for each in mine] == [200, 200]
    assert api.delete(f"/v1/owners/{id_of(olga)}").status == 204
    for each in mine:
        assert each.get(f"/v1/projects/{project}").slug == each.get("/v1/projects").slug == "unauthenticated"
    assert caller(claimed).get(f"/v1/projects/{project}").status == 200


def test_a_token_with_a_number_of_its_own_is_held_to_it_and_told_when_to_come_again(
    api: Api, platform: Platform, tokens: str
) -> None:
    made = api.post(tokens, DRAFT | {"requests_per_minute": 2}).body["token"]
    assert [works(made), works(made)] == [True, True]
    answer = ask(f"Bearer {made}")
    assert "principal_id" not in answer["context"]
    told = Api(None).call("GET", "/v1/projects", raw=_spoken(answer["context"]))
    assert (told.status, told.slug, told.headers["Retry-After"]) == (429, "too-many-requests", "60")
    platform.clock.advance(minutes=1)
    assert "principal_id" in ask(f"Bearer {made}")["context"]


def _spoken(context: dict[str, str]) -> dict[str, Any]:
    from tests.http_api.conftest import REQUEST

    request = REQUEST["requestContext"] | {"authorizer": {"lambda": context}}
    request["http"] = request["http"] | {"method": "GET", "path": "/v1/projects"}
    return {"requestContext": request}
