"""Changes of audited items tell who and what, in their own transaction, and change nothing else about the table."""

import contextvars
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from functions.core.audit import AuditEntry
from functions.core.model import Protocol
from functions.store import keys
from functions.store.attributes import Item, to_model
from functions.store.audit import AuditedTable, acting
from functions.store.conditions import EXISTS, IS_NEW, version_is
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Delete, Put, Range, Update
from tests.store.conftest import SOMEBODY
from tests.store.endpoint import new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
PROJECT = "01KAJ0000000000000000000P0"
NETWORK = {"pk": keys.networks(PROJECT), "sk": "01KAJ0000000000000000000N0"}
KEY = (NETWORK["pk"], NETWORK["sk"])


@pytest.fixture
def audited(client: "DynamoDBClient") -> Iterator[AuditedTable]:
    with new_table(client) as table, acting(SOMEBODY):
        yield AuditedTable(client, table.name, clock=lambda: NOW)


def entries(table: Table) -> list[AuditEntry]:
    found = (to_model(AuditEntry, item) for item in table.all(Range(keys.audit_hour(NOW))))
    return sorted(found, key=lambda entry: (entry.subject, entry.verb))


def network(**fields: Any) -> Item:
    return {**NETWORK, "version": 1, "name": "office", "targets": ["10.0.0.0/24"], **fields}


class Meddler(AuditedTable):
    """Somebody else changes the item between the read and the write, so often."""

    times = 1
    field: str = "name"
    value: object = "meddled"

    def find(self, pk: str, sk: str) -> Item | None:
        found = super().find(pk, sk)
        if self.times:
            self.times -= 1
            Table(self.client, self.name).update(pk, sk, {self.field: self.value}, EXISTS)
        return found


def test_a_change_tells_who_did_what_on_which_request_from_where_and_what_it_was_before(audited: AuditedTable) -> None:
    audited.put(network(), IS_NEW)
    after = audited.update(*KEY, {"name": "lab", "version": 2}, version_is(1))
    audited.delete(*KEY, version_is(2))
    assert after == network(name="lab", version=2)
    assert audited.find(*KEY) is None
    created, deleted, updated = entries(audited)
    assert (updated.before, updated.after) == ({"name": "office", "version": 1}, {"name": "lab", "version": 2})
    assert (created.before, created.after) == ({}, {"name": "office", "version": 1, "targets": ["10.0.0.0/24"]})
    assert deleted.before == {"name": "lab", "version": 2, "targets": ["10.0.0.0/24"]}
    assert deleted.after == {}
    for entry in (created, updated, deleted):
        assert (entry.subject, entry.subject_id, entry.project) == ("network", NETWORK["sk"], PROJECT)
        assert (entry.principal, entry.route, entry.request, entry.source) == (
            "u_1",
            "PUT /somewhere",
            "r1",
            "203.0.113.9",
        )


def test_a_change_that_is_refused_tells_nothing_and_shows_what_stood_in_the_way(audited: AuditedTable) -> None:
    audited.put(network(), IS_NEW)
    for refused in (
        lambda: audited.put(network(name="again"), IS_NEW),
        lambda: audited.put(network(name="stale"), version_is(7)),
        lambda: audited.update(*KEY, {"name": "stale"}, version_is(7)),
        lambda: audited.delete(*KEY, version_is(7)),
    ):
        with pytest.raises(ConditionFailed) as failure:
            refused()
        assert failure.value.item == network()
    assert [entry.verb for entry in entries(audited)] == ["create"]


def test_a_change_of_what_is_not_there_is_refused_as_by_any_table(audited: AuditedTable) -> None:
    with pytest.raises(ConditionFailed) as failure:
        audited.update(*KEY, {"name": "nobody"}, EXISTS)
    assert failure.value.item is None
    audited.delete(*KEY)
    assert entries(audited) == []


def test_a_transaction_says_which_of_its_own_writes_failed(audited: AuditedTable) -> None:
    other = {"pk": "LIV#p", "sk": "n"}
    audited.put(other)
    with pytest.raises(ConditionFailed) as failure:
        audited.transact([Put(network(), IS_NEW), Put(other, IS_NEW)])
    assert (failure.value.failed, failure.value.item) == (1, other)
    assert entries(audited) == []


def test_what_somebody_else_changed_between_read_and_write_is_told_as_it_was(audited: AuditedTable) -> None:
    audited.put(network(), IS_NEW)
    meddler = Meddler(audited.client, audited.name, clock=lambda: NOW)
    meddler.update(*KEY, {"name": "mine"}, EXISTS)
    _, updated = entries(audited)
    assert (updated.before, updated.after) == ({"name": "meddled"}, {"name": "mine"})


def test_a_version_that_passed_between_read_and_write_refuses_the_change(audited: AuditedTable) -> None:
    audited.put(network(), IS_NEW)
    meddler = Meddler(audited.client, audited.name, clock=lambda: NOW)
    meddler.field, meddler.value = "version", 2
    with pytest.raises(ConditionFailed) as failure:
        meddler.update(*KEY, {"name": "mine", "version": 2}, version_is(1))
    assert failure.value.item == network(version=2)
    assert [entry.verb for entry in entries(audited)] == ["create"]


def test_secrets_are_never_told_and_long_values_by_their_digest(audited: AuditedTable) -> None:
    token = {"pk": "TOK#t", "sk": "TOK", "project": PROJECT, "secret_hash": "abc", "inner": {"secret": "x", "n": 1}}
    audited.put({**token, "long": "x" * 5000}, IS_NEW)
    (entry,) = entries(audited)
    assert entry.project == PROJECT
    assert entry.after["secret_hash"] == "(removed)"
    assert entry.after["inner"] == {"secret": "(removed)", "n": 1}
    assert entry.after["long"]["bytes"] == 5002
    assert len(entry.after["long"]["sha256"]) == 64


def test_a_change_by_nobody_is_a_defect(audited: AuditedTable, client: "DynamoDBClient") -> None:
    with pytest.raises(LookupError):
        contextvars.Context().run(audited.put, network())
    with pytest.raises(LookupError):
        audited.batch_delete([KEY])
    with pytest.raises(LookupError):
        audited.batch_put([network()])
    assert audited.find(*KEY) is None


def test_versions_of_rules_trails_and_counts_are_no_acts(audited: AuditedTable) -> None:
    audited.transact(
        [
            Put({"pk": f"RUL#{PROJECT}", "sk": "project#CURRENT", "current": 1}, IS_NEW),
            Put({"pk": f"RUL#{PROJECT}", "sk": "BODY#project#00000001", "packed": b"x"}, IS_NEW),
            Put({"pk": f"ALT#{PROJECT}#a", "sk": "T#00000001#e"}),
            Put({"pk": f"ALT#{PROJECT}#a", "sk": "C#c", "text": "hm"}),
            Update(f"ALR#{PROJECT}", "a", {}, add={"comments": 1}),
        ]
    )
    assert [(entry.subject, entry.subject_id) for entry in entries(audited)] == [
        ("comment", "a/c"),
        ("rules", "project"),
    ]
    assert audited.find(f"ALR#{PROJECT}", "a") == {"pk": f"ALR#{PROJECT}", "sk": "a", "comments": 1}


def test_a_cell_is_told_by_its_address_and_port(audited: AuditedTable) -> None:
    pk = keys.exposures(PROJECT, "n", 3)
    audited.put({"pk": pk, "sk": keys.exposure("10.0.0.7", Protocol.TCP, 443), "accepted": True}, IS_NEW)
    audited.transact([Delete(pk, keys.exposure("10.0.0.7", Protocol.TCP, 443))])
    assert {entry.subject_id for entry in entries(audited)} == {"n/10.0.0.7/tcp/443"}
