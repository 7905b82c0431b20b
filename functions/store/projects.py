"""Tenants."""

from collections.abc import Iterable

from functions.core.errors import AlreadyExists, NotFound, StaleVersion
from functions.core.project import Limits, Project
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW, version_is
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

    def limits(self, identifier: str) -> Limits:
        """None set, where nobody has set any."""
        item = self.table.find(keys.project(), identifier)
        return to_model(Project, item).limits if item else Limits()

    def limit(self, identifier: str, limits: Limits, *, expected: int) -> Project:
        """Raises NotFound, StaleVersion."""
        values = {"limits": limits.model_dump(mode="json"), "version": expected + 1}
        try:
            return to_model(Project, self.table.update(keys.project(), identifier, values, version_is(expected)))
        except ConditionFailed as failure:
            if failure.item is None:
                raise NotFound(f"there is no project {identifier}") from None
            raise StaleVersion(
                "the project changed meanwhile; read it again", current=failure.public(Project)
            ) from None

    def those(self, identifiers: Iterable[str]) -> tuple[Project, ...]:
        """Of these the ones that are there, in the order of their ids."""
        found = self.table.find_many([(keys.project(), identifier) for identifier in identifiers])
        return tuple(sorted((to_model(Project, item) for item in found), key=lambda project: project.id))

    def list(self, *, limit: int = 100, cursor: str = "") -> Page[Project]:
        return list_page(self.table, Project, Range(keys.project()), limit=limit, cursor=cursor)
