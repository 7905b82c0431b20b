"""Invitations that wait to be accepted: found and listed by project; each ends by itself."""

from datetime import datetime

from functions.core.member import Invitation, ended
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import Table
from functions.store.writes import Range


class Invitations:
    def __init__(self, table: Table) -> None:
        self.table = table

    def create(self, invitation: Invitation) -> None:
        """Raises ConditionFailed where it is there already."""
        expires = {keys.EXPIRES: int(invitation.until.timestamp())}
        self.table.put(to_item(invitation, keys.invitations(invitation.project), invitation.id, **expires), IS_NEW)

    def get(self, project: str, identifier: str, *, now: datetime) -> Invitation:
        """Raises NotFound for one whose time is over too."""
        item = self.table.find(keys.invitations(project), identifier)
        if item is None:
            raise ended()
        invitation = to_model(Invitation, item)
        if invitation.until <= now:
            raise ended()
        return invitation

    def list(self, project: str, *, now: datetime, limit: int = 100, cursor: str = "") -> Page[Invitation]:
        span = Range(keys.invitations(project))
        return list_page(
            self.table, Invitation, span, limit=limit, cursor=cursor, match=lambda each: each.until > now, query="open"
        )

    def delete(self, project: str, identifier: str) -> None:
        """Deleting what is not there is no error."""
        self.table.delete(keys.invitations(project), identifier)

    def delete_those_by(self, project: str, principal: str) -> None:
        """What somebody invited who may do so no more."""
        for item in self.table.all(Range(keys.invitations(project))):
            if item["by"] == principal:
                self.delete(project, str(item[keys.SK]))
