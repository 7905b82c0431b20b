"""Halts in force: at most one of each project, and one of the organisation."""

from functions.core.errors import AlreadyExists, Halted, NotFound
from functions.core.halt import ORGANISATION, Halt
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import EXISTS, IS_NEW
from functions.store.table import ConditionFailed, Table


class Halts:
    def __init__(self, table: Table) -> None:
        self.table = table

    def set(self, halt: Halt) -> None:
        """Raises AlreadyExists, with the one in force as `current`: who halted first, and why, stands."""
        try:
            self.table.put(to_item(halt, keys.halt(halt.scope), keys.HALT), IS_NEW)
        except ConditionFailed as failure:
            raise AlreadyExists("it is halted already", current=failure.public(Halt)) from None

    def get(self, scope: str) -> Halt:
        """Raises NotFound where none is in force."""
        item = self.table.find(keys.halt(scope), keys.HALT)
        if item is None:
            raise _none()
        return to_model(Halt, item)

    def over(self, project: str) -> Halt | None:
        """The one that holds the project now, the organisation's first; None is the answer that nothing does."""
        places = [(keys.halt(scope), keys.HALT) for scope in (ORGANISATION, project)]
        found = sorted(self.table.find_many(places), key=lambda item: item["scope"] != ORGANISATION)
        return to_model(Halt, found[0]) if found else None

    def refuse(self, project: str) -> None:
        """Raises Halted while one holds the project."""
        if halt := self.over(project):
            raise Halted(halt.describe(), current=halt.model_dump(mode="json"))

    def release(self, scope: str, *, why: str) -> None:
        """Raises NotFound."""
        told = self.get(scope).model_copy(update={"released": why})
        try:
            self.table.put(to_item(told, keys.halt(scope), keys.HALT), EXISTS)
            self.table.delete(keys.halt(scope), keys.HALT, EXISTS)
        except ConditionFailed:
            raise _none() from None


def _none() -> NotFound:
    return NotFound("no halt is in force here")
