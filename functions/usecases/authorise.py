"""What a caller may do in a project: a user by their role there, a token by its scopes and the present role of its maker."""

from dataclasses import dataclass

from functions.core.errors import Forbidden, NotFound
from functions.core.ids import is_id
from functions.core.roles import (
    AT_ORGANISATION,
    EVERYTHING,
    OF_ANY_MEMBER,
    OF_ANY_USER,
    OWN,
    ROLES,
    SCOPES,
    Permission,
    Permissions,
    Role,
    of_scopes,
)
from functions.core.token import Principal, refused
from functions.store.keys import ORGANISATION
from functions.store.members import Members


@dataclass(frozen=True, kw_only=True)
class Authorise:
    members: Members

    def __call__(self, principal: Principal, permission: Permission | None, project: str) -> Permissions:
        """All that the caller may do there; `permission` None: whoever reaches the project may.

        Raises NotFound for a project that the caller does not reach, Forbidden for a missing permission.
        """
        held = self.permissions_of(principal, project)
        if permission is not None and permission not in held:
            raise Forbidden(f"this needs the permission {permission}")
        return held

    def permissions_of(self, principal: Principal, project: str) -> Permissions:
        """`project` empty: in the organisation. Raises NotFound for another's project, as for one that does not exist,
        Unauthenticated for a token whose maker has no role any more where it is for.

        Asked before anything of a request is looked at: what is called a project may be any text.
        """
        if principal.kind == "user":
            return self._of_user(principal, project)
        held = _of_token(principal, project)
        return held & self._of_maker(principal) if principal.maker else held

    def _of_user(self, principal: Principal, project: str) -> Permissions:
        roles = self.members.roles(principal.id, project if is_id(project) else "")
        if principal.owner or ORGANISATION in roles:
            return EVERYTHING
        if not project:
            return OF_ANY_MEMBER if self.members.of_user(principal.id, limit=1).items else OF_ANY_USER
        if project not in roles:
            raise foreign()
        return ROLES[roles[project]]

    def _of_maker(self, principal: Principal) -> Permissions:
        """What bounds a token: its maker's role in its project or, of an organisation token, whether they still are an owner."""
        roles = self.members.roles(principal.maker, principal.project)
        if ORGANISATION in roles:
            return EVERYTHING
        if principal.project not in roles:
            raise refused()
        return ROLES[roles[principal.project]]


def _of_token(principal: Principal, project: str) -> Permissions:
    if project and principal.project not in ("", project):
        raise foreign()
    if not principal.project and SCOPES.keys() <= set(principal.scopes):
        return EVERYTHING
    held = of_scopes(principal.scopes)
    if principal.project:
        held -= OWN[Role.OWNER].keys()
    return held if project else held & AT_ORGANISATION


def foreign() -> NotFound:
    return NotFound("there is no such project")
