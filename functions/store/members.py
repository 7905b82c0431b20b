"""Who is in which project: found by project, listed by project and by user."""

from collections.abc import Mapping

from functions.core.member import ORGANISATION
from functions.core.roles import Role
from functions.store import keys
from functions.store.table import Table


class Members:
    def __init__(self, table: Table) -> None:
        self.table = table

    def roles(self, user: str, project: str = "") -> Mapping[str, Role]:
        """The user's role in the project and in the organisation, as of now; without what they are not in."""
        places = dict.fromkeys((project or ORGANISATION, ORGANISATION))
        found = self.table.find_many([(keys.members(place), user) for place in places])
        return {str(item["project"]): Role(item["role"]) for item in found}
