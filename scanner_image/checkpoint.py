"""What an attempt leaves for the next one of its chunk while it works: as it is written down, and as it is believed."""

import gzip
import hashlib
import json
import zlib
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from functions.core.addresses import Version, from_ranges
from functions.core.coverage import Answer, Method
from functions.core.effort import Sampled
from functions.core.errors import Corrupt
from functions.core.intervals import IntervalSet
from functions.core.messages import AddressRange, CanonicalAddress, CanonicalPorts, ChunkSpec, Command
from functions.core.model import Model, Time
from functions.core.ports import PortSet
from scanner_image.assets import Assets
from scanner_image.findings import OpenPort, SeenHost
from scanner_image.story import MOST_RUNS

MOST_BYTES = 4 << 20
MOST_UNPACKED = 32 << 20
MOST_PORTS = 500_000
"""Of all that it names one by one."""
MOST_ADDRESSES = 1_000_000
OLDEST = timedelta(days=1)
"""What was silent longer ago may have begun to speak."""

_DIGEST = r"^[0-9a-f]{64}$"


def _timed(found: OpenPort | SeenHost) -> OpenPort | SeenHost:
    if found.at.tzinfo is None:
        raise ValueError("a time without its zone")
    return found


class Ports(Model):
    """Ports of one address."""

    address: CanonicalAddress
    ports: CanonicalPorts

    @property
    def count(self) -> int:
        return PortSet.from_canonical(self.ports).count


class Found(Ports):
    """Open ports that say the same of themselves."""

    found: Annotated[OpenPort, AfterValidator(_timed)]


class Host(Model):
    address: CanonicalAddress
    seen: Annotated[SeenHost, AfterValidator(_timed)] | None = None
    system: str = Field(default="", max_length=256)


class Rectangle(Model):
    """`ports` is empty for all that have no answer of their own."""

    addresses: tuple[AddressRange, ...] = Field(min_length=1)
    ports: CanonicalPorts
    answer: Literal[
        Answer.REFUSED,
        Answer.NO_ANSWER,
        Answer.OPEN_FILTERED,
        Answer.FILTERED,
        Answer.HOST_DOWN,
        Answer.NOT_OPEN,
        Answer.EXCLUDED,
    ]
    how: Method
    reason: str = Field(default="", max_length=512)
    at: Time

    @property
    def ip(self) -> Version:
        return 4 if ip_address(self.addresses[0].first).version == 4 else 6

    @property
    def numbers(self) -> IntervalSet:
        return from_ranges(self.addresses, self.ip)


class Run(Model):
    """One run of masscan. `open` and `refused`: what it heard and the one before it did not, or the other way round."""

    rate: int = Field(ge=1)
    seed: int = Field(ge=0, lt=1 << 31)
    shard: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    wait_s: int = Field(ge=0, le=60)
    refusals: bool
    reached: int = Field(ge=0, le=1 << 62)
    """The index up to which everything was sent and waited for."""
    ended: bool
    why: str = Field(default="", max_length=1024)
    overrun: bool = False
    open: tuple[Ports, ...] = ()
    refused: tuple[Ports, ...] = ()


class Sweep(Model):
    cells: str = Field(pattern=_DIGEST)
    rate: int = Field(ge=1)
    seed: int = Field(ge=0, lt=1 << 31)
    runs: tuple[Run, ...] = Field(max_length=MOST_RUNS)


class Checkpoint(Model):
    version: Literal[1] = 1
    spec: str = Field(pattern=_DIGEST)
    attempt: int = Field(ge=1)
    saved: Time
    open: tuple[Found, ...] = ()
    asked: tuple[Ports, ...] = ()
    """Open ports that have been asked what they are, to the end."""
    hosts: tuple[Host, ...] = ()
    settled: tuple[Rectangle, ...] = ()
    sweeps: tuple[Sweep, ...] = Field(default=(), max_length=256)
    sampled: tuple[Sampled, ...] = Field(default=(), max_length=256)
    commands: tuple[Command, ...] = Field(default=(), max_length=2000)
    notes: tuple[Annotated[str, Field(max_length=1024)], ...] = Field(default=(), max_length=200)

    def pack(self) -> bytes:
        return gzip.compress(self.model_dump_json().encode(), compresslevel=3, mtime=0)


def spec_digest(spec: ChunkSpec) -> str:
    """Of what is asked: the assets and ports that may still be probed, and the profile; not of how fast, or until when."""
    asked = spec.model_dump(mode="json", include={"addresses", "hosts", "protocol", "ports", "profile"})
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def believed(body: bytes, spec: ChunkSpec, *, attempt: int, now: datetime) -> Checkpoint:
    """What an earlier attempt left, which may have fallen to a host that it scanned. Raises Corrupt for what does not fit."""
    try:
        told = Checkpoint.model_validate_json(_unpacked(body))
    except ValueError as error:
        raise Corrupt(f"it is none: {str(error)[:200]}") from error
    if told.spec != spec_digest(spec):
        raise Corrupt("it is of other targets, ports or another profile")
    if told.attempt >= attempt:
        raise Corrupt(f"it is of attempt {told.attempt}")
    if not now - OLDEST <= told.saved <= now + OLDEST:
        raise Corrupt(f"it is of {told.saved:%Y-%m-%dT%H:%M:%SZ}")
    _check_cells(told, spec)
    return told


def _unpacked(body: bytes) -> bytes:
    if len(body) > MOST_BYTES:
        raise Corrupt("it is larger than any may be")
    unpacking = zlib.decompressobj(wbits=31)
    try:
        text = unpacking.decompress(body, MOST_UNPACKED)
    except zlib.error as error:
        raise Corrupt(f"it is not gzip: {error}") from error
    if not unpacking.eof:
        raise Corrupt("it is cut off, or larger than any may be")
    return text


def _check_cells(told: Checkpoint, spec: ChunkSpec) -> None:
    """Cells of others are refused, and more than the chunk can have."""
    ports = PortSet.from_canonical(spec.ports).numbers
    single = [*told.open, *told.asked]
    single += [each for sweep in told.sweeps for run in sweep.runs for each in (*run.open, *run.refused)]
    if sum(each.count for each in single) > MOST_PORTS:
        raise Corrupt("it names more ports than any may")
    assets = Assets(spec)
    named = {*(each.address for each in single), *(host.address for host in told.hosts)}
    texts = {*(each.ports for each in single), *(each.ports for each in told.settled)}
    strange = any(PortSet.from_canonical(text).numbers - ports for text in texts)
    if strange or not all(assets.of(ip_address(text)) for text in named):
        raise Corrupt("it tells of cells of another chunk")
    targets = assets.targets()
    marked = 0
    for rectangle in told.settled:
        marked += rectangle.numbers.count if rectangle.ports else 0
        if rectangle.numbers - targets[rectangle.ip]:
            raise Corrupt("it tells of cells of another chunk")
    if marked > MOST_ADDRESSES:
        raise Corrupt("it names more addresses than any may")
