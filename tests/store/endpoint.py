"""Tables to test against: in memory, or of the endpoint that VEDETTE_TEST_ENDPOINT names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
from moto import mock_aws

from functions.store.table import Table
from tests.moto_answers import one_by_one

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ENDPOINT = os.environ.get("VEDETTE_TEST_ENDPOINT", "")
REGION = "us-east-1"


@contextmanager
def dynamodb() -> Iterator["DynamoDBClient"]:
    session = boto3.Session("test", "test", region_name=REGION)
    if ENDPOINT:
        yield session.client("dynamodb", endpoint_url=ENDPOINT)
        return
    with mock_aws(), one_by_one():
        yield session.client("dynamodb")


@contextmanager
def new_table(client: "DynamoDBClient") -> Iterator[Table]:
    name = f"test-{uuid4()}"
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": f"{index}{part}", "AttributeType": "S"}
            for index in ("", "gsi1", "gsi2")
            for part in ("pk", "sk")
        ],
        KeySchema=_key_schema(""),
        GlobalSecondaryIndexes=[
            {"IndexName": index, "KeySchema": _key_schema(index), "Projection": {"ProjectionType": "ALL"}}
            for index in ("gsi1", "gsi2")
        ],
    )
    try:
        yield Table(client, name)
    finally:
        client.delete_table(TableName=name)


def _key_schema(index: str) -> Any:
    return [
        {"AttributeName": f"{index}pk", "KeyType": "HASH"},
        {"AttributeName": f"{index}sk", "KeyType": "RANGE"},
    ]
