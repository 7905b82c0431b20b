"""The audit log of the deployed stack: what it tells, and that verify finds what was changed, taken out, put in or moved."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.auditing import examine
from functions.store import keys
from functions.store.attributes import encode_item
from functions.store.audit_log import AuditLog
from functions.store.table import Table
from tests.e2e.audit_probes import past, without_seals
from tests.e2e.estate import targets
from tests.e2e.platform import Platform, Project
from tests.e2e.stage_hand import Operator, StageHand, message
from tests.lab.lab import Lab

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


def verified(platform: Platform) -> set[tuple[str, str]]:
    """The faults that the command finds."""
    found = examine(platform.client, known="", now=datetime.now(UTC))
    return {(fault["kind"], fault["entry"]) for fault in found["faults"]}


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
        assert verified(platform) == expected


def test_verify_finds_a_seal_that_was_rewritten_and_one_that_is_gone(
    platform: Platform, operator: Operator, sealed: datetime
) -> None:
    s3, bucket = operator.aws("s3"), operator.outputs["SealsBucketName"]
    key = f"seals/{sealed:%Y/%m/%d/%H}.jsonl"
    whole = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    lines = whole.splitlines(keepends=True)
    s3.put_object(Bucket=bucket, Key=key, Body=b"".join([lines[0], lines[2], lines[1], *lines[3:]]))
    assert {kind for kind, _ in verified(platform)} == {"broken"}
    assert platform.command("audit", "verify").returncode == 1
    s3.delete_object(Bucket=bucket, Key=key)
    assert {kind for kind, _ in verified(platform)} == {"gap"}
    s3.put_object(Bucket=bucket, Key=key, Body=whole)
    assert verified(platform) == set()


def test_a_scan_is_found_by_where_it_sent_from_and_what_it_saved_has_its_digest(
    platform: Platform, project: Project, lab: Lab
) -> None:
    target = targets(lab, "web")[0]
    network = project.network(targets=[target], ports="80")
    scan = project.scan(network)
    (chunk,) = project.items("scans", scan["id"], "chunks")
    assert chunk["sources"]
    s3, bucket = platform.aws("s3"), platform.outputs["ResultsBucketName"]
    saved = {file["name"]: file["sha256"] for file in chunk["files"]}
    assert {"result.jsonl.gz"} < set(saved)
    for name, digest in saved.items():
        key = f"results/{project.id}/{scan['id']}/{chunk['chunk']}/{chunk['attempt']}/{name}"
        assert hashlib.sha256(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).hexdigest() == digest
    raw = project.get("scans", scan["id"], "chunks", chunk["chunk"], "raw")["items"]
    assert {file["sha256"] for file in raw} < set(saved.values())
    asked = ("did-you-scan", "--source", chunk["sources"][0], "--target", target, "--json")
    (found,) = json.loads(platform.command(*asked, "--project", project.id).stdout)["probes"]
    assert (found["scan"], found["cause"]["kind"]) == (scan["id"], "api")
    assert found["scan"] in platform.command(*asked, "--organisation").stdout
    assert platform.command(*asked, "--project", project.id, "--at", "2h").returncode == 1


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
