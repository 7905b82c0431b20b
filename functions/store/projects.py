"""Tenants."""

from functions.core.errors import AlreadyExists, NotFound
from functions.core.project import Project
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Range


class Projects:
    def __init__(self, table: Table) -> None:
        self.table = table

    def create(self, project: Project) -> None:
        """Raises AlreadyExists."""
        try:
            self.table.put(to_item(project, keys.project(), project.id), IS_NEW)
        except ConditionFailed as failure:
            raise AlreadyExists("the project exists already", current=failure.public(Project)) from None

    def get(self, identifier: str) -> Project:
        item = self.table.find(keys.project(), identifier)
        if item is None:
            raise NotFound(f"there is no project {identifier}")
        return to_model(Project, item)

    def list(self, *, limit: int = 100, cursor: str = "") -> Page[Project]:
        return list_page(self.table, Project, Range(keys.project()), limit=limit, cursor=cursor)
