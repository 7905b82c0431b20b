"""Seals of the audit log: the records of an hour chained by hash, each hour upon the one before."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from functions.core.audit import canonical
from functions.core.model import Model, Time

GENESIS = "0" * 64
"""What the first seal goes on from."""
HOUR = timedelta(hours=1)

Record = Mapping[str, Any]
"""An entry as the table keeps it, keys and all: a record that was moved has changed."""


class Header(Model):
    version: Literal[1] = 1
    hour: Time
    previous: str = Field(pattern="^[0-9a-f]{64}$")
    """The head of the seal of the hour before."""


class Line(Model):
    hash: str
    record: dict[str, Any]


class Trailer(Model):
    entries: int
    head: str
    """The last hash of the chain, which stands for this hour and all before it."""


Kind = Literal["unreadable", "broken", "gap", "unchained", "reordered", "changed", "missing", "added"]


class Fault(Model):
    hour: str
    kind: Kind
    entry: str = ""
    text: str


@dataclass(frozen=True)
class Seal:
    """As read; `faults`: why it is not to be believed."""

    hour: datetime
    previous: str
    head: str
    records: tuple[Record, ...]
    faults: tuple[Fault, ...]


def begin(header: Header) -> str:
    return _hash(header.previous, header.model_dump(mode="json"))


def link(last: str, record: Record) -> str:
    """The hash after `record` in a chain whose last one was `last`."""
    return _hash(last, record)


def write_lines(header: Header, records: Iterable[Record]) -> Iterator[bytes]:
    """The document, line by line: header, a line for each record, trailer."""
    yield canonical(header.model_dump(mode="json")) + b"\n"
    last, entries = begin(header), 0
    for record in records:
        last, entries = link(last, record), entries + 1
        yield canonical({"hash": last, "record": record}) + b"\n"
    yield canonical({"entries": entries, "head": last}) + b"\n"


def read_trailer(tail: bytes) -> Trailer:
    """Of the last bytes of a document. Raises ValueError."""
    return Trailer.model_validate_json(tail.rstrip(b"\n").rpartition(b"\n")[2])


def read_seal(hour: datetime, document: bytes) -> Seal:
    """Computes the whole chain anew."""
    try:
        first, *lines, last = (json.loads(line) for line in document.splitlines())
        header, trailer = Header.model_validate(first), Trailer.model_validate(last)
        chained = tuple(Line.model_validate(line) for line in lines)
    except ValueError as error:
        fault = Fault(hour=hour_text(hour), kind="unreadable", text=f"this is no seal: {type(error).__name__}")
        return Seal(hour, GENESIS, GENESIS, (), (fault,))
    return Seal(
        header.hour, header.previous, trailer.head, tuple(line.record for line in chained),
        tuple(_faults_of(hour, header, chained, trailer)),
    )  # fmt: skip


def _faults_of(hour: datetime, header: Header, lines: tuple[Line, ...], trailer: Trailer) -> Iterator[Fault]:
    where = hour_text(hour)
    if header.hour != hour:
        yield Fault(hour=where, kind="broken", text=f"it says that it seals {hour_text(header.hour)}")
    last = begin(header)
    for number, line in enumerate(lines, 1):
        last = link(last, line.record)
        if last != line.hash:
            text = f"the chain breaks at entry {number}: it was changed, moved, put in or left out in the seal"
            yield Fault(hour=where, kind="broken", entry=str(line.record.get("sk", "")), text=text)
            return
    if (trailer.entries, trailer.head) != (len(lines), last):
        yield Fault(hour=where, kind="broken", text=f"it ends after {len(lines)} entries, of {trailer.entries} sealed")
    names = [str(line.record.get("sk", "")) for line in lines]
    if names != sorted(names):
        yield Fault(hour=where, kind="reordered", text="entries of the seal are not in the order of their ids")


def chain_faults(before: Seal | None, seal: Seal) -> Iterator[Fault]:
    """`before`: the seal that was read before this one; None for the first."""
    where = hour_text(seal.hour)
    if before is None:
        if seal.previous != GENESIS:
            yield Fault(hour=where, kind="gap", text="seals before this one are missing")
        return
    if seal.hour != before.hour + HOUR:
        missing = int((seal.hour - before.hour) / HOUR) - 1
        yield Fault(hour=where, kind="gap", text=f"the seals of {missing} hours before this one are missing")
    elif seal.previous != before.head:
        yield Fault(hour=where, kind="unchained", text="it does not go on from the seal of the hour before")


def compare(seal: Seal, live: Iterable[Record]) -> Iterator[Fault]:
    """What the table holds of the hour now, against what was sealed."""
    where = hour_text(seal.hour)
    there = {str(record.get("sk", "")): record for record in live}
    for record in seal.records:
        entry = str(record.get("sk", ""))
        found = there.pop(entry, None)
        if found is None:
            yield Fault(hour=where, kind="missing", entry=entry, text="sealed, and no longer in the log")
        elif canonical(found) != canonical(record):
            fields = sorted(name for name in {*found, *record} if found.get(name) != record.get(name))
            text = f"changed since it was sealed: {', '.join(fields)}"
            yield Fault(hour=where, kind="changed", entry=entry, text=text)
    for entry in there:
        yield Fault(hour=where, kind="added", entry=entry, text="in the log, and was not there when it was sealed")


def hour_of(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def hour_text(hour: datetime) -> str:
    return f"{hour.astimezone(UTC):%Y-%m-%dT%H}"


def read_hour(text: str) -> datetime:
    """Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)


def _hash(last: str, value: Any) -> str:
    return hashlib.sha256(bytes.fromhex(last) + canonical(value)).hexdigest()
