"""What a caller may do where: tokens by scope, users by membership, and nobody in another's project."""

import pytest

from functions.core.errors import Forbidden, NotFound, Unauthenticated
from functions.core.ids import new_id
from functions.core.member import Member
from functions.core.roles import (
    AT_ORGANISATION,
    EVERYTHING,
    OF_ANY_MEMBER,
    OF_ANY_USER,
    ROLES,
    SCOPES,
    Permission,
    Role,
)
from functions.core.token import Principal
from functions.store import keys
from functions.store.attributes import to_item
from functions.store.members import Members
from functions.usecases.authorise import Authorise
from functions.usecases.tokens import ALL_SCOPES
from tests.backend import NOW, Backend

OTHER = new_id(NOW)
USER = Principal(id="u_" + "a" * 32, kind="user", email="a@example.com")


@pytest.fixture
def authorise(backend: Backend) -> Authorise:
    return Authorise(members=Members(backend.table))


def join(backend: Backend, project: str, role: Role, user: Principal = USER) -> None:
    member = Member(project=project, user=user.id, role=role, since=NOW, by="somebody")
    index = {keys.GSI1_PK: keys.projects_of(user.id), keys.GSI1_SK: project}
    backend.table.put(to_item(member, keys.members(project), user.id, **index))


def token(*scopes: str, project: str = "") -> Principal:
    return Principal.model_validate({"id": "t", "project": project, "scopes": scopes})


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
def test_a_member_may_do_what_their_role_allows(backend: Backend, authorise: Authorise, role: Role) -> None:
    join(backend, backend.project, role)
    assert authorise.permissions_of(USER, backend.project) == ROLES[role]


def test_a_user_who_is_no_member_finds_no_project(backend: Backend, authorise: Authorise) -> None:
    join(backend, OTHER, Role.ADMIN)
    with pytest.raises(NotFound) as foreign:
        authorise(USER, Permission.PROJECT_READ, backend.project)
    with pytest.raises(NotFound) as missing:
        authorise(USER, Permission.PROJECT_READ, new_id(NOW))
    assert foreign.value.message == missing.value.message


def test_a_role_is_read_anew_each_time(backend: Backend, authorise: Authorise) -> None:
    join(backend, backend.project, Role.OPERATOR)
    authorise(USER, Permission.SCAN_START, backend.project)
    join(backend, backend.project, Role.VIEWER)
    with pytest.raises(Forbidden, match=r"scan\.start"):
        authorise(USER, Permission.SCAN_START, backend.project)


def test_outside_of_projects_a_member_may_see_what_holds_in_all_of_them_and_a_stranger_may_not(
    authorise: Authorise, backend: Backend
) -> None:
    assert authorise.permissions_of(USER, "") == OF_ANY_USER
    with pytest.raises(Forbidden, match=r"organisation\.read"):
        authorise(USER, Permission.ORGANISATION_READ, "")
    join(backend, backend.project, Role.VIEWER)
    assert authorise.permissions_of(USER, "") == OF_ANY_MEMBER


def test_an_owner_may_do_everything_everywhere(backend: Backend, authorise: Authorise) -> None:
    by_claim = USER.model_copy(update={"id": "u_" + "b" * 32, "owner": True})
    join(backend, "ORG", Role.OWNER)
    for owner in (USER, by_claim, token(*ALL_SCOPES)):
        assert authorise.permissions_of(owner, backend.project) == EVERYTHING
        assert authorise.permissions_of(owner, "") == EVERYTHING


def test_a_token_may_do_what_its_scopes_allow_in_its_own_project_alone(backend: Backend, authorise: Authorise) -> None:
    mine = token("read", "scan", project=backend.project)
    assert authorise.permissions_of(mine, backend.project) == SCOPES["read"] | SCOPES["scan"]
    with pytest.raises(NotFound):
        authorise(mine, Permission.PROJECT_READ, OTHER)


def test_a_projects_token_is_no_owner_whatever_its_scopes(backend: Backend, authorise: Authorise) -> None:
    mine = token(*ALL_SCOPES, project=backend.project)
    assert authorise.permissions_of(mine, backend.project) == ROLES[Role.ADMIN]
    assert authorise.permissions_of(mine, "") == OF_ANY_MEMBER


def test_an_organisation_token_of_some_scopes_is_no_owner(authorise: Authorise) -> None:
    assert authorise.permissions_of(token("read"), OTHER) == SCOPES["read"]
    assert authorise.permissions_of(token("read", "admin"), "") == AT_ORGANISATION


def test_a_token_may_do_no_more_than_its_maker_may_now(backend: Backend, authorise: Authorise) -> None:
    mine = token("read", "scan", project=backend.project).model_copy(update={"maker": USER.id})
    join(backend, backend.project, Role.ADMIN)
    assert authorise.permissions_of(mine, backend.project) == SCOPES["read"] | SCOPES["scan"]
    join(backend, backend.project, Role.ANALYST)
    assert authorise.permissions_of(mine, backend.project) == SCOPES["read"]
    assert authorise.permissions_of(mine, "") == OF_ANY_MEMBER


@pytest.mark.parametrize("asked", ["own", ""])
def test_a_token_whose_maker_has_left_is_worth_nothing(backend: Backend, authorise: Authorise, asked: str) -> None:
    join(backend, OTHER, Role.ADMIN)
    mine = token(*ALL_SCOPES, project=backend.project).model_copy(update={"maker": USER.id})
    with pytest.raises(Unauthenticated):
        authorise(mine, None, backend.project if asked else "")


def test_an_organisation_token_ends_with_its_makers_ownership(backend: Backend, authorise: Authorise) -> None:
    whole = token(*ALL_SCOPES).model_copy(update={"maker": USER.id})
    join(backend, backend.project, Role.ADMIN)
    for asked in ("", backend.project):
        with pytest.raises(Unauthenticated):
            authorise(whole, None, asked)
    join(backend, "ORG", Role.OWNER)
    assert authorise.permissions_of(whole, OTHER) == EVERYTHING


def test_what_needs_no_permission_still_needs_the_project(backend: Backend, authorise: Authorise) -> None:
    assert authorise(USER, None, "") == OF_ANY_USER
    with pytest.raises(NotFound):
        authorise(USER, None, backend.project)
