"""The table: what it does when the service answers late, in part, or not at all."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.core.errors import Corrupt, InvalidInput, Unavailable
from functions.core.project import Project
from functions.store.attributes import decode, encode, encode_item, from_image, to_model
from functions.store.conditions import IS_NEW
from functions.store.cursor import read_cursor, write_cursor
from functions.store.table import ATTEMPTS, ConditionFailed, Table
from functions.store.writes import Put, Range

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEM = {
    "pk": "A",
    "sk": "1",
    "text": "x",
    "number": 3,
    "share": 0.25,
    "yes": True,
    "parts": [1, "b", None],
    "map": {"a": b"\0"},
}


class Flaky:
    """A client whose named call answers as told before it goes through to the real one."""

    def __init__(self, client: "DynamoDBClient", call: str, answers: list[Any]) -> None:
        self._client, self._call, self._answers = client, call, iter(answers)

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if name != self._call:
            return real

        def call(**request: Any) -> Any:
            answer = next(self._answers, None)
            if isinstance(answer, Exception):
                raise answer
            return real(**request) if answer is None else answer

        return call


def flaky(table: Table, call: str, answers: list[Any]) -> tuple[Table, list[float]]:
    waits: list[float] = []
    client: Any = Flaky(table.client, call, answers)
    return Table(client, table.name, sleep=waits.append), waits


def error(code: str, status: int = 400, **more: Any) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(response, "Call")


def test_values_come_back_as_they_went(table: Table) -> None:
    table.put(ITEM)
    assert table.find("A", "1") == ITEM
    assert table.find("A", "2") is None


@pytest.mark.parametrize("value", ["", 0, -1, 10**30, 1.5, True, None, b"x", [], {}, {"a": [{"b": 1}]}])
def test_every_value_has_its_attribute_type(value: Any) -> None:
    assert decode(encode(value)) == value


def test_an_image_of_a_stream_is_an_item() -> None:
    assert from_image({"pk": {"S": "A"}, "n": {"N": "1"}}) == {"pk": "A", "n": 1}


def test_an_item_that_is_no_model_is_corrupt() -> None:
    with pytest.raises(Corrupt):
        to_model(Project, {"pk": "PRJ", "sk": "x", "id": "x"})


def test_a_refused_write_carries_the_item_in_the_way(table: Table) -> None:
    table.put(ITEM)
    with pytest.raises(ConditionFailed) as refused:
        table.put({"pk": "A", "sk": "1"}, IS_NEW)
    assert refused.value.item == ITEM


def test_a_refused_transaction_says_which_write_and_writes_none(table: Table) -> None:
    table.put(ITEM)
    with pytest.raises(ConditionFailed) as refused:
        table.transact((Put({"pk": "B", "sk": "1"}, IS_NEW), Put({"pk": "A", "sk": "1"}, IS_NEW)))
    assert (refused.value.failed, refused.value.item) == (1, ITEM)
    assert table.find("B", "1") is None


@pytest.mark.parametrize(
    "trouble",
    [
        error("ThrottlingException"),
        error("ProvisionedThroughputExceededException"),
        error("InternalServerError", 500),
        error("Whatever", 503),
        EndpointConnectionError(endpoint_url="http://localhost"),
    ],
)
def test_trouble_that_passes_is_unavailable(table: Table, trouble: Exception) -> None:
    troubled, _ = flaky(table, "get_item", [trouble])
    with pytest.raises(Unavailable):
        troubled.find("A", "1")


def test_trouble_that_does_not_pass_is_not_hidden(table: Table) -> None:
    troubled, _ = flaky(table, "get_item", [error("AccessDeniedException")])
    with pytest.raises(ClientError):
        troubled.find("A", "1")


def test_a_batch_goes_on_with_what_was_left_undone(table: Table) -> None:
    items = [{"pk": "A", "sk": f"{number:02}"} for number in range(30)]
    for item in items:
        table.put(item)
    undone = {"UnprocessedItems": {table.name: [{"DeleteRequest": {"Key": encode_item(items[29])}}]}}
    troubled, waits = flaky(table, "batch_write_item", [None, undone])
    troubled.batch_delete((item["pk"], item["sk"]) for item in items)
    assert [item["sk"] for item in table.all(Range("A"))] == ["25", "26", "27", "28"], "as the second answer pretended"
    assert len(waits) == 1


def test_a_batch_of_items_replaces_what_is_there(table: Table) -> None:
    table.put({"pk": "A", "sk": "00", "was": "before"})
    items = [{"pk": "A", "sk": f"{number:02}", "number": number} for number in range(30)]
    table.batch_put(items)
    assert list(table.all(Range("A"))) == items


def test_a_batch_that_never_ends_is_unavailable(table: Table) -> None:
    undone = {"UnprocessedItems": {table.name: [{"DeleteRequest": {"Key": encode_item({"pk": "A", "sk": "1"})}}]}}
    troubled, waits = flaky(table, "batch_write_item", [undone] * ATTEMPTS)
    with pytest.raises(Unavailable):
        troubled.batch_delete([("A", "1")])
    assert len(waits) == ATTEMPTS
    assert sum(waits) < 10


def test_transactions_that_meet_are_tried_again(table: Table) -> None:
    met = error("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}])
    troubled, waits = flaky(table, "transact_write_items", [met, met])
    troubled.transact((Put(dict(ITEM)),))
    assert len(waits) == 2
    assert table.find("A", "1") == ITEM
    troubled, _ = flaky(table, "transact_write_items", [met] * ATTEMPTS)
    with pytest.raises(Unavailable):
        troubled.transact((Put(dict(ITEM)),))


def _keys(count: int) -> Iterator[dict[str, Any]]:
    return ({"pk": "A", "sk": f"{number:02}"} for number in range(count))


def test_a_range_is_read_within_both_bounds_and_either_way(table: Table) -> None:
    for item in _keys(6):
        table.put(item)
    spans = (Range("A", "01", "03"), Range("A", "04"), Range("A", None, "01"), Range("A", "01", "03", forward=False))
    assert [[item["sk"] for item in table.query(span, limit=10).items] for span in spans] == [
        ["01", "02", "03"],
        ["04", "05"],
        ["00", "01"],
        ["03", "02", "01"],
    ]
    part = table.query(Range("A"), limit=4)
    assert (len(part.items), part.more) == (4, True)


def test_a_cursor_is_read_only_by_the_query_that_wrote_it() -> None:
    cursor = write_cursor("position", "tenant", "query")
    assert read_cursor(cursor, "tenant", "query") == "position"
    assert read_cursor("", "tenant", "query") == ""
    for foreign in (("tenant", "other"), ("other", "query"), ("tenant", "query", None)):
        with pytest.raises(InvalidInput):
            read_cursor(cursor, *foreign)


@pytest.mark.parametrize("cursor", ["x", "e30", "bnVsbA", "WzEsMl0", "\N{SNOWMAN}", "====", "WyJhIiwgMV0"])
def test_a_damaged_cursor_is_the_callers_mistake(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_cursor(cursor, "tenant")
    assert refused.value.field == "cursor"


def test_many_are_found_at_once_those_that_are_there(table: Table) -> None:
    for number in range(0, 240, 2):
        table.put({"pk": "many", "sk": f"{number:03}"})
    wanted = [("many", f"{number:03}") for number in range(240)]
    assert sorted(item["sk"] for item in table.find_many(wanted)) == [f"{number:03}" for number in range(0, 240, 2)]
    assert list(table.find_many([])) == []
