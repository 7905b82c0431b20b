"""Authorities of a project, and what nobody in the organisation may scan: few, and all of them read for each scan."""

from collections.abc import Iterable
from typing import Any

from functions.core.authority import MAX_AUTHORITIES, Authority
from functions.core.errors import AlreadyExists, Conflict, NotFound, StaleVersion
from functions.core.exclusion import MAX_EXCLUSIONS, Exclusion
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW, version_is
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Range


class Authorities:
    def __init__(self, table: Table) -> None:
        self.table = table

    def create(self, authority: Authority) -> None:
        """Raises AlreadyExists (`current` is the one made before), Conflict where the project has too many."""
        if len(self.all(authority.project)) >= MAX_AUTHORITIES:
            raise Conflict(f"a project has at most {MAX_AUTHORITIES} authorities: name more ranges in one")
        try:
            self.table.put(to_item(authority, keys.authorities(authority.project), authority.id), IS_NEW)
        except ConditionFailed as failure:
            raise AlreadyExists("the authority exists already", current=failure.public(Authority)) from None

    def get(self, project: str, authority: str) -> Authority:
        item = self.table.find(keys.authorities(project), authority)
        if item is None:
            raise _missing(authority)
        return to_model(Authority, item)

    def all(self, project: str) -> tuple[Authority, ...]:
        """As of now, those that ended too; few, by the limit that `create` holds to."""
        span = Range(keys.authorities(project))
        return tuple(to_model(Authority, item) for item in self.table.all(span))

    def some(self, project: str, wanted: Iterable[str]) -> dict[str, Authority]:
        """Those of them that are there, as of now, by id."""
        places = [(keys.authorities(project), each) for each in wanted]
        found = (to_model(Authority, item) for item in self.table.find_many(places))
        return {each.id: each for each in found}

    def list(self, project: str, *, limit: int = 100, cursor: str = "") -> Page[Authority]:
        return list_page(self.table, Authority, Range(keys.authorities(project)), limit=limit, cursor=cursor)

    def change(self, authority: Authority, changes: dict[str, Any]) -> Authority:
        """Raises StaleVersion, with the authority as it stands, and NotFound."""
        after = Authority.model_validate({**dict(authority), **changes, "version": authority.version + 1})
        item = to_item(after, keys.authorities(after.project), after.id)
        try:
            self.table.put(item, version_is(authority.version))
        except ConditionFailed as failure:
            if failure.item is None:
                raise _missing(authority.id) from None
            current = failure.public(Authority)
            raise StaleVersion("the authority changed meanwhile; read it again", current=current) from None
        return after


class Exclusions:
    """Whoever cannot read them refuses: nothing here answers less than all of them."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def create(self, exclusion: Exclusion) -> None:
        """Raises AlreadyExists, Conflict where the organisation has too many."""
        if len(self.all()) >= MAX_EXCLUSIONS:
            raise Conflict(f"an organisation has at most {MAX_EXCLUSIONS} exclusions: name more targets in one")
        try:
            self.table.put(to_item(exclusion, keys.exclusions(), exclusion.id), IS_NEW)
        except ConditionFailed as failure:
            raise AlreadyExists("the exclusion exists already", current=failure.public(Exclusion)) from None

    def get(self, exclusion: str) -> Exclusion:
        item = self.table.find(keys.exclusions(), exclusion)
        if item is None:
            raise _no_exclusion(exclusion)
        return to_model(Exclusion, item)

    def all(self) -> tuple[Exclusion, ...]:
        span = Range(keys.exclusions())
        return tuple(to_model(Exclusion, item) for item in self.table.all(span))

    def targets(self) -> tuple[str, ...]:
        """As they were given, each once."""
        return tuple(dict.fromkeys(target for each in self.all() for target in each.targets))

    def list(self, *, limit: int = 100, cursor: str = "") -> Page[Exclusion]:
        return list_page(self.table, Exclusion, Range(keys.exclusions()), limit=limit, cursor=cursor)

    def delete(self, exclusion: str, *, expected: int) -> None:
        """Raises NotFound, StaleVersion."""
        try:
            self.table.delete(keys.exclusions(), exclusion, version_is(expected))
        except ConditionFailed as failure:
            if failure.item is None:
                raise _no_exclusion(exclusion) from None
            current = failure.public(Exclusion)
            raise StaleVersion("the exclusion changed meanwhile; read it again", current=current) from None


def _missing(authority: str) -> NotFound:
    return NotFound(f"there is no authority {authority} in this project")


def _no_exclusion(exclusion: str) -> NotFound:
    return NotFound(f"there is no exclusion {exclusion}")
