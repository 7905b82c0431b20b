"""Models to DynamoDB items and back: fields are top-level attributes, so that streams and other consumers can read them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from functions.core.errors import Corrupt
from functions.core.model import Model
from functions.store import keys

Item = dict[str, Any]
"""An item with plain values: text, int, float, bool, bytes, lists, maps."""

M = TypeVar("M", bound=Model)


def to_item(model: Model, pk: str, sk: str, /, **attributes: Any) -> Item:
    """The model's fields beside its keys; fields that are None are left out, times are RFC 3339 text."""
    fields = {name: value for name, value in model.model_dump(mode="json").items() if value is not None}
    return {**fields, **attributes, keys.PK: pk, keys.SK: sk}


def to_model(kind: type[M], item: Mapping[str, Any]) -> M:
    """Raises Corrupt for an item that the model refuses: nothing but our own code writes items."""
    fields = {name: value for name, value in item.items() if name not in keys.INDEX_ATTRIBUTES}
    if isinstance(fields.get(keys.EXPIRES), int):
        del fields[keys.EXPIRES]
    try:
        return kind.model_validate(fields)
    except ValueError as error:
        raise Corrupt(f"the item {item.get(keys.PK)} {item.get(keys.SK)} is no {kind.__name__}: {error}") from error


def from_image(image: Mapping[str, Any]) -> Item:
    """The item of a stream record's NewImage or OldImage."""
    return {name: decode(value) for name, value in image.items()}


def encode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: encode(value) for name, value in item.items()}


def encode(value: Any) -> dict[str, Any]:
    """A plain value in DynamoDB's typed JSON."""
    typed: dict[str, Any]
    match value:
        case None:
            typed = {"NULL": True}
        case bool():
            typed = {"BOOL": value}
        case str():
            typed = {"S": str(value)}
        case datetime():
            typed = {"S": value.astimezone(UTC).isoformat().replace("+00:00", "Z")}
        case int() | float():
            typed = {"N": repr(value)}
        case bytes():
            typed = {"B": value}
        case Mapping():
            typed = {"M": encode_item(value)}
        case list() | tuple():
            typed = {"L": [encode(each) for each in value]}
        case _:
            raise TypeError(f"no attribute type for {type(value).__name__}")
    return typed


def decode(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return _number(value)
        case "NULL":
            return None
        case "M":
            return from_image(value)
        case "L":
            return [decode(each) for each in value]
    return value


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
