"""What running chunks may send: one item each, taken under the version of all of a project's together."""

from datetime import datetime

from functions.core.allotment import Allotment, Budget, grant
from functions.core.errors import Unavailable
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import new_or_attribute_is, version_is
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Put, Range, Update

_TRIES = 6
_LAST = "~"
"""Sorts after every chunk's number."""


class Allotments:
    def __init__(self, table: Table) -> None:
        self.table = table

    def take(self, wanted: Allotment, budget: Budget, *, now: datetime) -> int:
        """The rate that is granted; 0 where there is none now. Asked again for the same chunk, its own is not counted.

        Raises Unavailable where others keep taking at the same time.
        """
        for _ in range(_TRIES):
            version, others = self._read(wanted)
            rate = grant(wanted.rate, budget, network=wanted.network, taken=others, now=now)
            if not rate:
                return 0
            try:
                self._write(wanted.model_copy(update={"rate": rate}), version)
            except ConditionFailed:
                continue
            return rate
        raise Unavailable("other chunks keep taking from the same budget")

    def list(self, project: str) -> tuple[Allotment, ...]:
        """As many as there are running chunks; those that have run out too."""
        items = self.table.all(Range(keys.budget(project), upper=keys.allotment(_LAST)))
        return tuple(to_model(Allotment, item) for item in items if item[keys.SK] != keys.BUDGET_TOTAL)

    def release(self, project: str, scan: str, chunk: str) -> None:
        """Releasing what is not taken is no error."""
        self.table.delete(keys.budget(project), keys.allotment(scan, chunk))

    def release_scan(self, project: str, scan: str) -> None:
        span = Range(keys.budget(project), keys.allotment(scan), keys.allotment(scan, _LAST))
        for item in self.table.all(span):
            self.table.delete(keys.budget(project), str(item[keys.SK]))

    def _read(self, wanted: Allotment) -> tuple[int, tuple[Allotment, ...]]:
        """The version first: what is taken after it was read makes the write fail."""
        total = self.table.find(keys.budget(wanted.project), keys.BUDGET_TOTAL)
        mine = (wanted.scan, wanted.chunk)
        others = tuple(each for each in self.list(wanted.project) if (each.scan, each.chunk) != mine)
        return (int(total["version"]) if total else 0), others

    def _write(self, taken: Allotment, version: int) -> None:
        pk = keys.budget(taken.project)
        item = to_item(taken, pk, keys.allotment(taken.scan, taken.chunk))
        as_read = version_is(version) if version else new_or_attribute_is("version", version)
        total = Update(pk, keys.BUDGET_TOTAL, {"version": version + 1}, as_read)
        self.table.transact((total, Put({**item, keys.EXPIRES: int(taken.until.timestamp())})))
