"""Result documents as a worker in hostile hands would make them: refused whole, or taken for no more than the plan allows."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.chunk import ChunkStatus
from functions.core.coverage import Answer
from functions.core.errors import Corrupt
from functions.core.exclusion import Exclusion
from functions.core.messages import AddressRange, CoverageLine, HostLine, PinnedHost, ResultHeader
from functions.core.service import Service
from functions.store import keys
from tests.core.authorities import authority
from tests.store.examples import PROJECT, after, identifier
from tests.usecases.inventory import LONG_AFTER, Inventory, opened, told


def header(of: str, **forged: Any) -> ResultHeader:
    plain = {"project": PROJECT, "scan": of, "chunk": "00000", "attempt": 1, "started": after(0), "mode": "raw"}
    return ResultHeader.model_validate({**plain, "tools": {}, **forged})


def document(of: str, *lines: dict[str, Any]) -> bytes:
    """A document without a trailer: a worker that was cut off leaves such ones, and nothing vouches for it."""
    texts = [header(of).model_dump_json(), *(json.dumps(line) for line in lines)]
    return gzip.compress("".join(f"{text}\n" for text in texts).encode())


COVERAGE = json.loads(told("10.0.0.1", "22", Answer.OPEN, 1).model_dump_json())
HOST = json.loads(HostLine(asset="10.0.0.1", address="10.0.0.1", up=True, at=after(1)).model_dump_json())
OBSERVATION = json.loads(opened("10.0.0.1", 22, 1).model_dump_json())


def assert_refused(inventory: Inventory, of: str, name: str) -> None:
    with pytest.raises(Corrupt):
        inventory.take_in(of, name)
    assert inventory.table.puts == []
    assert inventory.ledger.get(PROJECT, of, name).status is ChunkStatus.SAVED


@pytest.mark.parametrize(
    "forged",
    [{"project": identifier("another")}, {"scan": identifier("another")}, {"chunk": "00001"}, {"attempt": 2}],
    ids=lambda forged: next(iter(forged)),
)
def test_a_document_that_names_another_attempt_is_refused(inventory: Inventory, forged: dict[str, Any]) -> None:
    of = inventory.begin()
    lines = (told("10.0.0.1", "22", Answer.OPEN, 1), opened("10.0.0.1", 22, 1))
    assert_refused(inventory, of, inventory.save(of, lines, header=header(of, **forged)))


@pytest.mark.parametrize("line", [COVERAGE | {"ports": "22;id"}, OBSERVATION | {"port": 65536}], ids=str)
def test_a_line_that_no_worker_of_ours_writes_refuses_the_document(inventory: Inventory, line: dict[str, Any]) -> None:
    of = inventory.begin()
    name = inventory.save(of, (), mangle=document(of, COVERAGE, OBSERVATION, line))
    assert_refused(inventory, of, name)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"\n",
        b'{"kind": "host", "asset": "' + b"x" * 5_000_000 + b'"}\n',
        b"\n" * 1_000_000,
        b"\x00" * 50_000_000,
        b'{"kind": "host", "asset": "\xff"}\n',
    ],
    ids=["nested", "a long line", "empty lines", "a bomb", "no UTF-8"],
)
def test_a_body_that_is_no_document_is_refused_before_it_is_held(inventory: Inventory, body: bytes) -> None:
    of = inventory.begin()
    packed = gzip.compress(f"{header(of).model_dump_json()}\n".encode() + body, compresslevel=1)
    assert_refused(inventory, of, inventory.save(of, (), mangle=packed))


def test_coverage_told_over_and_over_is_refused(inventory: Inventory) -> None:
    of = inventory.begin()
    whole = told("10.0.0.0 10.0.0.255", "1-1000", Answer.NOT_OPEN, 1)
    assert_refused(inventory, of, inventory.save(of, [whole] * 3))


def test_cells_outside_of_the_chunk_are_counted_and_not_believed(inventory: Inventory) -> None:
    of = inventory.begin()
    everywhere = CoverageLine(
        addresses=(
            AddressRange(first="0.0.0.0", last="255.255.255.255"),
            AddressRange(first="::", last="ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ),
        hosts=("somebody.example",),
        protocol=COVERAGE["protocol"],
        ports="0-65535",
        answer=Answer.NOT_OPEN,
        how=COVERAGE["how"],
        at=after(1),
    )
    foreign = [opened(f"10.0.{block}.1", 22, 1) for block in range(1, 200)]
    counts = inventory.take_in(of, inventory.save(of, [everywhere, *foreign]))
    assert (counts.cells_covered, counts.open_ports) == (256 * 1000, 0)
    assert inventory.known() == ()
    assert "were refused" in inventory.ledger.get(PROJECT, of, "00000").reason


SPELLINGS = [
    "::ffff:10.0.0.1",
    "::ffff:a00:1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "010.0.0.1",
    "0xa000001",
    "167772161",
    "10.1",
    "10.0.0.1.",
    " 10.0.0.1",
    "10.0.0.1\n",
    "10.0.0.1\x00",
    "10.0.0.1%eth0",
    "\uff11\uff10.0.0.1",
    "10.0.0.1/32",
    "10.0.0.1;id",
    "",
]


@pytest.mark.parametrize("held_by", ["asset", "address"])
def test_another_spelling_of_an_address_is_another_asset(inventory: Inventory, held_by: str) -> None:
    of = inventory.begin()
    lines = [each | {held_by: text} for text in SPELLINGS for each in (OBSERVATION, HOST)]
    uncovered = COVERAGE | {"answer": "not_covered"}
    counts = inventory.take_in(of, inventory.save(of, (), mangle=document(of, uncovered, *lines)))
    assert (counts.open_ports, counts.hosts_up) == (0, 0)
    assert (inventory.known(), inventory.known_hosts()) == ((), ())


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_time_out_of_the_attempts_own_is_drawn_into_it(inventory: Inventory, at: datetime) -> None:
    of = inventory.begin(100)
    lines = (
        told("10.0.0.1", "22", Answer.OPEN, 1).model_copy(update={"at": at}),
        opened("10.0.0.1", 22, 1).model_copy(update={"at": at}),
        HostLine(asset="10.0.0.1", address="10.0.0.1", up=True, at=at),
    )
    inventory.take_in(of, inventory.save(of, lines, claimed=100), now=after(200))
    seen = inventory.exposure("10.0.0.1", 22).first_seen
    assert after(100) <= seen <= after(200)
    assert [host.first_seen for host in inventory.known_hosts()] == [seen]


def test_an_address_is_told_of_once_however_often_a_document_says_so(inventory: Inventory) -> None:
    of = inventory.begin()
    pinned = (PinnedHost(name="www.example", addresses=("10.0.0.8", "10.0.0.9")),)
    lines = [
        HostLine(asset="www.example", address=address, up=True, names=(f"{index}.example",), at=after(1))
        for index in range(50)
        for address in ("10.0.0.8", "10.0.0.9", "10.0.0.10")
    ]
    inventory.take_in(of, inventory.save(of, lines, assets="", hosts=pinned))
    (host,) = inventory.known_hosts()
    assert (host.addresses, host.names) == (("10.0.0.8", "10.0.0.9"), ("0.example",))


def test_the_largest_texts_that_a_document_may_hold_fit_the_inventory(inventory: Inventory) -> None:
    of = inventory.begin()
    huge = Service(
        name="\u202e" * 128,
        product="\U0001f4a5" * 512,
        version="\x1b" * 256,
        extra="\x00" * 512,
        tunnel="'" * 32,
        cpe=tuple("\uffff" * 256 for _ in range(16)),
        confidence=10,
    )
    host = HostLine(
        asset="10.0.0.1", address="10.0.0.1", up=True, names=("\U0001f4a5" * 253,) * 16, vendor="=1+1", at=after(1)
    )
    lines = (told("10.0.0.1", "22", Answer.OPEN, 1), opened("10.0.0.1", 22, 1, service=huge), host)
    inventory.take_in(of, inventory.save(of, lines))
    assert inventory.exposure("10.0.0.1", 22).service == huge
    assert [each.vendor for each in inventory.known_hosts()] == ["=1+1"]


def allow(inventory: Inventory, *ranges: str, **fields: Any) -> None:
    """Only this counts in the project."""
    for each in inventory.bounds.authorities.all(PROJECT):
        inventory.table.delete(keys.authorities(PROJECT), each.id)
    inventory.bounds.authorities.create(
        authority(*ranges, project=PROJECT, starts=after(0), proved=after(0), until=LONG_AFTER, **fields)
    )


def test_what_was_seen_at_assets_that_no_authority_covered_is_refused(inventory: Inventory) -> None:
    allow(inventory, "10.0.0.0/31")
    seen = [opened(f"10.0.0.{last}", 22, 1) for last in (1, 2)]
    of = inventory.begin()
    name = inventory.save(of, [*seen, *(told(each, "22", Answer.NO_ANSWER, 1) for each in ("10.0.0.0", "10.0.0.3"))])
    counts = inventory.take_in(of, name)
    assert [each.asset for each in inventory.known()] == ["10.0.0.1"]
    assert counts.cells_covered == 2
    assert "refused" in inventory.ledger.get(PROJECT, of, name).reason


def test_what_was_seen_after_an_authority_had_ended_is_refused(inventory: Inventory) -> None:
    allow(inventory, "10.0.0.0/24", left=after(100), status="revoked")
    seen = [opened("10.0.0.1", 22, 99), opened("10.0.0.2", 22, 101)]
    of = inventory.begin()
    inventory.take_in(of, inventory.save(of, seen))
    assert [each.asset for each in inventory.known()] == ["10.0.0.1"]


def test_what_was_seen_at_what_nobody_may_scan_is_refused(inventory: Inventory) -> None:
    exclusions = inventory.bounds.exclusions
    exclusion = Exclusion(id=identifier("fragile"), targets=("10.0.0.2",), reason="fragile", by="x", created=after(0))
    exclusions.create(exclusion)
    try:
        of = inventory.begin()
        inventory.take_in(of, inventory.save(of, [opened(f"10.0.0.{last}", 22, 1) for last in (1, 2)]))
    finally:
        exclusions.delete(exclusion.id, expected=1)
    assert [each.asset for each in inventory.known()] == ["10.0.0.1"]


def test_what_was_excluded_while_the_scan_was_live_is_refused(inventory: Inventory) -> None:
    of = inventory.begin()
    inventory.ledger.narrow(PROJECT, of, ("10.0.0.2",), by="inventory")
    inventory.take_in(of, inventory.save(of, [opened(f"10.0.0.{last}", 22, 1) for last in (1, 2)]))
    assert [each.asset for each in inventory.known()] == ["10.0.0.1"]


def test_where_the_bounds_cannot_be_read_nothing_is_taken_in(inventory: Inventory) -> None:
    inventory.table.put({"pk": keys.exclusions(), "sk": "broken"})
    of = inventory.begin()
    name = inventory.save(of, [opened("10.0.0.1", 22, 1)])
    try:
        assert_refused(inventory, of, name)
    finally:
        inventory.table.delete(keys.exclusions(), "broken")
