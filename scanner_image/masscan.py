"""masscan: fast TCP discovery through a gateway, believed only as far as its own counters go."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from functions.core.addresses import Address, address_of
from functions.core.intervals import IntervalSet
from functions.core.messages import Command
from functions.core.ports import PortSet
from scanner_image import child
from scanner_image.halt import Halt
from scanner_image.path import Path as Route
from scanner_image.position import Position

WAIT_S = 4
SOURCE_PORTS = (16_384, 32_767)
"""Where nothing else on this machine sends from: neither the kernel's own connections nor nmap, whose answers are not masscan's."""
_IDLE_S = 30.0
_MOST_STDERR = 4096
_STRAY = 64
"""Packets of other talks on the link that may come in while masscan ends."""
_FOUND = re.compile(rb"Discovered (open|closed) port (\d{1,5})/tcp on ([0-9a-fA-F.:]{2,45})\s*$")
_SENT = re.compile(rb"(\d{1,3}\.\d\d)% done")
_ACCOUNT = re.compile(rb"vedette-pcap: received \d+, dropped (\d+), unread (\d+), sent (\d+), unsent (\d+)")
_HEARD = re.compile(rb"vedette-pcap: heard until (\d{1,15}), dropped (\d+), unsent (\d+)")
_WAITING = re.compile(rb"100\.\d\d% done, waiting -?\d+-secs, found=\d+")
"""A part of the cells ends a step beyond the last: a little more than all is done then."""

OpenPort = Callable[[Address, int], None]


def _nothing(_address: Address, _port: int) -> None:
    """For who does not want to hear of refusals."""


def _nowhere(_index: int) -> None:
    """For who does not mean to go on from there."""


@dataclass(frozen=True, kw_only=True)
class Pass:
    """One going through the cells. `seed` and `shard` choose which and in which order: the same choose the same again."""

    rate: int
    seed: int = field(default_factory=lambda: secrets.randbelow(1 << 31))
    shard: tuple[int, int] = (1, 1)
    wait_s: int = WAIT_S
    refusals: bool = False
    """Whether refused ports are told too."""
    index: int = 0
    """Where in its order it begins: an earlier attempt went up to there, with the same seed, rate and shards."""

    @property
    def residue(self) -> int:
        """masscan goes through `index + rate`, so that one part of the cells has another number at another rate."""
        part, parts = self.shard
        return (part - 1 - self.rate) % parts + 1

    @property
    def begins(self) -> int:
        """`index` as masscan is told it, which counts from there to its part's first cell."""
        return self.index - self.index % self.shard[1]

    def least(self, cells: int) -> int:
        """How many of so many cells it asks at least: parts differ by one where they do not divide them."""
        return max(0, cells - self.begins) // self.shard[1]


@dataclass(frozen=True)
class Ran:
    """`why` is empty when everything that was asked was sent, taken by the interface and waited for."""

    command: Command
    why: str
    overrun: bool = False
    """That answers came faster than this machine read them: a slower run may be believed."""


@dataclass(frozen=True)
class Masscan:
    program: str
    library: Path | None
    directory: Path
    """Where target files go: readable by the tool's user."""

    async def run(
        self,
        *,
        route: Route,
        addresses: IntervalSet,
        ports: PortSet,
        one: Pass,
        limit_s: float,
        open_port: OpenPort,
        progress: Callable[[float], None],
        raw: Callable[[bytes], None],
        halt: Halt,
        refused_port: OpenPort = _nothing,
        heard_to: Callable[[int], None] = _nowhere,
    ) -> Ran:
        """One pass; `Ran.why` says why it cannot be believed.

        `heard_to` is told up to which index everything was sent and waited for: another attempt may begin there.
        """
        targets = self.directory / f"masscan-{secrets.token_hex(4)}.targets"
        targets.write_text("".join(f"{line}\n" for line in target_lines(addresses, route)))
        cells, source_port = addresses.count * ports.count, _source_port()
        position = Position(ends=cells, wait_s=one.wait_s, heard_to=heard_to)
        counters = Counters(open_port, progress, refused_port, position, asked=one.least(cells))

        def stdout(data: bytes) -> None:
            raw(data)
            counters.stdout(data)

        ended = await child.run(
            self._argv(route=route, targets=targets, ports=ports, one=one, source_port=source_port),
            stdout=stdout,
            stderr=counters.stderr,
            limits=child.Limits(seconds=limit_s, idle_s=_IDLE_S),
            halt=halt,
            directory=self.directory,
            extra_environment={"VEDETTE_PORT": str(source_port)}
            | ({"VEDETTE_REFUSALS": "1"} if one.refusals else {})
            | ({"LD_LIBRARY_PATH": str(self.library)} if self.library else {}),
        )
        why = ended.why or counters.missing(ended.exit_code)
        overrun = bool(why) and not ended.why and counters.overrun
        return Ran(ended.command(complete=not why), f"masscan: {why}" if why else "", overrun)

    def _argv(self, *, route: Route, targets: Path, ports: PortSet, one: Pass, source_port: int) -> tuple[str, ...]:
        router = ("--router-ip", route.gateway) if route.version == 4 else ("--router-mac-ipv6", route.gateway_mac)
        return (
            self.program,
            *("-iL", str(targets), "-p", ports.canonical(), "--rate", str(one.rate), "--retries", "0"),
            *("--wait", str(one.wait_s), "--seed", str(one.seed), "--interface", route.interface),
            *("--shard", f"{one.residue}/{one.shard[1]}") * (one.shard != (1, 1)),
            *("--resume-index", str(one.begins)) * (one.begins > 0),
            *("--show", "open,closed") * one.refusals,
            *("--adapter-ip", route.source, "--adapter-port", str(source_port), *router),
        )


def _source_port() -> int:
    low, high = SOURCE_PORTS
    return low + secrets.randbelow(high - low + 1)


def target_lines(addresses: IntervalSet, route: Route) -> list[str]:
    return [
        f"{address_of(first, route.version)}-{address_of(last, route.version)}"
        if first != last
        else str(address_of(first, route.version))
        for first, last in addresses.ranges
    ]


class Account(NamedTuple):
    """Of the capture library, at the end: answers that were lost, and packets that the interface took and did not take."""

    dropped: int
    unread: int
    sent: int
    unsent: int


class Counters:
    """masscan's own account of its run. `asked`: packets without which not all was asked; its resets and ARP come on top of them."""

    def __init__(
        self,
        open_port: OpenPort,
        progress: Callable[[float], None],
        refused_port: OpenPort = _nothing,
        position: Position | None = None,
        *,
        asked: int = 0,
    ) -> None:
        self._found = {b"open": open_port, b"closed": refused_port}
        self._progress = progress
        self._position = position or Position(ends=0, wait_s=0, heard_to=_nowhere)
        self._line = b""
        self._record = b""
        self._errors = b""
        self._waited = False
        self._asked = asked
        self._account: Account | None = None

    def stdout(self, data: bytes) -> None:
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            if match := _FOUND.match(line.strip()):
                self._found[match[1]](ip_address(match[3].decode()), int(match[2]))
            elif heard := _HEARD.match(line):
                self._position.heard(int(heard[1]) / 1000, lost=int(heard[2]) + int(heard[3]))

    def stderr(self, data: bytes) -> None:
        *records, self._record = re.split(rb"[\r\n]", self._record[-_MOST_STDERR:] + data)
        for record in records:
            self._read(record)

    def _read(self, record: bytes) -> None:
        if sent := _SENT.search(record):
            self._progress(min(float(sent[1]), 100.0) / 100)
            self._position.sent(float(sent[1]) / 100)
            self._waited = self._waited or _WAITING.search(record) is not None
        elif account := _ACCOUNT.match(record):
            self._account = Account(*map(int, account.groups()))
        elif record.startswith((b"[-]", b"FAIL", b"ERR")):
            self._errors = record[:200]

    @property
    def overrun(self) -> bool:
        """Whether all was sent and waited for, and answers were lost in this machine."""
        account = self._account
        if not self._waited or self._errors or account is None or self._kept_back(account):
            return False
        return bool(account.dropped) or account.unread > _STRAY

    def _kept_back(self, account: Account) -> str:
        """masscan's own hundred percent counts steps of its loop, whatever became of their packets."""
        if account.unsent:
            return f"{account.unsent} packets were not taken by the interface"
        if account.sent < self._asked:
            return f"sent {account.sent} packets to ask {self._asked} cells"
        return ""

    def missing(self, exit_code: int | None) -> str:
        """Why the run cannot be believed; empty when it can."""
        if exit_code != 0 or self._errors:
            told = self._errors.decode(errors="replace")
            return f"ended with exit code {exit_code} {told}".rstrip()
        if not self._waited:
            return "ended before everything was sent"
        if self._account is None:
            return "ran without its capture library, with which alone its answers are complete"
        if why := self._kept_back(self._account):
            return why
        if self.overrun:
            return f"lost answers: the kernel dropped {self._account.dropped}, {self._account.unread} were left unread"
        return ""
