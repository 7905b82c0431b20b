"""Holds what a function asks of the main table to the key families of its role, which no emulator does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from infra.grants import On
from infra.permissions import PERMISSIONS

Handler = Callable[[Any, Any], Any]


@dataclass
class KeyFamilies:
    """Of one table; `refused` is what AWS would have refused."""

    table: str
    role: str = ""
    """Who acts; what nobody asks in is not looked at."""
    refused: list[str] = field(default_factory=list)

    def of(self, role: str, handler: Handler) -> Handler:
        """The handler as that role's."""

        def acting(event: Any, context: Any) -> Any:
            with self.acting(role):
                return handler(event, context)

        return acting

    @contextmanager
    def acting(self, role: str) -> Iterator[None]:
        before, self.role = self.role, role
        try:
            yield
        finally:
            self.role = before

    def look(self, *, params: dict[str, Any], model: Any, **_: object) -> None:
        for action, key in _accesses(model.name, params, self.table) if self.role else ():
            if not _granted(self.role, action, key):
                self.refused.append(f"{self.role} may not {action} {key}")


@contextmanager
def held_to_key_families(client: Any, table: str) -> Iterator[KeyFamilies]:
    """Whoever acts by this client; fails at the end where something would have been refused."""
    families, event = KeyFamilies(table), "provide-client-params.dynamodb"
    client.meta.events.register(event, families.look)
    try:
        yield families
    finally:
        client.meta.events.unregister(event, families.look)
    assert not families.refused, families.refused


def _granted(role: str, action: str, key: str) -> bool:
    return any(
        grant.on is On.TABLE and f"dynamodb:{action}" in grant.actions and fnmatchcase(key, family)
        for grant in PERMISSIONS[role]
        for family in grant.keys
    )


def _accesses(operation: str, params: dict[str, Any], table: str) -> Iterator[tuple[str, str]]:
    """Each action, as IAM names it, with the partition key that it is on."""
    if operation == "TransactWriteItems":
        for entry in params["TransactItems"]:
            ((kind, request),) = entry.items()
            if request["TableName"] == table:
                yield ("ConditionCheckItem" if kind == "ConditionCheck" else f"{kind}Item"), _key(request)
    elif operation == "BatchGetItem":
        for key in params["RequestItems"].get(table, {"Keys": ()})["Keys"]:
            yield operation, _key({"Key": key})
    elif operation == "BatchWriteItem":
        for entry in params["RequestItems"].get(table, ()):
            yield operation, _key(*entry.values())
    elif params.get("TableName") == table and "IndexName" not in params:
        yield operation, _key(params)


def _key(request: dict[str, Any]) -> str:
    found = request.get("Key") or request.get("Item")
    if found is None:
        return str(request["ExpressionAttributeValues"][":pk"]["S"])
    return str(found["pk"]["S"])
