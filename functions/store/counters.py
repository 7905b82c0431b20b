"""Counters of a project and of each of its networks: a total, what each day changed, and how far each stream is counted.

A record is counted once however often it is given: with the numbers, in one transaction, goes a mark that says up to which
sequence number the records of its pk are counted. DynamoDB keeps the records of a pk in order while it keeps the pk in one
shard, which it does up to a pace that no bucket of an estate needs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from functions.core.counting import INVENTORY, Changes, Count
from functions.core.errors import Unavailable
from functions.store import keys
from functions.store.attributes import Item
from functions.store.conditions import Condition, attribute_is
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Range, Update, Write

TRIES = 6
MOST_WRITES = 90
"""Of the 100 that a transaction may have."""
_SEQUENCE, _GONE = "sequence", "gone"
_DIGITS = 40
"""Of the longest sequence number, which is more than a DynamoDB number holds: marks are text that sorts as numbers do."""


@dataclass(frozen=True)
class Counted:
    """What the record `sequence` of the pk `source` adds."""

    source: str
    sequence: int
    count: Count


@dataclass(frozen=True)
class Window:
    """The counters now, and by day what changed them; days without a change are not there."""

    total: Changes
    days: Mapping[date, Changes]


class Counters:
    def __init__(self, table: Table) -> None:
        self.table = table

    def add(self, project: str, home: str, records: Sequence[Counted]) -> None:
        """Count what is not counted yet of one project's records, which come in the order of each pk's sequence.

        `home` is the network that all the pks belong to, empty for pks of the whole project: there the marks are.
        Raises Unavailable.
        """
        rest = list(records)
        for _ in range(TRIES):
            marks, gone = self._state(project, home)
            rest = [each for each in rest if _text(each.sequence) > marks.get(each.source, "")]
            if gone or not rest:
                return
            try:
                for piece in _pieces(rest):
                    self.table.transact([*_advance(project, home, piece, marks), *_sums(project, piece, home)])
                    marks |= {each.source: _text(each.sequence) for each in piece}
            except ConditionFailed:
                continue
            return
        raise Unavailable("others keep counting the same records")

    def forget(self, project: str, network: str, day: date) -> None:
        """What a network that is gone had open leaves its project's counters, once. Raises Unavailable."""
        pk = keys.counters(project, network)
        for _ in range(TRIES):
            total = self.table.find(pk, keys.COUNTER_TOTAL) or {}
            if _GONE in total:
                return
            held = {name: int(total[name]) for name in INVENTORY if total.get(name)}
            as_read = _absent(_GONE)
            for name in INVENTORY:
                as_read &= attribute_is(name, total[name]) if name in total else _absent(name)
            writes: list[Write] = [Update(pk, keys.COUNTER_TOTAL, {_GONE: True}, as_read)]
            lost = {name: -number for name, number in held.items()}
            for sk in (keys.counter_day(day.isoformat()), keys.COUNTER_TOTAL):
                writes += _added(keys.counters(project), sk, lost)
            try:
                self.table.transact(writes)
            except ConditionFailed:
                continue
            return
        raise Unavailable("the counters of the network keep changing")

    def total(self, project: str, network: str = "") -> Changes:
        """One item, whatever the size of the estate; nothing where nothing was ever counted."""
        return _changes(self.table.find(keys.counters(project, network), keys.COUNTER_TOTAL) or {})

    def window(self, project: str, network: str, since: date) -> Window:
        """One item for each day with a change from `since` on, which the caller bounds, and the total."""
        span = Range(keys.counters(project, network), keys.counter_day(since.isoformat()), keys.LAST_COUNTER_DAY)
        days = {date.fromisoformat(str(item[keys.SK])[4:]): _changes(item) for item in self.table.all(span)}
        return Window(self.total(project, network), days)

    def _state(self, project: str, home: str) -> tuple[dict[str, str], bool]:
        """How far each pk is counted, and whether the network is gone."""
        span = Range(keys.counters(project, home), keys.COUNTER_MARKS, keys.COUNTER_TOTAL)
        marks, gone = {}, False
        for item in self.table.all(span):
            if item[keys.SK] == keys.COUNTER_TOTAL:
                gone = _GONE in item
            else:
                marks[str(item[keys.SK]).removeprefix(keys.COUNTER_MARKS)] = str(item[_SEQUENCE])
        return marks, gone


def _pieces(records: Sequence[Counted]) -> Iterator[list[Counted]]:
    """Runs of records that one transaction has room for."""
    piece: list[Counted] = []
    items: set[object] = set()
    for each in records:
        count = each.count
        more = {each.source, count.network, (count.network, count.day), count.project, count.day}
        if piece and len(items | more) > MOST_WRITES:
            yield piece
            piece, items = [], set()
        piece.append(each)
        items |= more
    if piece:
        yield piece


def _advance(project: str, home: str, piece: Sequence[Counted], marks: Mapping[str, str]) -> Iterator[Write]:
    """Each mark moves from where it was read to."""
    pk = keys.counters(project, home)
    for source, last in {each.source: each.sequence for each in piece}.items():
        as_read = attribute_is(_SEQUENCE, marks[source]) if source in marks else _absent(_SEQUENCE)
        yield Update(pk, keys.counter_mark(source), {_SEQUENCE: _text(last)}, as_read)


def _sums(project: str, piece: Sequence[Counted], home: str) -> Iterator[Write]:
    sums: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for each in piece:
        day = keys.counter_day(each.count.day.isoformat())
        for scope in (each.count.network, ""):
            sums[scope, day].update(each.count.changes)
            sums[scope, keys.COUNTER_TOTAL].update(each.count.changes)
    for (scope, sk), changes in sums.items():
        still_there = _absent(_GONE) if sk == keys.COUNTER_TOTAL and scope and scope == home else None
        yield from _added(keys.counters(project, scope), sk, changes, still_there)


def _added(pk: str, sk: str, changes: Changes, condition: Condition | None = None) -> Iterator[Write]:
    """Nothing for changes that cancel each other out."""
    if found := {name: number for name, number in changes.items() if number}:
        yield Update(pk, sk, {}, condition, add=found)


def _absent(name: str) -> Condition:
    return Condition(f"attribute_not_exists(#no_{name})", {f"#no_{name}": name})


def _changes(item: Item) -> Changes:
    return {
        name: int(number)
        for name, number in item.items()
        if isinstance(number, int) and not isinstance(number, bool) and number
    }


def _text(sequence: int) -> str:
    return f"{sequence:0{_DIGITS}}"
