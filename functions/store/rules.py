"""Rule sets: immutable versions, and for each scope one pointer that says which of them counts."""

import zlib
from collections import OrderedDict
from datetime import datetime
from typing import TypeVar

from functions.core.errors import InvalidInput, NotFound, StaleVersion
from functions.core.policy import Policy
from functions.core.rule import PROJECT_SCOPE, RulePointer, RuleSet, RuleVersion
from functions.store import keys
from functions.store.attributes import Item, to_item, to_model
from functions.store.conditions import IS_NEW, Condition, version_is
from functions.store.cursor import Page
from functions.store.deadlines import calls
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Put, Range

MAX_BYTES = 380 * 1024
"""A DynamoDB item holds 400 KB."""
KEPT = 64
"""Versions never change: so many stay in memory, unpacked, and as many policies, ready to be asked."""

K = TypeVar("K")
V = TypeVar("V")


class Rules:
    def __init__(self, table: Table) -> None:
        self.table = table
        self._sets: OrderedDict[tuple[str, str, int], RuleSet] = OrderedDict()
        self._policies: OrderedDict[tuple[str, str, int, int], Policy] = OrderedDict()

    def policy(self, project: str, network: str) -> Policy:
        """What counts now; two small reads where the versions are known."""
        return self.policy_of(project, network, self.pointer(project, PROJECT_SCOPE), self.pointer(project, network))

    def policy_of(self, project: str, network: str, of_project: RulePointer, of_network: RulePointer) -> Policy:
        key = (project, network, of_project.current, of_network.current)
        if key not in self._policies:
            _keep(self._policies, key, Policy(project=self._pointed(of_project), network=self._pointed(of_network)))
        return self._policies[key]

    def pointer(self, project: str, scope: str) -> RulePointer:
        """One that points nowhere, of version 0, for a scope that never had rules."""
        item = self.table.find(keys.rules(project), keys.rule_pointer(scope))
        return to_model(RulePointer, item) if item else RulePointer(project=project, scope=scope)

    def current(self, project: str, scope: str) -> RuleSet | None:
        return self._pointed(self.pointer(project, scope))

    def get(self, project: str, scope: str, version: int) -> RuleSet:
        """Raises NotFound."""
        key = (project, scope, version)
        if key not in self._sets:
            item = self.table.find(keys.rules(project), keys.rule_body(scope, version))
            if item is None:
                raise _missing(version)
            _keep(self._sets, key, RuleSet.model_validate_json(zlib.decompress(item["packed"])))
        return self._sets[key]

    def versions(self, project: str, scope: str, *, limit: int = 100, cursor: str = "") -> Page[RuleVersion]:
        """Newest first."""
        span = Range(
            keys.rules(project),
            lower=keys.rule_version(scope, 0),
            upper=keys.rule_version(scope, 99_999_999),
            forward=False,
        )
        return list_page(self.table, RuleVersion, span, limit=limit, cursor=cursor, query=scope)

    def publish(self, rule_set: RuleSet, *, expected: int) -> RulePointer:
        """Keeps a new version, which counts from now on and takes the place of a staged one.

        `rule_set.version` follows the pointer's `latest`; `expected` is the pointer's version. Raises StaleVersion.
        """
        self._call_at_ends(rule_set, after=rule_set.created)
        return self._add(rule_set, expected=expected, changes={"current": rule_set.version, "staged": 0})

    def stage(self, rule_set: RuleSet, *, expected: int) -> RulePointer:
        """Keeps a new version beside the one that counts. Raises StaleVersion."""
        return self._add(rule_set, expected=expected, changes={"staged": rule_set.version})

    def point(self, pointer: RulePointer, *, expected: int) -> RulePointer:
        """Makes kept versions current and staged, as `pointer` says. Raises StaleVersion, NotFound."""
        for version in {pointer.current, pointer.staged} - {0}:
            rule_set = self.get(pointer.project, pointer.scope, version)
            if version == pointer.current and pointer.updated:
                self._call_at_ends(rule_set, after=pointer.updated)
        changed = pointer.model_copy(update={"version": expected + 1})
        try:
            self.table.put(_pointer_item(changed), _stands_at(expected))
        except ConditionFailed as failure:
            raise _stale(failure) from None
        return changed

    def _add(self, rule_set: RuleSet, *, expected: int, changes: dict[str, int]) -> RulePointer:
        project, scope, version = rule_set.project, rule_set.scope, rule_set.version
        pointer = self.pointer(project, scope)
        if (pointer.version, pointer.latest + 1) != (expected, version):
            raise _changed(pointer)
        stamp = {"latest": version, "updated": rule_set.created, "updated_by": rule_set.created_by}
        changed = pointer.model_copy(update={**changes, **stamp, "version": expected + 1})
        pk = keys.rules(project)
        body = {"packed": _packed(rule_set), keys.PK: pk, keys.SK: keys.rule_body(scope, version)}
        listed = to_item(RuleVersion.of(rule_set), pk, keys.rule_version(scope, version))
        try:
            self.table.transact(
                [Put(_pointer_item(changed), _stands_at(expected)), Put(listed, IS_NEW), Put(body, IS_NEW)]
            )
        except ConditionFailed as failure:
            raise _stale(failure) from None
        return changed

    def _call_at_ends(self, rule_set: RuleSet, *, after: datetime) -> None:
        """Before the pointer moves: a call for rules that do not count is harmless, a missing one is not."""
        for until in sorted({rule.until for rule in rule_set.rules if rule.until is not None and rule.until > after}):
            subject = f"{rule_set.scope}#{rule_set.version}"
            for call in calls(
                kind="rules", project=rule_set.project, subject=subject, since=rule_set.created, until=until
            ):
                self.table.put(call.item)

    def _pointed(self, pointer: RulePointer) -> RuleSet | None:
        return self.get(pointer.project, pointer.scope, pointer.current) if pointer.current else None


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    kept[key] = value
    if len(kept) > KEPT:
        kept.popitem(last=False)


def _packed(rule_set: RuleSet) -> bytes:
    packed = zlib.compress(rule_set.model_dump_json(exclude_defaults=True).encode(), 9)
    if len(packed) > MAX_BYTES:
        raise InvalidInput("rules", f"{len(packed)} bytes even when packed: {MAX_BYTES} at most; split or merge rules")
    return packed


def _pointer_item(pointer: RulePointer) -> Item:
    return to_item(pointer, keys.rules(pointer.project), keys.rule_pointer(pointer.scope))


def _stands_at(expected: int) -> Condition:
    return version_is(expected) if expected else IS_NEW


def _changed(pointer: RulePointer) -> StaleVersion:
    return StaleVersion("the rules were changed meanwhile; read them again", current=pointer.model_dump(mode="json"))


def _stale(failure: ConditionFailed) -> StaleVersion:
    return StaleVersion("the rules were changed meanwhile; read them again", current=failure.public(RulePointer))


def _missing(version: int) -> NotFound:
    return NotFound(f"there is no version {version} of these rules")
