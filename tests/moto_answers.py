"""moto's answers, with items put in as they are: it asks of each attribute value which of ten kinds it has, by three names each.

That was a third of the time of all tests on an AWS in memory.
"""

from typing import Any

from moto.core.serialize import BaseJSONSerializer

_by_members = BaseJSONSerializer._serialize_type_structure


def hasten() -> None:
    BaseJSONSerializer._serialize_type_structure = _of_its_one_kind  # type: ignore[method-assign]


def _of_its_one_kind(self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if not key or shape.name != "AttributeValue" or type(value) is not dict or len(value) != 1:
        _by_members(self, serialized, value, shape, key)
        return
    ((kind, inner),) = value.items()
    told: dict[str, Any] = {}
    self._serialize(told, inner, shape.members[kind], kind)
    self._default_serialize(serialized, told, shape, key)
