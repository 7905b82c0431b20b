"""Who is in which project: found by project, listed by project and by user; a project knows how many admins it has."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from functions.core.errors import AlreadyExists, Conflict, NotFound, StaleVersion
from functions.core.member import Invitation, Member, ended
from functions.core.roles import Role
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import EXISTS, IS_NEW, attribute_is, more_than, version_is
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Delete, Put, Range, Update, Write


class Members:
    """`project`: of all methods, an id or `ORG` for owners."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def roles(self, user: str, project: str = "") -> Mapping[str, Role]:
        """The user's role in the project and in the organisation, as of now; without what they are not in."""
        places = dict.fromkeys((project or keys.ORGANISATION, keys.ORGANISATION))
        found = self.table.find_many([(keys.members(place), user) for place in places])
        return {str(item["project"]): Role(item["role"]) for item in found}

    def get(self, project: str, user: str) -> Member:
        item = self.table.find(keys.members(project), user)
        if item is None:
            raise NotFound(f"there is no member {user} in this project")
        return to_model(Member, item)

    def list(self, project: str, *, limit: int = 100, cursor: str = "") -> Page[Member]:
        return list_page(self.table, Member, Range(keys.members(project)), limit=limit, cursor=cursor)

    def of_user(self, user: str, *, limit: int = 100, cursor: str = "") -> Page[Member]:
        """What a user is in, by project; the organisation comes last."""
        span = Range(keys.projects_of(user), index=keys.GSI1)
        return list_page(
            self.table, Member, span, limit=limit, cursor=cursor, base_key=lambda project: (keys.members(project), user)
        )

    def join(self, member: Member, invitation: Invitation) -> None:
        """Uses the invitation up. Raises NotFound where it is gone, AlreadyExists for who is a member."""
        index = {keys.GSI1_PK: keys.projects_of(member.user), keys.GSI1_SK: member.project}
        writes: list[Write] = [
            Delete(
                keys.invitations(invitation.project),
                invitation.id,
                attribute_is("secret_hash", invitation.secret_hash),
            ),
            Put(to_item(member, keys.members(member.project), member.user, **index), IS_NEW),
            *_count_admins(member.project, None, member.role, keep_one=False),
        ]
        try:
            self.table.transact(writes)
        except ConditionFailed as failure:
            if failure.failed == 1:
                raise AlreadyExists("you are a member already", current=failure.public(Member)) from None
            raise ended() from None

    def set_role(
        self, member: Member, role: Role, *, expected: int, by: str, now: datetime, keep_admin: bool
    ) -> Member:
        """`keep_admin`: not where it takes the project's last admin. Raises StaleVersion, Conflict."""
        changed = member.model_copy(update={"role": role, "by": by, "since": now, "version": expected + 1})
        values = {"role": str(role), "by": by, "since": now, "version": changed.version}
        key = keys.members(member.project), member.user
        write = Update(*key, values, version_is(expected))
        self._change([write, *_count_admins(member.project, member.role, role, keep_one=keep_admin)])
        return changed

    def remove(self, member: Member, *, expected: int, keep_admin: bool) -> None:
        """`keep_admin`: not where it takes the project's last admin. Raises StaleVersion, Conflict."""
        write = Delete(keys.members(member.project), member.user, version_is(expected))
        self._change([write, *_count_admins(member.project, member.role, None, keep_one=keep_admin)])

    def _change(self, writes: Sequence[Write]) -> None:
        try:
            self.table.transact(writes)
        except ConditionFailed as failure:
            if failure.failed == 1:
                raise Conflict(
                    "the project would be left without an admin: make another member admin first, or ask an owner"
                ) from None
            raise StaleVersion(
                "the member was changed meanwhile: read it again", current=failure.public(Member)
            ) from None


def _count_admins(project: str, before: Role | None, after: Role | None, *, keep_one: bool) -> tuple[Write, ...]:
    step = (after is Role.ADMIN) - (before is Role.ADMIN)
    if step == 0 or project == keys.ORGANISATION:
        return ()
    enough = more_than("admins", 1) if step < 0 and keep_one else EXISTS
    return (Update(keys.project(), project, {}, enough, add={"admins": step}),)
