"""Owners of the organisation, through the door."""

from tests.http_api.conftest import Api
from tests.http_api.people import id_of, join, person


def made_owner(by: Api, name: str) -> Api:
    who = person(name)
    code = by.post("/v1/owners/invitations", {"email": f"{name}@example.com"}).body["code"]
    assert who.post("/v1/invitations/accept", {"code": code}).status == 200
    return who


def test_an_invited_owner_may_do_everything_everywhere(api: Api, project: str) -> None:
    olga = made_owner(api, "olga")
    assert olga.get(f"/v1/projects/{project}/tokens").status == 200
    assert olga.post("/v1/projects", {"name": "new"}).status == 201
    assert olga.get("/v1/me").body["owner"] is True
    assert [each["email"] for each in api.get("/v1/owners").body["items"]] == ["olga@example.com"]


def test_an_owner_removes_another_and_never_themselves(api: Api, project: str) -> None:
    olga, otto = made_owner(api, "olga"), made_owner(api, "otto")
    assert olga.delete(f"/v1/owners/{id_of(olga)}").slug == "conflict"
    assert olga.delete(f"/v1/owners/{id_of(otto)}").status == 204
    assert otto.get(f"/v1/projects/{project}").slug == "not-found"
    assert otto.get("/v1/owners").slug == "forbidden"
    assert olga.delete(f"/v1/owners/{id_of(otto)}").slug == "not-found"


def test_an_owners_invitation_can_be_withdrawn(api: Api) -> None:
    made = api.post("/v1/owners/invitations", {"email": "olga@example.com"}).body
    one = f"/v1/owners/invitations/{made['invitation']['id']}"
    assert [each["id"] for each in api.get("/v1/owners/invitations").body["items"]] == [made["invitation"]["id"]]
    assert api.delete(one).status == 204
    assert api.delete(one).slug == "not-found"
    assert person("olga").post("/v1/invitations/accept", {"code": made["code"]}).slug == "not-found"


def test_no_projects_admin_makes_owners(api: Api, project: str) -> None:
    ada = join(api, project, "ada", "admin")
    assert ada.post("/v1/owners/invitations", {"email": "ada@example.com"}).slug == "forbidden"
    assert ada.get("/v1/owners").slug == "forbidden"
    assert ada.delete(f"/v1/owners/{id_of(ada)}").slug == "forbidden"
