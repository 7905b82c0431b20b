"""One fixture for every store: the contract is the same in memory and on a real endpoint, told to the audit log or not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from functions.core.audit import Acting
from functions.store.audit import AuditedTable, acting
from functions.store.table import Table
from tests.store.endpoint import dynamodb, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SOMEBODY = Acting(principal="u_1", kind="user", route="PUT /somewhere", request="r1", source="203.0.113.9")


@pytest.fixture(scope="module")
def client() -> Iterator["DynamoDBClient"]:
    with dynamodb() as client:
        yield client


OF_AUDITED_ITEMS = frozenset({"test_alerts", "test_records", "test_rules", "test_scans"})
"""Their stores must be the same on a table that audits."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "table" in metafunc.fixturenames and metafunc.module.__name__.rpartition(".")[2] in OF_AUDITED_ITEMS:
        metafunc.parametrize("table", ["plain", "audited"], indirect=True)


@pytest.fixture
def table(request: pytest.FixtureRequest, client: "DynamoDBClient") -> Iterator[Table]:
    """An empty table of its own."""
    with new_table(client) as table, acting(SOMEBODY):
        audited = getattr(request, "param", "plain") == "audited"
        yield AuditedTable(client, table.name, clock=lambda: datetime.now(UTC)) if audited else table
