"""A thin DynamoDB table: typed items in and out, named conditions, bounded pages and retries, errors of the one family."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from botocore import exceptions as botocore_errors
from botocore.exceptions import ClientError

from functions.core.errors import Conflict, Unavailable
from functions.core.model import Model
from functions.store.attributes import Item, encode_item, from_image, to_model
from functions.store.conditions import Condition
from functions.store.writes import Delete, Put, Range, Update, Write, conditional, key_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
Key = tuple[str, str]

BATCH = 25
FOUND_AT_ONCE = 100
ATTEMPTS = 8
"""Of a batch whose rest the service leaves undone, and of a transaction that met another: some 5 seconds in all."""

_BUSY = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)


class ConditionFailed(Conflict):
    """`item` is the one that stood in the way, None where there is none; `failed` its place in the transaction."""

    def __init__(self, item: Item | None, *, failed: int = 0) -> None:
        super().__init__("the item is not as the write expected it")
        self.item = item
        self.failed = failed

    def public(self, kind: type[Model]) -> dict[str, Any]:
        """The item in its public form; empty where there is none."""
        return to_model(kind, self.item).model_dump(mode="json") if self.item else {}


class Slice(NamedTuple):
    items: list[Item]
    more: bool
    """Whether the partition goes on after the last item."""


class Table:
    """`sleep` waits between the tries of a batch; tests pass their own."""

    def __init__(self, client: "DynamoDBClient", name: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.client = client
        self.name = name
        self._sleep = sleep

    def find(self, pk: str, sk: str) -> Item | None:
        """The item as of now, or None: absence is an answer here."""
        with _named_errors():
            response = self.client.get_item(TableName=self.name, Key=key_of(pk, sk), ConsistentRead=True)
        return from_image(response["Item"]) if "Item" in response else None

    def find_many(self, keys: Sequence[Key]) -> Iterator[Item]:
        """Those of the items that are there, as of now, in no order."""
        for group in _groups(keys, FOUND_AT_ONCE):
            rest: Any = {"Keys": [key_of(*key) for key in group], "ConsistentRead": True}
            for _ in self._tries():
                with _named_errors():
                    response = self.client.batch_get_item(RequestItems={self.name: rest})
                yield from (from_image(item) for item in response["Responses"].get(self.name, ()))
                if not response["UnprocessedKeys"]:
                    break
                rest = response["UnprocessedKeys"][self.name]

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Raises ConditionFailed."""
        with _named_errors():
            self.client.put_item(**Put(item, condition).request(self.name))

    def update(
        self,
        pk: str,
        sk: str,
        values: Mapping[str, Any],
        condition: Condition,
        *,
        remove: tuple[str, ...] = (),
        add: Mapping[str, int] | None = None,
    ) -> Item:
        """Sets the attributes (None drops one), adds to numbers, and returns the whole item. Raises ConditionFailed."""
        request = Update(pk, sk, values, condition, remove, add or {}).request(self.name)
        with _named_errors():
            return from_image(self.client.update_item(**request, ReturnValues="ALL_NEW")["Attributes"])

    def put_entry(self, pk: str, sk: str, entry: tuple[str, str], value: Any, condition: Condition) -> None:
        """`entry`: a map's attribute and a key in it; touches nothing else of the item. Raises ConditionFailed."""
        own = Condition("", {"#map": entry[0], "#key": entry[1]}, {":entry": value})
        expression = "SET #map.#key = :entry"
        with _named_errors():
            self.client.update_item(
                TableName=self.name, Key=key_of(pk, sk), UpdateExpression=expression, **conditional(condition, own)
            )

    def delete(self, pk: str, sk: str, condition: Condition | None = None) -> None:
        """Deleting what is not there is no error. Raises ConditionFailed."""
        with _named_errors():
            self.client.delete_item(**Delete(pk, sk, condition).request(self.name))

    def take(self, pk: str, sk: str, condition: Condition) -> Item:
        """Deletes the item and returns it: of several callers one has it. Raises ConditionFailed."""
        with _named_errors():
            response = self.client.delete_item(**Delete(pk, sk, condition).request(self.name), ReturnValues="ALL_OLD")
        return from_image(response["Attributes"])

    def query(self, span: Range, *, limit: int) -> Slice:
        """At most `limit` items, in key order; one request, so perhaps fewer though the partition goes on."""
        with _named_errors():
            response = self.client.query(**span.request(self.name), Limit=limit)
        return Slice([from_image(item) for item in response["Items"]], "LastEvaluatedKey" in response)

    def all(self, span: Range) -> Iterator[Item]:
        """Every item of a range whose size the caller knows to be bounded."""
        while True:
            with _named_errors():
                response = self.client.query(**span.request(self.name))
            yield from (from_image(item) for item in response["Items"])
            if "LastEvaluatedKey" not in response:
                return
            span = replace(span, start=from_image(response["LastEvaluatedKey"]))

    def batch_put(self, items: Iterable[Item]) -> None:
        """Replaces what is there; a key may stand once only. Raises Unavailable when the service keeps leaving some undone."""
        self._write_batches({"PutRequest": {"Item": encode_item(item)}} for item in items)

    def batch_delete(self, keys: Iterable[Key]) -> None:
        """Deleting what is not there is no error. Raises Unavailable when the service keeps leaving some undone."""
        self._write_batches({"DeleteRequest": {"Key": key_of(*key)}} for key in keys)

    def _write_batches(self, requests: Iterable[Any]) -> None:
        for group in _groups(requests, BATCH):
            rest: Any = group
            for _ in self._tries():
                with _named_errors():
                    response = self.client.batch_write_item(RequestItems={self.name: rest})
                if not response["UnprocessedItems"]:
                    break
                rest = response["UnprocessedItems"][self.name]

    def transact(self, writes: Sequence[Write]) -> None:
        """All or none, 100 at most. Raises ConditionFailed for the first write whose condition does not hold."""
        requests: list[Any] = [{type(write).__name__: write.request(self.name)} for write in writes]
        for attempt in self._tries():
            try:
                with _named_errors():
                    self.client.transact_write_items(TransactItems=requests)
            except _Met:
                if attempt == ATTEMPTS:
                    raise Unavailable("other writes to the same items keep getting in the way") from None
            else:
                return

    def _tries(self) -> Iterator[int]:
        """Waits that double between tries; the caller breaks out when done. Raises Unavailable after the last."""
        for attempt in range(1, ATTEMPTS + 1):
            yield attempt
            self._sleep(min(0.025 * 2**attempt, 2.0))
        raise Unavailable(f"the table left a batch undone {ATTEMPTS} times")


class _Met(Exception):
    """A transaction met another one on its items."""


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _named(error) from error
    except (botocore_errors.ConnectionError, botocore_errors.HTTPClientError) as error:
        raise Unavailable("the database did not answer") from error


def _named(error: ClientError) -> Exception:
    response: Mapping[str, Any] = error.response
    code = response.get("Error", {}).get("Code", "")
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(_item(response))
    if code == "TransactionCanceledException":
        return _named_cancellation(error, response.get("CancellationReasons", ()))
    if code in _BUSY or response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return Unavailable("the database is too busy to answer")
    return error


def _named_cancellation(error: ClientError, reasons: Sequence[Mapping[str, Any]]) -> Exception:
    codes = [reason.get("Code", "None") for reason in reasons]
    if "ConditionalCheckFailed" in codes:
        failed = codes.index("ConditionalCheckFailed")
        return ConditionFailed(_item(reasons[failed]), failed=failed)
    if "TransactionConflict" in codes:
        return _Met()
    if {"ThrottlingError", "ProvisionedThroughputExceeded"} & set(codes):
        return Unavailable("the database is too busy to answer")
    return error


def _item(response: Mapping[str, Any]) -> Item | None:
    image = response.get("Item")
    return from_image(image) if image else None


def _groups(values: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(values)
    while group := list(islice(iterator, size)):
        yield group
