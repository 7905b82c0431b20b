"""Who may do what: the one table of roles and permissions, from which routes, frames, tokens and the docs all read."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from functions.core.token import Scope


class Permission(StrEnum):
    """What an action needs; each route and each frame names one."""

    PROJECT_LIST = "project.list"
    PROJECT_READ = "project.read"
    PROJECT_WRITE = "project.write"
    PROJECT_CREATE = "project.create"
    NETWORK_WRITE = "network.write"
    SCAN_START = "scan.start"
    SCAN_STOP = "scan.stop"
    SCAN_DELETE = "scan.delete"
    ALERT_TRIAGE = "alert.triage"
    HOST_WRITE = "host.write"
    RULE_WRITE = "rule.write"
    CHANNEL_WRITE = "channel.write"
    EXPORT_MAKE = "export.make"
    MEMBER_READ = "member.read"
    MEMBER_WRITE = "member.write"
    TOKEN_READ = "token.read"  # noqa: S105 - a permission
    TOKEN_WRITE = "token.write"  # noqa: S105 - a permission
    AUTHORITY_READ = "authority.read"
    AUTHORITY_WRITE = "authority.write"
    AUDIT_READ = "audit.read"
    HALT_SET = "halt.set"
    HALT_RELEASE = "halt.release"
    ORGANISATION_READ = "organisation.read"
    ORGANISATION_WRITE = "organisation.write"


class Role(StrEnum):
    """Of a member in a project, each with all of the one before; and `owner`, of the whole organisation."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    OPERATOR = "operator"
    ADMIN = "admin"
    OWNER = "owner"


MemberRole = Literal[Role.VIEWER, Role.ANALYST, Role.OPERATOR, Role.ADMIN]
Permissions = frozenset[Permission]

OWN: Mapping[Role, Mapping[Permission, str]] = {
    Role.VIEWER: {
        Permission.PROJECT_LIST: "see which projects one reaches",
        Permission.ORGANISATION_READ: "see what no project may scan, and whether all of them are halted, why and by whom",
        Permission.PROJECT_READ: "read networks, scans, inventory, alerts, rules, channels and trends, and follow them live",
        Permission.EXPORT_MAKE: "make exports of what one may read",
        Permission.AUTHORITY_READ: "see what may be scanned, on whose word and until when",
    },
    Role.ANALYST: {
        Permission.ALERT_TRIAGE: "take, assign, close and comment alerts, and send them again",
        Permission.HOST_WRITE: "set the tags, owner and notes of hosts",
        Permission.MEMBER_READ: "see who is in the project",
    },
    Role.OPERATOR: {
        Permission.NETWORK_WRITE: "make, change, schedule and delete networks, and accept their baseline",
        Permission.SCAN_START: "start and redrive scans, and let paused ones go on",
        Permission.SCAN_STOP: "cancel and pause scans",
        Permission.HALT_SET: "stop every scan of the project at once",
    },
    Role.ADMIN: {
        Permission.SCAN_DELETE: "delete ended scans with their documents",
        Permission.RULE_WRITE: "change the rules",
        Permission.CHANNEL_WRITE: "make, change, test and remove channels",
        Permission.MEMBER_WRITE: "invite and remove members and set their roles",
        Permission.TOKEN_READ: "see the project's tokens",
        Permission.TOKEN_WRITE: "make, rotate and revoke tokens",
        Permission.AUTHORITY_WRITE: "record, verify and revoke authorities",
        Permission.AUDIT_READ: "read the project's audit log",
        Permission.HALT_RELEASE: "let scans start again after a halt",
        Permission.PROJECT_WRITE: "change the project's name and limits",
    },
    Role.OWNER: {
        Permission.PROJECT_CREATE: "create projects",
        Permission.ORGANISATION_WRITE: "manage owners, exclusions for every project and the halt of all",
    },
}
"""What each role adds to the one before it, and what that allows."""


def _table() -> Mapping[Role, Permissions]:
    table: dict[Role, Permissions] = {}
    held: Permissions = frozenset()
    for role in Role:
        held = held | OWN[role].keys()
        table[role] = held
    return table


ROLES: Mapping[Role, Permissions] = _table()
EVERYTHING = ROLES[Role.OWNER]
NOTHING: Permissions = frozenset()
OF_ANY_USER = frozenset({Permission.PROJECT_LIST})
"""What a user may do who has no role at all."""

OF_ANY_MEMBER = OF_ANY_USER | {Permission.ORGANISATION_READ}
"""What a user may do outside of any project who has a role in one: exclusions and the halt of all hold for them too."""

AT_ORGANISATION = OF_ANY_MEMBER | {Permission.PROJECT_CREATE}
"""All that may ever be done outside of a project by who is no owner."""

SCOPES: Mapping[Scope, Permissions] = {
    "read": ROLES[Role.VIEWER],
    "triage": frozenset(OWN[Role.ANALYST]),
    "scan": frozenset(OWN[Role.OPERATOR]),
    "admin": frozenset(OWN[Role.ADMIN]) | {Permission.NETWORK_WRITE, Permission.PROJECT_CREATE},
}
"""What a token's scope allows: it stands alone, where a role has those before it.

`admin` writes networks and, of an organisation token, creates projects, as before there were roles."""


def of_scopes(scopes: tuple[Scope, ...]) -> Permissions:
    return NOTHING.union(*(SCOPES[scope] for scope in scopes))


def roles_with(permission: Permission) -> tuple[Role, ...]:
    return tuple(role for role in Role if permission in ROLES[role])


def scopes_with(permission: Permission) -> tuple[Scope, ...]:
    return tuple(scope for scope, held in SCOPES.items() if permission in held)
