"""The sealer: every ended hour once, empty ones too, each upon the one before, whatever turn of it was cut off."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.adapters.seals import Seals
from functions.core.audit import Acting
from functions.core.errors import AlreadyExists
from functions.core.ids import new_id
from functions.core.seal import GENESIS, HOUR, chain_faults, compare, read_seal
from functions.store.audit import AuditedTable, acting
from functions.store.audit_log import AuditLog
from functions.store.conditions import IS_NEW
from functions.usecases.seal_audit import SealAudit
from tests.backend import Backend

EIGHT = datetime(2026, 11, 21, 8, tzinfo=UTC)
SOMEBODY = Acting(principal="u_1", kind="user", route="PUT /somewhere", request="r1")
BUCKET = "seals"


@pytest.fixture
def s3(aws_clients: tuple[Any, Any]) -> Any:
    s3 = aws_clients[1]
    s3.create_bucket(Bucket=BUCKET)
    yield s3
    boto3.resource("s3").Bucket(BUCKET).objects.all().delete()


@pytest.fixture
def sealer(backend: Backend, s3: Any) -> SealAudit:
    return SealAudit(log=AuditLog(backend.table), seals=Seals(s3, BUCKET))


def happen(backend: Backend, at: datetime, *, project: str = "") -> None:
    """Something that the audit log tells of."""
    table = AuditedTable(backend.table.client, backend.table.name, clock=lambda: at)
    identifier = new_id(at)
    with acting(SOMEBODY):
        table.put({"pk": f"TOK#{identifier}", "sk": "TOK", "project": project}, IS_NEW)


def document(s3: Any, hour: datetime) -> bytes:
    return bytes(s3.get_object(Bucket=BUCKET, Key=f"seals/{hour:%Y/%m/%d/%H}.jsonl")["Body"].read())


def test_before_anything_happened_there_is_nothing_to_seal(sealer: SealAudit) -> None:
    assert sealer(now=EIGHT) == ()


def test_ended_hours_are_sealed_in_order_empty_ones_too(backend: Backend, sealer: SealAudit, s3: Any) -> None:
    happen(backend, EIGHT + timedelta(minutes=3))
    happen(backend, EIGHT + timedelta(minutes=1), project=backend.project)
    happen(backend, EIGHT + 2 * HOUR)
    hours = [EIGHT, EIGHT + HOUR, EIGHT + 2 * HOUR]
    assert list(sealer(now=EIGHT + 3 * HOUR + timedelta(minutes=6))) == hours
    seals = [read_seal(hour, document(s3, hour)) for hour in hours]
    assert [len(seal.records) for seal in seals] == [2, 0, 1]
    assert seals[0].previous == GENESIS
    for before, seal in zip([None, *seals[:-1]], seals, strict=True):
        assert (seal.faults, list(chain_faults(before, seal))) == ((), [])
        assert list(compare(seal, AuditLog(backend.table).all_records(seal.hour))) == []


def test_an_hour_is_left_open_for_changes_that_were_begun_in_it(backend: Backend, sealer: SealAudit) -> None:
    happen(backend, EIGHT)
    assert sealer(now=EIGHT + HOUR + timedelta(minutes=4)) == ()
    assert sealer(now=EIGHT + HOUR + timedelta(minutes=5)) == (EIGHT,)


def test_an_hour_is_sealed_once_and_the_next_turn_goes_on_from_it(backend: Backend, sealer: SealAudit, s3: Any) -> None:
    happen(backend, EIGHT)
    sealer(now=EIGHT + 2 * HOUR)
    first = document(s3, EIGHT)
    assert sealer(now=EIGHT + 2 * HOUR) == ()
    assert sealer(now=EIGHT + 3 * HOUR) == (EIGHT + HOUR,)
    assert document(s3, EIGHT) == first


def test_a_turn_that_ran_beside_another_keeps_what_that_one_sealed(
    backend: Backend, sealer: SealAudit, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    happen(backend, EIGHT)
    sealer(now=EIGHT + 2 * HOUR)
    first = document(s3, EIGHT)
    monkeypatch.setattr(sealer.seals, "newest", lambda: None)
    happen(backend, EIGHT + timedelta(minutes=1))
    sealer(now=EIGHT + 3 * HOUR)
    assert document(s3, EIGHT) == first
    assert read_seal(EIGHT + HOUR, document(s3, EIGHT + HOUR)).previous == read_seal(EIGHT, first).head


def test_a_seal_is_never_written_over(s3: Any, tmp_path: Path) -> None:
    seals, path = Seals(s3, BUCKET), tmp_path / "seal"
    path.write_bytes(b"x")
    seals.put(EIGHT, path)
    with pytest.raises(AlreadyExists):
        seals.put(EIGHT, path)


def test_seals_are_listed_by_hour_with_links(backend: Backend, sealer: SealAudit) -> None:
    happen(backend, EIGHT - 14 * HOUR)
    sealer(now=EIGHT + timedelta(minutes=6))
    listed = sealer.seals.list(after=EIGHT - 3 * HOUR, limit=10, now=EIGHT)
    assert [seal.hour for seal in listed] == [EIGHT - 2 * HOUR, EIGHT - HOUR]
    assert len(sealer.seals.list(after=None, limit=5, now=EIGHT)) == 5
    assert "seals/2026/11/21/06.jsonl" in listed[0].url
