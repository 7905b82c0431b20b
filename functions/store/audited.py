"""What of the table is audited, and one write of it as a change: what is there before, what after, and a guard that both are true."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from functions.core.audit import Verb
from functions.store import keys
from functions.store.attributes import Item, decode, encode
from functions.store.conditions import IS_NEW, Condition
from functions.store.writes import Delete, Put, Update, Write

AUDITED: Mapping[str, str] = {
    "PRJ": "project",
    "TOK": "token",
    "MEM": "member",
    "INV": "invitation",
    "NET": "network",
    "RUL": "rules",
    "CHN": "channel",
    "AUT": "authority",
    "XCL": "exclusion",
    "HLT": "halt",
    "SCN": "scan",
    "HST": "host",
    "EXP": "exposure",
    "ALR": "alert",
    "ALT": "comment",
    "XPT": "export",
}
"""Family of keys to what people call it. Changes of these that somebody asks for are told in the audit log."""

_PARTS = {"RUL": (keys.RULE_POINTER, ""), "ALT": ("", keys.COMMENT)}
"""Of these families, only sort keys with this end and this beginning: versions of rules never change, and a trail is itself a record."""


class Subject(NamedTuple):
    """`project` as the key has it; empty where it has none."""

    noun: str
    id: str
    project: str


def subject_of(pk: str, sk: str) -> Subject | None:
    """None: what is written there is not audited."""
    family, _, rest = pk.partition("#")
    end, beginning = _PARTS.get(family, ("", ""))
    if family not in AUDITED or not (sk.endswith(end) and sk.startswith(beginning)):
        return None
    named = sk.removesuffix(end).removeprefix(beginning)
    parts = rest.split("#")
    match family:
        case "TOK":
            return Subject(AUDITED[family], rest, "")
        case "PRJ":
            return Subject(AUDITED[family], sk, sk)
        case "HST" | "EXP":
            asset, *cell = sk.split("#")
            named = "/".join((parts[1], keys.asset_of(asset), *(part.lstrip("0") for part in cell)))
        case "ALT":
            named = f"{parts[1]}/{named}"
    return Subject(AUDITED[family], named, "" if parts[0] == keys.ORGANISATION else parts[0])


@dataclass(frozen=True)
class Change:
    """`before`, `after`: None where the item is not there."""

    subject: Subject
    write: Write
    before: Item | None
    after: Item | None

    @property
    def verb(self) -> Verb:
        if self.before is None:
            return "create"
        return "update" if self.after is not None else "delete"

    @property
    def differing(self) -> tuple[str, ...]:
        """Names of the fields that the change is of, without keys."""
        before, after = self.before or {}, self.after or {}
        names = dict.fromkeys((*before, *after))
        return tuple(
            name for name in names if name not in keys.INDEX_ATTRIBUTES and before.get(name) != after.get(name)
        )

    @property
    def is_act(self) -> bool:
        """A write that only counts goes with another one, which tells why."""
        counts = isinstance(self.write, Update) and not (self.write.values or self.write.remove or self.write.copy)
        return bool(self.differing) and not counts

    @property
    def project(self) -> str:
        """A token's key has no project: its item says it. Empty for what the organisation has."""
        project = self.subject.project or str((self.after or self.before or {}).get("project", ""))
        return "" if project == keys.ORGANISATION else project

    def guarded(self) -> Write:
        """The write, which now fails where what differs is no longer as it was read."""
        if self.write.condition == IS_NEW:
            return self.write
        guard = self._guard()
        whole = guard if self.write.condition is None else self.write.condition & guard
        return replace(self.write, condition=whole)

    def _guard(self) -> Condition:
        if self.before is None:
            return Condition("attribute_not_exists(#was)", {"#was": keys.PK})
        guard = Condition("attribute_exists(#was)", {"#was": keys.PK})
        for index, name in enumerate(self.differing):
            place, value = f"was{index}", self.before.get(name)
            guard = guard & (
                Condition(f"attribute_not_exists(#{place})", {f"#{place}": name})
                if name not in self.before
                else Condition(f"#{place} = :{place}", {f"#{place}": name}, {f":{place}": value})
            )
        return guard


def change_of(subject: Subject, write: Write, before: Item | None) -> Change:
    match write:
        case Put():
            after: Item | None = {name: _plain(value) for name, value in write.item.items()}
        case Delete():
            after = None
        case Update():
            after = _updated(before or {keys.PK: write.pk, keys.SK: write.sk}, write)
    return Change(subject, write, before, after)


def _updated(before: Item, write: Update) -> Item:
    after = dict(before)
    for name, source in write.copy.items():
        after[name] = before[source]
    for name in write.remove:
        after.pop(name, None)
    for name, value in write.values.items():
        if value is None:
            after.pop(name, None)
        else:
            after[name] = _plain(value)
    for name, amount in write.add.items():
        after[name] = before.get(name, 0) + amount
    return after


def _plain(value: Any) -> Any:
    """As the table gives it back."""
    return decode(encode(value))
