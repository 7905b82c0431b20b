"""The one table of who may do what."""

from itertools import pairwise

import pytest

from functions.core.roles import (
    AT_ORGANISATION,
    EVERYTHING,
    OF_ANY_USER,
    OWN,
    ROLES,
    SCOPES,
    Permission,
    Role,
    of_scopes,
    roles_with,
    scopes_with,
)


def test_every_permission_belongs_to_one_role_first_and_says_what_it_allows() -> None:
    owned = [permission for own in OWN.values() for permission in own]
    assert sorted(owned) == sorted(Permission)
    assert all(text for own in OWN.values() for text in own.values())


def test_each_role_has_all_of_the_one_before_it_and_more() -> None:
    for lower, higher in pairwise(Role):
        assert ROLES[lower] < ROLES[higher]
    assert frozenset(Permission) == ROLES[Role.OWNER] == EVERYTHING


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (Role.VIEWER, Permission.PROJECT_READ, Permission.ALERT_TRIAGE),
        (Role.ANALYST, Permission.ALERT_TRIAGE, Permission.SCAN_START),
        (Role.OPERATOR, Permission.NETWORK_WRITE, Permission.RULE_WRITE),
        (Role.OPERATOR, Permission.HALT_SET, Permission.HALT_RELEASE),
        (Role.ADMIN, Permission.MEMBER_WRITE, Permission.PROJECT_CREATE),
        (Role.ADMIN, Permission.AUTHORITY_WRITE, Permission.ORGANISATION_WRITE),
    ],
)
def test_a_role_ends_where_the_next_begins(role: Role, may: Permission, may_not: Permission) -> None:
    assert may in ROLES[role]
    assert may_not not in ROLES[role]


def test_a_scope_allows_what_its_role_adds_and_no_scope_what_only_owners_may() -> None:
    assert SCOPES["read"] == ROLES[Role.VIEWER]
    assert SCOPES["triage"] == frozenset(OWN[Role.ANALYST])
    assert SCOPES["scan"] == frozenset(OWN[Role.OPERATOR])
    assert of_scopes(("read", "triage", "scan", "admin")) == EVERYTHING - {Permission.ORGANISATION_WRITE}
    assert of_scopes(()) == frozenset()


def test_a_permission_knows_its_roles_and_scopes() -> None:
    assert roles_with(Permission.RULE_WRITE) == (Role.ADMIN, Role.OWNER)
    assert scopes_with(Permission.NETWORK_WRITE) == ("scan", "admin")
    assert scopes_with(Permission.ORGANISATION_WRITE) == ()


def test_outside_of_a_project_nobody_but_owners_sees_or_changes_anything_of_one() -> None:
    assert frozenset({Permission.PROJECT_LIST}) == OF_ANY_USER
    assert {Permission.PROJECT_CREATE, Permission.ORGANISATION_READ} == AT_ORGANISATION - OF_ANY_USER
