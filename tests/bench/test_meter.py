"""Units by AWS's rule, from what passes by."""

from typing import Any

from tests.bench.meter import Count, size_of

ITEM = {"pk": {"S": "EXP#1"}, "sk": {"S": "a"}, "text": {"S": "x" * 5000}, "number": {"N": "1234"}}


def seen(operation: str, request: dict[str, Any], response: dict[str, Any]) -> Count:
    count = Count()
    count.saw(operation, request, response)
    return count


def test_a_size_is_that_of_names_and_values() -> None:
    assert size_of(ITEM) == 2 + 5 + 2 + 1 + 4 + 5000 + 6 + 3
    assert (
        size_of({"a": {"M": {"b": {"BOOL": True}}}, "c": {"L": [{"NULL": True}]}}) == 1 + 3 + 1 + 1 + 1 + 1 + 3 + 1 + 1
    )


def test_a_strong_read_costs_a_unit_for_each_4_kb_and_another_half_of_it() -> None:
    assert seen("GetItem", {"ConsistentRead": True}, {"Item": ITEM}).read_units == 2
    assert seen("GetItem", {}, {"Item": ITEM}).read_units == 1
    assert seen("GetItem", {"ConsistentRead": True}, {}).read_units == 1, "what is not there is charged too"


def test_a_query_is_charged_for_its_items_together() -> None:
    count = seen("Query", {"ConsistentRead": True}, {"Items": [ITEM] * 3, "ScannedCount": 3})
    assert (count.items_read, count.read_units) == (3, 4)


def test_a_write_costs_a_unit_for_each_kb_and_again_for_each_index() -> None:
    assert seen("PutItem", {"Item": ITEM}, {}).write_units == 5
    indexed = seen("PutItem", {"Item": {**ITEM, "gsi1pk": {"S": "x"}}}, {})
    assert (indexed.write_units, indexed.items_written) == (10, 1)
    assert indexed.written == {"EXP": 1}


def test_a_transaction_costs_double_and_its_checks_are_reads() -> None:
    check = {"ConditionCheck": {"Key": {"pk": {"S": "A"}, "sk": {"S": "b"}}}}
    count = seen("TransactWriteItems", {"TransactItems": [{"Put": {"Item": ITEM}}, check]}, {})
    assert (count.write_units, count.items_written, count.read_units) == (10, 1, 2)


def test_a_batch_is_as_many_writes() -> None:
    writes = [{"PutRequest": {"Item": ITEM}}, {"DeleteRequest": {"Key": {"pk": {"S": "A"}, "sk": {"S": "b"}}}}]
    assert seen("BatchWriteItem", {"RequestItems": {"table": writes}}, {}).items_written == 2
