"""moto's answers, with items put in as they are: it asks of each attribute value which of ten kinds it has, by three names each.

That was a third of the time of all tests on an AWS in memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.core.serialize import BaseJSONSerializer

from functions.usecases import side_by_side

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


@contextmanager
def one_by_one() -> Iterator[None]:
    """moto copies a whole table for a transaction, and fails, or undoes more, where another thread writes into it meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(side_by_side, "AT_ONCE", 1)
        yield
