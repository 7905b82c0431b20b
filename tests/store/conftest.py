"""One fixture for every store: the contract is the same in memory and on a real endpoint."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from functions.store.table import Table
from tests.store.endpoint import dynamodb, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="module")
def client() -> Iterator["DynamoDBClient"]:
    with dynamodb() as client:
        yield client


@pytest.fixture
def table(client: "DynamoDBClient") -> Iterator[Table]:
    """An empty table of its own."""
    with new_table(client) as table:
        yield table
