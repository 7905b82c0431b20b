"""Conditions of writes by name: what must hold of the item as it stands."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Condition:
    """`names` and `values` carry the placeholders of `expression`; two conditions joined by `&` must not share any."""

    expression: str
    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(
            f"({self.expression}) AND ({other.expression})",
            {**self.names, **other.names},
            {**self.values, **other.values},
        )


IS_NEW = Condition("attribute_not_exists(#pk)", {"#pk": "pk"})
EXISTS = Condition("attribute_exists(#pk)", {"#pk": "pk"})
ANYTHING = Condition("attribute_exists(#pk) OR attribute_not_exists(#pk)", {"#pk": "pk"})


def attribute_is(name: str, value: Any) -> Condition:
    return Condition(f"#is_{name} = :is_{name}", {f"#is_{name}": name}, {f":is_{name}": value})


def version_is(version: int) -> Condition:
    return attribute_is("version", version)


def more_than(name: str, value: int) -> Condition:
    return Condition(f"#more_{name} > :more_{name}", {f"#more_{name}": name}, {f":more_{name}": value})


def attribute_in(name: str, allowed: Iterable[str]) -> Condition:
    values = {f":in_{name}_{index}": str(value) for index, value in enumerate(sorted(allowed))}
    return Condition(f"#in_{name} IN ({', '.join(values)})", {f"#in_{name}": name}, values)


def new_or_attribute_is(name: str, value: Any) -> Condition:
    return Condition(
        f"attribute_not_exists(#new) OR #new_{name} = :new_{name}",
        {"#new": "pk", f"#new_{name}": name},
        {f":new_{name}": value},
    )


def new_or_expired(name: str, now: int) -> Condition:
    """The TTL's deadline read by code: DynamoDB may leave an expired item standing for days."""
    return Condition(
        f"attribute_not_exists(#new) OR #old_{name} <= :old_{name}",
        {"#new": "pk", f"#old_{name}": name},
        {f":old_{name}": now},
    )


def fewer_than(name: str, most: int) -> Condition:
    """What is not there yet counts as none."""
    return Condition(
        f"attribute_not_exists(#few_{name}) OR #few_{name} < :few_{name}",
        {f"#few_{name}": name},
        {f":few_{name}": most},
    )


def absent_or_before(name: str, value: str) -> Condition:
    return Condition(
        f"attribute_not_exists(#then_{name}) OR #then_{name} < :then_{name}",
        {f"#then_{name}": name},
        {f":then_{name}": value},
    )


def later_than(name: str, now: int) -> Condition:
    """There, and its deadline has not come: read by code, for DynamoDB may leave an expired item standing for days."""
    return Condition(f"#end_{name} > :end_{name}", {f"#end_{name}": name}, {f":end_{name}": now})


def entry_is(name: str, key: str, value: Any) -> Condition:
    """Of one entry of a map; None: it has none, and the item is there."""
    names = {"#entry_map": name, "#entry_key": key}
    if value is None:
        return Condition("attribute_not_exists(#entry_map.#entry_key)", names) & EXISTS
    return Condition("#entry_map.#entry_key = :entry_was", names, {":entry_was": value})
