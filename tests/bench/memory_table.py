"""The table in memory, fast enough for millions of calls: the stores' own requests, on plain dictionaries."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from functions.store.attributes import Item
from functions.store.conditions import Condition
from functions.store.keys import PK, SK
from functions.store.table import ConditionFailed, Key, Slice, Table
from functions.store.writes import Delete, Put, Range, Update, Write

Names = Mapping[str, str]
Values = Mapping[str, Any]
Test = Callable[[Item, Names, Values], bool]
Tell = Callable[[str, str, int], None]
"""Kind of access, partition and how many items."""


class MemoryTable(Table):
    """`access` is told of each request before it is carried out, and may let time pass."""

    def __init__(self, *, access: Tell, sleep: Callable[[float], None]) -> None:
        self.partitions: dict[str, dict[str, Item]] = {}
        self._access = access
        self._sleep = sleep
        self.name = "memory"

    def find(self, pk: str, sk: str) -> Item | None:
        self._access("read", pk, 1)
        found = self._at(pk, sk)
        return dict(found) if found else None

    def find_many(self, keys: Sequence[Key]) -> Iterator[Item]:
        for pk, sk in keys:
            self._access("read", pk, 1)
            if found := self._at(pk, sk):
                yield dict(found)

    def put(self, item: Item, condition: Condition | None = None) -> None:
        self.transact((Put(item, condition),))

    def update(
        self,
        pk: str,
        sk: str,
        values: Mapping[str, Any],
        condition: Condition,
        *,
        remove: tuple[str, ...] = (),
        add: Mapping[str, int] | None = None,
    ) -> Item:
        self.transact((Update(pk, sk, values, condition, remove, add or {}),))
        return dict(self.partitions[pk][sk])

    def delete(self, pk: str, sk: str, condition: Condition | None = None) -> None:
        self.transact((Delete(pk, sk, condition),))

    def query(self, span: Range, *, limit: int) -> Slice:
        found = list(self.all(span))
        return Slice(found[:limit], len(found) > limit)

    def all(self, span: Range) -> Iterator[Item]:
        if span.index:
            raise NotImplementedError("nothing that is played reads an index")
        partition = self.partitions.get(span.pk, {})
        names = sorted(
            sk
            for sk in partition
            if (span.lower is None or sk >= span.lower) and (span.upper is None or sk <= span.upper)
        )
        found = [dict(partition[sk]) for sk in (names if span.forward else reversed(names))]
        self._access("read", span.pk, max(1, len(found) // 8))
        return iter(found)

    def batch_put(self, items: Iterable[Item]) -> None:
        for item in items:
            self.put(item)

    def batch_delete(self, keys: Iterable[Key]) -> None:
        for pk, sk in keys:
            self.delete(pk, sk)

    def transact(self, writes: Sequence[Write]) -> None:
        for pk in {write.key[0] for write in writes}:
            of = sum(write.key[0] == pk for write in writes)
            self._access("write", pk, of * (2 if len(writes) > 1 else 1))
        for place, write in enumerate(writes):
            found = self._at(*write.key)
            if write.condition and not _holds(write.condition, found or {}):
                raise ConditionFailed(dict(found) if found else None, failed=place)
        for write in writes:
            self._apply(write)

    def _apply(self, write: Write) -> None:
        pk, sk = write.key
        partition = self.partitions.setdefault(pk, {})
        match write:
            case Put():
                partition[sk] = dict(write.item)
            case Delete():
                partition.pop(sk, None)
            case Update():
                item = partition.setdefault(sk, {PK: pk, SK: sk})
                item |= {name: value for name, value in write.values.items() if value is not None}
                for name in (*write.remove, *(name for name, value in write.values.items() if value is None)):
                    item.pop(name, None)
                for name, amount in write.add.items():
                    item[name] = item.get(name, 0) + amount

    def _at(self, pk: str, sk: str) -> Item | None:
        return self.partitions.get(pk, {}).get(sk)


def _holds(condition: Condition, item: Item) -> bool:
    return _parse(condition.expression)(item, condition.names, condition.values)


_TOKEN = re.compile(r"\s*(attribute_not_exists|attribute_exists|AND|OR|IN|<=|>=|<|>|=|\(|\)|,|[#:][A-Za-z0-9_]+)")


@cache
def _parse(expression: str) -> Test:
    tokens = [match[1] for match in _TOKEN.finditer(expression)]
    if "".join(tokens) != re.sub(r"\s", "", expression):
        raise NotImplementedError(f"this condition has more than is understood here: {expression}")
    return _either(tokens)


def _either(tokens: list[str]) -> Test:
    tests = [_both(tokens)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        tests.append(_both(tokens))
    return lambda item, names, values: any(test(item, names, values) for test in tests)


def _both(tokens: list[str]) -> Test:
    tests = [_one(tokens)]
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        tests.append(_one(tokens))
    return lambda item, names, values: all(test(item, names, values) for test in tests)


def _one(tokens: list[str]) -> Test:
    token = tokens.pop(0)
    if token == "(":
        inner = _either(tokens)
        tokens.pop(0)
        return inner
    if token.startswith("attribute"):
        name, there = tokens[1], token == "attribute_exists"
        del tokens[:3]
        return lambda item, names, _values: (names[name] in item) == there
    return _compared(token, tokens)


def _compared(name: str, tokens: list[str]) -> Test:
    sign = tokens.pop(0)
    if sign == "IN":
        among = []
        while tokens.pop(0) != ")":
            among.append(tokens.pop(0))
        return lambda item, names, values: item.get(names[name]) in [values[each] for each in among]
    value, compare = tokens.pop(0), _SIGNS[sign]
    return lambda item, names, values: names[name] in item and compare(item[names[name]], values[value])


_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda mine, given: bool(mine == given),
    "<": lambda mine, given: bool(mine < given),
    ">": lambda mine, given: bool(mine > given),
    "<=": lambda mine, given: bool(mine <= given),
    ">=": lambda mine, given: bool(mine >= given),
}
