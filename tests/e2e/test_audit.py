"""The audit log of the deployed stack: what it tells, and that verify finds what was changed, taken out, put in or moved."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from functions.store import keys
from functions.store.attributes import encode_item
from functions.store.audit_log import AuditLog
from functions.store.table import Table
from tests.e2e.audit_probes import past, without_seals
from tests.e2e.platform import Platform, Project
from tests.e2e.stage_hand import Operator, StageHand, message

pytestmark = [pytest.mark.e2e, pytest.mark.lab]


@pytest.fixture(scope="module")
def operator(platform: Platform) -> Operator:
    return Operator(platform)


@pytest.fixture(scope="module")
def sealed(operator: Operator) -> datetime:
    """An hour with some entries, sealed, and so all that followed it."""
    without_seals(operator)
    hour = past(operator, hours=4, entries=3)
    said = StageHand(operator).invoke("Seal", message({}))
    assert not said.error, said.log
    return hour


def verified(platform: Platform) -> tuple[int, set[tuple[str, str]]]:
    done = platform.command("audit", "verify", "--json")
    assert done.stdout, done.stderr
    return done.returncode, {(fault["kind"], fault["entry"]) for fault in json.loads(done.stdout)["faults"]}


def test_a_change_is_told_with_who_what_and_from_where(platform: Platform, project: Project) -> None:
    network = project.network(targets=["127.0.0.9"], ports="1")
    told = platform.command("audit", "list", "--project", project.id, "--of", network["id"], "--json")
    (entry,) = json.loads(told.stdout)["entries"]
    assert (entry["subject"], entry["verb"], entry["source"]) == ("network", "create", "127.0.0.1")
    assert entry["route"] == "POST /v1/projects/{project}/networks"
    assert entry["after"]["targets"] == ["127.0.0.9"]
    assert entry["kind"] == "token"


def test_the_first_token_is_told_too(platform: Platform) -> None:
    told = platform.command("audit", "list", "--organisation", "--by", "bootstrap", "--json")
    assert {entry["subject"] for entry in json.loads(told.stdout)["entries"]} == {"token"}


def test_what_is_sealed_is_verified(platform: Platform, sealed: datetime) -> None:
    done = platform.command("audit", "verify", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["faults"]) == (0, [])
    assert found["seals"] >= 3
    assert found["entries"] >= 6


def change(table: Table, records: list[dict[str, Any]]) -> set[tuple[str, str]]:
    put(table, {**records[0], "principal": "u_somebody_else"})
    return {("changed", records[0]["sk"])}


def take_out(table: Table, records: list[dict[str, Any]]) -> set[tuple[str, str]]:
    table.delete(records[1]["pk"], records[1]["sk"])
    return {("missing", records[1]["sk"])}


def reorder(table: Table, records: list[dict[str, Any]]) -> set[tuple[str, str]]:
    first, second = records[0], records[2]
    put(table, {**second, "sk": first["sk"]})
    put(table, {**first, "sk": second["sk"]})
    return {("changed", first["sk"]), ("changed", second["sk"])}


def put_in(table: Table, records: list[dict[str, Any]]) -> set[tuple[str, str]]:
    put(table, {**records[0], "sk": f"{records[0]['sk'][:-4]}ZZZZ"})
    return {("added", f"{records[0]['sk'][:-4]}ZZZZ")}


@pytest.mark.parametrize("meddle", [change, take_out, reorder, put_in], ids=lambda meddle: meddle.__name__)
def test_verify_finds_what_was_done_to_the_log(
    platform: Platform,
    operator: Operator,
    sealed: datetime,
    meddle: Callable[[Table, list[dict[str, Any]]], set[tuple[str, str]]],
) -> None:
    with restored(operator, sealed) as (table, records):
        expected = meddle(table, records)
        assert verified(platform) == (1, expected)


def test_verify_finds_a_seal_that_was_rewritten_and_one_that_is_gone(
    platform: Platform, operator: Operator, sealed: datetime
) -> None:
    s3, bucket = operator.aws("s3"), operator.outputs["SealsBucketName"]
    key = f"seals/{sealed:%Y/%m/%d/%H}.jsonl"
    whole = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    lines = whole.splitlines(keepends=True)
    s3.put_object(Bucket=bucket, Key=key, Body=b"".join([lines[0], lines[2], lines[1], *lines[3:]]))
    code, faults = verified(platform)
    assert code == 1
    assert {kind for kind, _ in faults} == {"broken"}
    s3.delete_object(Bucket=bucket, Key=key)
    code, faults = verified(platform)
    assert code == 1
    assert {kind for kind, _ in faults} == {"gap"}
    s3.put_object(Bucket=bucket, Key=key, Body=whole)
    assert verified(platform) == (0, set())


@contextmanager
def restored(operator: Operator, hour: datetime) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """What the operator of the account can do to the hour's records, and then undoes."""
    table = Table(operator.aws("dynamodb"), operator.outputs["TableName"])
    records = list(AuditLog(table).all_records(hour))
    try:
        yield table, records
    finally:
        for record in AuditLog(table).all_records(hour):
            table.delete(record[keys.PK], record[keys.SK])
        for record in records:
            put(table, record)


def put(table: Table, record: dict[str, Any]) -> None:
    table.client.put_item(TableName=table.name, Item=encode_item(record))
