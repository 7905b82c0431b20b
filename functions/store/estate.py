"""Walks over records that are spread over hash buckets: which partitions a filter needs, and a bounded page over them."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from functions.core.errors import InvalidInput
from functions.core.messages import AddressRange
from functions.core.model import Model
from functions.core.quoting import quoted
from functions.store import keys
from functions.store.attributes import Item, to_model
from functions.store.cursor import Page, read_cursor, write_cursor
from functions.store.table import Table
from functions.store.writes import Range

M = TypeVar("M", bound=Model)

EVALUATED = 1000
"""The most items that one list request looks at; it answers a short page with a cursor then."""

_LAST = "#~"
"""Sorts after all that an asset key goes on with, and before the hostnames that begin with another one."""


@dataclass(frozen=True)
class Part:
    """A part of an estate: the buckets that may hold it, and the sort keys between which it lies in each."""

    buckets: tuple[int, ...] = tuple(range(keys.BUCKETS))
    lower: str | None = None
    upper: str | None = None


WHOLE = Part()


def part_of(*, address: str = "", cidr: str = "") -> Part:
    """`address`: an address or hostname; `cidr`: a network. Raises InvalidInput for both at once or what is no network."""
    if address and cidr:
        raise InvalidInput("cidr", "give an address or a network, not both")
    if address:
        return span_of(address, address)
    if not cidr:
        return WHOLE
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        raise InvalidInput("cidr", f"{quoted(cidr)} is no network: write one as in 10.0.0.0/24") from None
    return span_of(str(network.network_address), str(network.broadcast_address))


def span_of(first: str, last: str) -> Part:
    """Assets from `first` to `last`, both of one kind: one bucket where they share a block, else all of them."""
    one_block = keys.block_of(first) == keys.block_of(last)
    buckets = (keys.bucket_of(first),) if one_block else WHOLE.buckets
    return Part(buckets, keys.asset_key(first), keys.asset_key(last) + _LAST)


def spans_of(ranges: Sequence[AddressRange], hosts: Sequence[str]) -> Iterator[Part]:
    """What to read for these assets: each /24 or /64 by itself where there are few, the buckets' whole ranges where there are many."""
    for each in ranges:
        first, last = ipaddress.ip_address(each.first), ipaddress.ip_address(each.last)
        bits = 8 if first.version == 4 else 64
        blocks = (int(last) >> bits) - (int(first) >> bits) + 1
        if blocks > keys.BUCKETS:
            yield span_of(each.first, each.last)
            continue
        for block in range(int(first) >> bits, (int(last) >> bits) + 1):
            low, high = max(int(first), block << bits), min(int(last), (block + 1 << bits) - 1)
            yield span_of(str(type(first)(low)), str(type(last)(high)))
    for host in hosts:
        yield span_of(host, host)


@dataclass(frozen=True, kw_only=True)
class Estate:
    """One family of one network: `pk` of each bucket."""

    table: Table
    pk: Callable[[int], str]

    def read(self, kind: type[M], part: Part) -> Iterator[M]:
        """All of a part whose size the caller bounds."""
        for item in self.items(part):
            yield to_model(kind, item)

    def items(self, part: Part, *, fields: tuple[str, ...] = ()) -> Iterator[Item]:
        """As `read`, with only these attributes: for large parts of which little is wanted."""
        for bucket in part.buckets:
            yield from self.table.all(Range(self.pk(bucket), part.lower, part.upper, fields=fields))

    def page(
        self, kind: type[M], part: Part, match: Callable[[M], bool], *, limit: int, cursor: str, query: object
    ) -> Page[M]:
        """Those that match, bucket after bucket. Raises InvalidInput for a cursor of another list."""
        tag = (self.pk(0), query)
        bucket, after = self._position(read_cursor(cursor, *tag), part)
        kept: list[M] = []
        budget, look = EVALUATED, limit
        while bucket < len(part.buckets) and budget > 0:
            pk = self.pk(part.buckets[bucket])
            start = {keys.PK: pk, keys.SK: after} if after else {}
            found = self.table.query(Range(pk, part.lower, part.upper, start=start), limit=min(budget, look))
            look *= 2 if found.more else 1  # where few match, requests would cost more than items
            budget -= max(len(found.items), 1)
            for index, item in enumerate(found.items):
                model = to_model(kind, item)
                if match(model):
                    kept.append(model)
                if len(kept) == limit:
                    at_end = not found.more and index + 1 == len(found.items)
                    return self._cut(kept, bucket, str(item[keys.SK]), tag, part, at_end=at_end)
            after = str(found.items[-1][keys.SK]) if found.more else ""
            bucket += 0 if found.more else 1
        return Page(tuple(kept), write_cursor(f"{bucket}:{after}", *tag) if bucket < len(part.buckets) else "")

    def _cut(
        self, kept: list[M], bucket: int, after: str, tag: tuple[object, ...], part: Part, *, at_end: bool
    ) -> Page[M]:
        if at_end:
            bucket, after = bucket + 1, ""
        return Page(tuple(kept), write_cursor(f"{bucket}:{after}", *tag) if bucket < len(part.buckets) else "")

    def _position(self, position: str, part: Part) -> tuple[int, str]:
        if not position:
            return 0, ""
        bucket, _, after = position.partition(":")
        inside = not after or ((part.lower or "") <= after <= (part.upper or after))
        if not bucket.isascii() or not bucket.isdigit() or int(bucket) >= len(part.buckets) or not inside:
            raise InvalidInput("cursor", "the cursor is damaged; start the list again without one")
        return int(bucket), after
