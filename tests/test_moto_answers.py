"""What the shorter way through moto answers is what DynamoDB answers."""

from typing import Any

import boto3
from moto import mock_aws

ITEM: dict[str, Any] = {
    "pk": {"S": "a"},
    "text": {"S": ""},
    "number": {"N": "1.5"},
    "bytes": {"B": b"\x00\xff"},
    "no": {"BOOL": False},
    "nothing": {"NULL": True},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "list": {"L": [{"S": "x"}, {"M": {"in": {"L": []}}}]},
    "map": {"M": {"empty": {"M": {}}, "n": {"N": "0"}}},
}


def test_an_item_of_every_kind_comes_back_as_it_was_put() -> None:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="table",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        )
        client.put_item(TableName="table", Item=ITEM)
        got = client.get_item(TableName="table", Key={"pk": ITEM["pk"]})["Item"]
        assert {name: _sorted(value) for name, value in got.items()} == ITEM
        (queried,) = client.query(
            TableName="table", KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": ITEM["pk"]}
        )["Items"]
        assert queried == got


def _sorted(value: Any) -> Any:
    return {kind: sorted(inner) if kind in ("SS", "NS") else inner for kind, inner in value.items()}
