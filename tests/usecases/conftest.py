"""What the tests of use cases stand on."""

from collections.abc import Iterator

import pytest

from tests.backend import aws_clients, backend
from tests.usecases.inventory import Inventory, Storage, new_inventory, storage
from tests.usecases.reviewing import at

__all__ = ["at", "aws_clients", "backend"]


@pytest.fixture(scope="module")
def kept() -> Iterator[Storage]:
    with storage() as both:
        yield both


@pytest.fixture
def inventory(kept: Storage) -> Inventory:
    return new_inventory(kept)
