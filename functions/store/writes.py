"""One write each, as data: what a single call and a transaction are both made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.store.attributes import Item, encode_item
from functions.store.conditions import Condition
from functions.store.keys import PK, SK

Request = dict[str, Any]


@dataclass(frozen=True)
class Put:
    item: Item
    condition: Condition | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.item[PK], self.item[SK]

    def request(self, table: str) -> Request:
        return {"TableName": table, "Item": encode_item(self.item), **conditional(self.condition)}


@dataclass(frozen=True)
class Update:
    """Sets `values`, drops `remove` and adds `add` to numbers; a value of None drops its attribute too."""

    pk: str
    sk: str
    values: Mapping[str, Any]
    condition: Condition | None = None
    remove: tuple[str, ...] = ()
    add: Mapping[str, int] = field(default_factory=dict)
    """What is not there yet counts as zero."""
    copy: Mapping[str, str] = field(default_factory=dict)
    """Attributes that get what others had before this write."""

    @property
    def key(self) -> tuple[str, str]:
        return self.pk, self.sk

    def request(self, table: str) -> Request:
        kept = {name: value for name, value in self.values.items() if value is not None}
        dropped = [*self.remove, *(name for name in self.values if name not in kept)]
        added = {f"add_{index}": name for index, name in enumerate(self.add)}
        sets = [f"#set_{name} = :set_{name}" for name in kept] + [f"#to_{name} = #from_{name}" for name in self.copy]
        copied = {f"#to_{name}": name for name in self.copy} | {f"#from_{name}": old for name, old in self.copy.items()}
        clauses = [
            verb + ", ".join(parts)
            for verb, parts in (
                ("SET ", sets),
                ("REMOVE ", [f"#set_{name}" for name in dropped]),
                ("ADD ", [f"#{place} :{place}" for place in added]),
            )
            if parts
        ]
        own = Condition(
            "",
            {f"#set_{name}": name for name in (*kept, *dropped)}
            | {f"#{place}": name for place, name in added.items()}
            | copied,
            {f":set_{name}": value for name, value in kept.items()}
            | {f":{place}": self.add[name] for place, name in added.items()},
        )
        return {
            "TableName": table,
            "Key": key_of(self.pk, self.sk),
            "UpdateExpression": " ".join(clauses),
            **conditional(self.condition, own),
        }


@dataclass(frozen=True)
class Delete:
    pk: str
    sk: str
    condition: Condition | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.pk, self.sk

    def request(self, table: str) -> Request:
        return {"TableName": table, "Key": key_of(self.pk, self.sk), **conditional(self.condition)}


Write = Put | Update | Delete


@dataclass(frozen=True)
class Range:
    """One partition of the table or of an index; both bounds of the sort key included, None = open."""

    pk: str
    lower: str | None = None
    upper: str | None = None
    index: str = ""
    forward: bool = True
    start: Mapping[str, str] = field(default_factory=dict)
    """The whole key after which to go on; empty = from the start."""
    fields: tuple[str, ...] = ()
    """Only these attributes; empty = whole items."""

    def request(self, table: str) -> Request:
        condition, names, values = "#pk = :pk", {"#pk": f"{self.index}{PK}"}, {":pk": self.pk}
        bounds = {":lower": self.lower, ":upper": self.upper}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        if given:
            names["#sk"] = f"{self.index}{SK}"
            condition += {2: " AND #sk BETWEEN :lower AND :upper"}.get(
                len(given), " AND #sk >= :lower" if self.lower is not None else " AND #sk <= :upper"
            )
        wanted = {f"#field_{name}": name for name in self.fields}
        return {
            "TableName": table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {**names, **wanted},
            "ExpressionAttributeValues": encode_item({**values, **given}),
            **({"ProjectionExpression": ", ".join(wanted)} if wanted else {}),
            "ScanIndexForward": self.forward,
            **({"IndexName": self.index} if self.index else {"ConsistentRead": True}),
            **({"ExclusiveStartKey": encode_item(self.start)} if self.start else {}),
        }


def key_of(pk: str, sk: str) -> Request:
    return encode_item({PK: pk, SK: sk})


def conditional(condition: Condition | None, own: Condition | None = None) -> Request:
    names = {**(own.names if own else {}), **(condition.names if condition else {})}
    values = {**(own.values if own else {}), **(condition.values if condition else {})}
    request: Request = {}
    if condition:
        request = {"ConditionExpression": condition.expression, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if names:
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = encode_item(values)
    return request
