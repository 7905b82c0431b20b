"""A table that tells the audit log of every change of an audited item, in the transaction of the change."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Any

from functions.core.audit import Acting, AuditEntry, told
from functions.core.errors import Unavailable
from functions.core.ids import new_id
from functions.store import keys
from functions.store.attributes import Item, to_item
from functions.store.audited import Change, change_of, subject_of
from functions.store.conditions import IS_NEW, Condition
from functions.store.table import ATTEMPTS, ConditionFailed, Key, Table
from functions.store.writes import Delete, Put, Update, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ACTING: ContextVar[Acting] = ContextVar("acting")


@contextmanager
def acting(who: Acting) -> Iterator[None]:
    """Until the end of the block, changes made in this thread's context are `who`'s."""
    token = _ACTING.set(who)
    try:
        yield
    finally:
        _ACTING.reset(token)


class AuditedTable(Table):
    """A change of an audited item costs one read more, and a transaction with the entry in it.

    Such a change by nobody, outside of `acting`, is a LookupError: it must not go untold. `put_entry` tells nothing: an
    entry of a map is a machine's own record beside the item.
    """

    def __init__(self, client: "DynamoDBClient", name: str, *, clock: Callable[[], datetime]) -> None:
        super().__init__(client, name)
        self._clock = clock

    def put(self, item: Item, condition: Condition | None = None) -> None:
        self._change(Put(item, condition))

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
        if subject_of(pk, sk) is None:
            return super().update(pk, sk, values, condition, remove=remove, add=add)
        (change,) = self._apply([Update(pk, sk, values, condition, remove, add or {})])
        return change.after or {}

    def delete(self, pk: str, sk: str, condition: Condition | None = None) -> None:
        self._change(Delete(pk, sk, condition))

    def take(self, pk: str, sk: str, condition: Condition) -> Item:
        if subject_of(pk, sk) is None:
            return super().take(pk, sk, condition)
        (change,) = self._apply([Delete(pk, sk, condition)])
        return change.before or {}

    def batch_put(self, items: Iterable[Item]) -> None:
        some = list(items)
        for item in some:
            _never_untold(item[keys.PK], item[keys.SK])
        super().batch_put(some)

    def batch_delete(self, keys: Iterable[Key]) -> None:
        some = list(keys)
        for pk, sk in some:
            _never_untold(pk, sk)
        super().batch_delete(some)

    def transact(self, writes: Sequence[Write]) -> None:
        self._apply(writes)

    def _change(self, write: Put | Delete) -> None:
        if subject_of(*write.key) is not None:
            self._apply([write])
        elif isinstance(write, Put):
            super().put(write.item, write.condition)
        else:
            super().delete(write.pk, write.sk, write.condition)

    def _apply(self, writes: Sequence[Write]) -> tuple[Change, ...]:
        """Tries again while what an entry would tell changes under its hands. Raises ConditionFailed as `transact` does."""
        subjects = {place: found for place, write in enumerate(writes) if (found := subject_of(*write.key))}
        if not subjects:
            super().transact(writes)
            return ()
        who, now = _ACTING.get(), self._clock()
        for _ in range(ATTEMPTS):
            changes = {
                place: change_of(subject, writes[place], self._before(writes[place]))
                for place, subject in subjects.items()
            }
            guarded = [changes[place].guarded() if place in changes else write for place, write in enumerate(writes)]
            entries = [entry_of(change, who, now) for change in changes.values() if change.is_act]
            try:
                super().transact([*guarded, *entries])
            except ConditionFailed as failure:
                if not _moved(failure, changes):
                    raise
            else:
                return tuple(changes.values())
        raise Unavailable("other writes to the same items keep getting in the way")

    def _before(self, write: Write) -> Item | None:
        return None if write.condition == IS_NEW else self.find(*write.key)


def entry_of(change: Change, who: Acting, now: datetime) -> Put:
    """Written once: an entry that is there already is never written over."""
    names = change.differing
    entry = AuditEntry(
        **dict(who),
        id=new_id(now),
        at=now,
        project=change.project,
        verb=change.verb,
        subject=change.subject.noun,
        subject_id=change.subject.id,
        before=told({name: change.before[name] for name in names if name in (change.before or {})})
        if change.before
        else {},
        after=told({name: change.after[name] for name in names if name in change.after}) if change.after else {},
    )
    index = {keys.GSI1_PK: keys.audit(entry.project), keys.GSI1_SK: entry.id}
    return Put(to_item(entry, keys.audit_hour(entry.at), entry.id, **index), IS_NEW)


def _moved(failure: ConditionFailed, changes: Mapping[int, Change]) -> bool:
    """Whether the write failed for what has changed since it was read, and perhaps for that alone."""
    change = changes.get(failure.failed)
    return change is not None and change.write.condition != IS_NEW and failure.item != change.before


def _never_untold(pk: str, sk: str) -> None:
    if subject_of(pk, sk) is not None:
        raise LookupError(f"{pk} {sk} is audited: change it by a write that tells who and what")
