"""Invitations, through the door: for one e-mail address, once, and not for ever."""

import json

import pytest

from tests.http_api.conftest import Answer, Api
from tests.http_api.people import id_of, invite, join, person
from tests.platform_in_memory import Platform


def accept(who: Api, code: str) -> Answer:
    return who.post("/v1/invitations/accept", {"code": code})


@pytest.fixture
def code(api: Api, project: str) -> str:
    return str(invite(api, project, "bob", "operator").body["code"])


def test_whoever_logs_in_with_the_address_becomes_a_member(project: str, code: str) -> None:
    bob = person("bob")
    assert bob.get(f"/v1/projects/{project}").status == 404
    joined = accept(bob, code)
    assert (joined.body["project"], joined.body["user"], joined.body["role"]) == (project, id_of(bob), "operator")
    assert bob.get(f"/v1/projects/{project}").status == 200


def test_a_code_is_shown_once_and_kept_nowhere(api: Api, platform: Platform, project: str, code: str) -> None:
    secret = code.split("_", 3)[3]
    listed = api.get(f"/v1/projects/{project}/invitations").body
    assert [(each["email"], each["role"]) for each in listed["items"]] == [("bob@example.com", "operator")]
    assert secret not in json.dumps(listed)
    assert "secret" not in json.dumps(listed)
    items = platform.table.client.scan(TableName=platform.table.name)["Items"]
    assert secret not in json.dumps(items, default=str)


def test_a_repeat_does_not_show_the_code_again(api: Api, project: str) -> None:
    path, body = f"/v1/projects/{project}/invitations", {"email": "bob@example.com", "role": "viewer"}
    assert api.post(path, body, key="k").status == 201
    assert api.post(path, body, key="k").slug == "already-exists"


@pytest.mark.parametrize("name", ["bobby", "BOB"])
def test_an_invitation_is_for_its_address_in_whatever_case(code: str, name: str) -> None:
    answer = accept(person(name), code)
    assert answer.status == (200 if name == "BOB" else 403)


def test_an_address_that_nobody_verified_is_refused(code: str) -> None:
    assert accept(person("bob", verified=False), code).slug == "forbidden"
    assert accept(person("bob"), code).status == 200


def test_a_token_accepts_nothing(api: Api, code: str) -> None:
    assert accept(api, code).slug == "forbidden"


def test_an_invitation_is_good_once(code: str) -> None:
    bob = person("bob")
    assert accept(bob, code).status == 200
    assert accept(bob, code).slug == "not-found"


def test_a_member_is_not_invited_to_another_role(api: Api, project: str) -> None:
    bob = join(api, project, "bob", "viewer")
    again = accept(bob, invite(api, project, "bob", "admin").body["code"])
    assert (again.slug, again.body["current"]["role"]) == ("already-exists", "viewer")
    assert bob.get(f"/v1/projects/{project}/tokens").slug == "forbidden"


def test_an_invitation_ends_at_its_time(api: Api, platform: Platform, project: str, code: str) -> None:
    platform.clock.advance(days=7)
    assert accept(person("bob"), code).slug == "not-found"
    assert api.get(f"/v1/projects/{project}/invitations").body["items"] == []


def test_a_withdrawn_invitation_is_not_there(api: Api, project: str, code: str) -> None:
    invitations = f"/v1/projects/{project}/invitations"
    one = f"{invitations}/{api.get(invitations).body['items'][0]['id']}"
    assert api.delete(one).status == 204
    assert api.delete(one).slug == "not-found"
    assert accept(person("bob"), code).slug == "not-found"


def test_what_a_removed_or_lowered_admin_invited_ends(api: Api, project: str) -> None:
    join(api, project, "ada", "admin")
    cyd = join(api, project, "cyd", "admin")
    code = invite(cyd, project, "bob", "admin").body["code"]
    members = f"/v1/projects/{project}/members"
    assert api.put(f"{members}/{id_of(cyd)}", {"role": "operator"}, version=1).status == 200
    assert accept(person("bob"), code).slug == "not-found"


@pytest.mark.parametrize(
    "text",
    ["x", "vdi", "vdi_ORG", "vdi___", "vdi_ORG_01KAJ0000000000000000000N0_x", "vdi_#_01KAJ0000000000000000000N0_x"],
)
def test_what_is_no_code_is_told_nothing(platform: Platform, text: str) -> None:
    assert accept(person("bob"), text).slug == "not-found"


def test_a_code_with_another_secret_or_another_project_is_not_there(api: Api, project: str, code: str) -> None:
    other = api.post("/v1/projects", {"name": "other"}).body["id"]
    bob = person("bob")
    assert accept(bob, code[:-3] + "xxx").slug == "not-found"
    assert accept(bob, code.replace(project, other)).slug == "not-found"
    assert accept(bob, code.replace(project, "ORG")).slug == "not-found"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "bob"}, "email"),
        ({"email": "b ob@example.com"}, "email"),
        ({"email": "b" * 400 + "@example.com"}, "email"),
        ({"role": "owner"}, "role"),
        ({"role": "root"}, "role"),
        ({"days": 0}, "days"),
        ({"days": 31}, "days"),
    ],
)
def test_a_malformed_invitation_is_refused(api: Api, project: str, change: dict[str, object], field: str) -> None:
    draft = {"email": "bob@example.com", "role": "viewer", **change}
    refused = api.post(f"/v1/projects/{project}/invitations", draft)
    assert (refused.status, refused.body["field"]) == (400, field)


def test_only_admins_invite(api: Api, project: str) -> None:
    operator = join(api, project, "cyd", "operator")
    assert invite(operator, project, "bob", "viewer").slug == "forbidden"
    assert api.delete(f"/v1/projects/{project}/invitations/01KAJ0000000000000000000N0").slug == "not-found"
