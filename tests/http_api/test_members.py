"""Members, through the door: who they are, what a role is worth from now on, and that a project keeps an admin."""

import pytest

from functions.core.ids import new_id
from functions.store import keys
from functions.store.writes import Range
from functions.usecases.authenticate import principal_of
from tests.http_api.conftest import DRAFT, Api
from tests.http_api.people import id_of, join, person
from tests.http_api.test_authorizer import ask
from tests.platform_in_memory import START, Platform


@pytest.fixture
def members(project: str) -> str:
    return f"/v1/projects/{project}/members"


@pytest.fixture
def admin(api: Api, project: str) -> Api:
    return join(api, project, "ada", "admin")


def shut(platform: Platform, who: Api) -> list[str]:
    """The projects in which somebody's connections were asked to be closed; empty for everywhere."""
    found = platform.live_table.query(Range(keys.shut(id_of(who))), limit=10).items
    return [str(item["project"]) for item in found]


def test_members_are_listed_with_who_invited_them(api: Api, project: str, members: str, admin: Api) -> None:
    join(admin, project, "bob", "viewer")
    listed = {each["email"]: each for each in admin.get(members).body["items"]}
    assert {email: each["role"] for email, each in listed.items()} == {
        "ada@example.com": "admin",
        "bob@example.com": "viewer",
    }
    assert listed["bob@example.com"]["by"] == id_of(admin)
    assert admin.get(f"{members}/{id_of(admin)}").version == 1


@pytest.mark.parametrize(
    ("role", "allowed", "forbidden"),
    [
        ("viewer", ("GET", "networks"), ("GET", "members")),
        ("analyst", ("GET", "members"), ("POST", "networks")),
        ("operator", ("POST", "networks"), ("GET", "tokens")),
        ("admin", ("GET", "tokens"), None),
    ],
)
def test_a_role_is_worth_what_the_table_says(
    api: Api, project: str, role: str, allowed: tuple[str, str], forbidden: tuple[str, str] | None
) -> None:
    who = join(api, project, "bob", role)
    method, path = allowed
    body = DRAFT if method == "POST" else None
    assert who.call(method, f"/v1/projects/{project}/{path}", body).status < 300
    if forbidden:
        method, path = forbidden
        refused = who.call(method, f"/v1/projects/{project}/{path}", DRAFT if method == "POST" else None)
        assert (refused.status, refused.slug) == (403, "forbidden")
        assert "permission" in refused.body["detail"]


def test_a_role_that_was_set_counts_from_the_next_request(
    platform: Platform, project: str, members: str, admin: Api
) -> None:
    bob = join(admin, project, "bob", "operator")
    bobs = f"{members}/{id_of(bob)}"
    lowered = admin.put(bobs, {"role": "viewer"}, version=1)
    assert (lowered.status, lowered.body["role"], lowered.version) == (200, "viewer", 2)
    assert bob.post(f"/v1/projects/{project}/networks", DRAFT).slug == "forbidden"
    assert shut(platform, bob) == [project]
    raised = admin.put(bobs, {"role": "analyst"}, version=2)
    assert raised.body["by"] == id_of(admin)
    assert len(shut(platform, bob)) == 1
    assert admin.put(bobs, {"role": "viewer"}, version=2).slug == "stale-version"
    assert admin.put(bobs, {"role": "viewer"}).slug == "precondition-required"
    assert admin.put(bobs, {"role": "owner"}, version=3).slug == "invalid-input"


def test_nobody_raises_their_own_role(project: str, members: str, admin: Api) -> None:
    bob = join(admin, project, "bob", "operator")
    assert bob.put(f"{members}/{id_of(bob)}", {"role": "admin"}, version=1).slug == "forbidden"


def test_who_was_removed_finds_no_project_any_more(platform: Platform, project: str, members: str, admin: Api) -> None:
    bob = join(admin, project, "bob", "operator")
    assert admin.delete(f"{members}/{id_of(bob)}", version=1).status == 204
    assert bob.get(f"/v1/projects/{project}") == bob.get(f"/v1/projects/{new_id(START)}")
    assert bob.get("/v1/projects").body["items"] == []
    assert shut(platform, bob) == [project]


def test_the_connections_of_a_members_tokens_close_with_their_own(
    api: Api, platform: Platform, project: str, admin: Api
) -> None:
    made = admin.post(f"/v1/projects/{project}/tokens", {"name": "ci", "scopes": ["read"]}).body
    machine = principal_of(ask(f"Bearer {made['token']}")["context"])
    platform.websocket.listeners.connect("c1", machine, project=project, now=START)
    api.delete(f"/v1/projects/{project}/members/{id_of(admin)}", version=1)
    (order,) = platform.live_table.all(Range(keys.shut(id_of(admin))))
    assert platform.websocket.listeners.opened_by(order["principal"], project=order["project"]) == ("c1",)


def test_a_repeated_removal_closes_what_a_crash_left_open(
    platform: Platform, project: str, members: str, admin: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = join(admin, project, "bob", "operator")

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("killed before the connections were closed")

    with monkeypatch.context() as broken:
        broken.setattr(type(platform.http.manage_members.listeners), "shut", crash)
        assert admin.delete(f"{members}/{id_of(bob)}", version=1).status == 500
    assert shut(platform, bob) == []
    assert admin.delete(f"{members}/{id_of(bob)}", version=1).slug == "not-found"
    assert shut(platform, bob) == [project]


def test_a_member_leaves(project: str, members: str, admin: Api) -> None:
    bob = join(admin, project, "bob", "viewer")
    assert bob.delete(f"{members}/me").status == 204
    assert bob.delete(f"{members}/me").slug == "not-found"
    assert [each["email"] for each in admin.get(members).body["items"]] == ["ada@example.com"]


def test_the_last_admin_neither_leaves_nor_is_lowered_nor_removed(project: str, members: str, admin: Api) -> None:
    adas = f"{members}/{id_of(admin)}"
    for refused in (
        admin.delete(f"{members}/me"),
        admin.put(adas, {"role": "viewer"}, version=1),
        admin.delete(adas, version=1),
    ):
        assert (refused.status, refused.slug) == (409, "conflict")
        assert "without an admin" in refused.body["detail"]
    second = join(admin, project, "bob", "viewer")
    assert admin.put(f"{members}/{id_of(second)}", {"role": "admin"}, version=1).status == 200
    assert admin.delete(f"{members}/me").status == 204
    assert second.delete(f"{members}/me").slug == "conflict"


def test_two_admins_who_remove_each_other_at_once_leave_one(project: str, members: str, admin: Api) -> None:
    second = join(admin, project, "bob", "admin")
    assert admin.delete(f"{members}/{id_of(second)}", version=1).status == 204
    assert second.delete(f"{members}/{id_of(admin)}", version=1).slug == "not-found"


def test_an_owner_repairs_a_project_whose_last_admin_is_gone(api: Api, project: str, members: str, admin: Api) -> None:
    owner = person("olga", owner=True)
    assert owner.delete(f"{members}/{id_of(admin)}", version=1).status == 204
    assert join(owner, project, "bob", "admin").get(members).status == 200


def test_a_project_counts_its_admins(api: Api, project: str, members: str, admin: Api) -> None:
    join(admin, project, "bob", "admin")
    assert api.get(f"/v1/projects/{project}").body["admins"] == 2
    admin.delete(f"{members}/me")
    assert api.get(f"/v1/projects/{project}").body["admins"] == 1


def test_a_member_of_another_project_is_not_there(api: Api, members: str, admin: Api) -> None:
    other = api.post("/v1/projects", {"name": "other"}).body["id"]
    theirs = join(api, other, "eve", "admin")
    assert admin.get(f"{members}/{id_of(theirs)}").slug == "not-found"
    assert admin.put(f"{members}/{id_of(theirs)}", {"role": "viewer"}, version=1).slug == "not-found"
    assert admin.delete(f"{members}/{id_of(theirs)}", version=1).slug == "not-found"
    assert theirs.get(f"/v1/projects/{other}/members").status == 200


def test_members_are_paged(project: str, members: str, admin: Api) -> None:
    for name in ("bob", "cyd", "dan"):
        join(admin, project, name, "viewer")
    first = admin.get(members, limit=3).body
    rest = admin.get(members, limit=3, cursor=first["next_cursor"]).body
    assert len({each["user"] for each in (*first["items"], *rest["items"])}) == 4
    assert rest["next_cursor"] is None


def test_a_member_lists_their_own_projects_alone(api: Api, project: str) -> None:
    other = api.post("/v1/projects", {"name": "other"}).body["id"]
    third = api.post("/v1/projects", {"name": "third"}).body["id"]
    bob = join(api, project, "bob", "viewer")
    join(api, third, "bob", "admin")
    assert {each["id"] for each in bob.get("/v1/projects").body["items"]} == {project, third}
    assert other in {each["id"] for each in person("olga", owner=True).get("/v1/projects").body["items"]}
    assert person("nobody").get("/v1/projects").body == {"items": [], "next_cursor": None}


def test_a_member_creates_no_project_and_an_owner_does(project: str, admin: Api) -> None:
    assert admin.post("/v1/projects", {"name": "mine"}).slug == "forbidden"
    assert person("olga", owner=True).post("/v1/projects", {"name": "ours"}).status == 201


def test_me_says_who_calls_and_what_they_reach(api: Api, project: str) -> None:
    bob = join(api, project, "bob", "analyst")
    me = bob.get("/v1/me").body
    assert (me["id"], me["kind"], me["email"], me["owner"]) == (id_of(bob), "user", "bob@example.com", False)
    assert [(each["project"], each["role"]) for each in me["memberships"]] == [(project, "analyst")]
    assert me["permissions"] == ["organisation.read", "project.list"]
    token = api.get("/v1/me").body
    assert (token["kind"], token["owner"], token["memberships"]) == ("token", True, [])
    assert set(token["scopes"]) == {"read", "scan", "triage", "admin"}
