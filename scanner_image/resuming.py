"""From an attempt's state to a checkpoint, and back into the state of the next attempt."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address

from functions.core.addresses import Address, to_ranges
from functions.core.ports import PortSet
from scanner_image.cells import Settled, Verdict
from scanner_image.checkpoint import (
    MOST_ADDRESSES,
    MOST_PORTS,
    Checkpoint,
    Found,
    Host,
    Ports,
    Rectangle,
    Run,
    Sweep,
    spec_digest,
)
from scanner_image.findings import Findings, OpenPort
from scanner_image.masscan import Pass
from scanner_image.scan import Scan
from scanner_image.story import Story, Told

_MOST_NOTES, _MOST_COMMANDS = 200, 2000
_NOTE = 1024

Cells = set[tuple[Address, int]]


def told_of(scan: Scan, *, attempt: int, now: datetime) -> Checkpoint | None:
    """What is known by now, without what was said of cells that are asked again; None where it has grown too large to be written down."""
    found = scan.findings
    settled = list(found.cells.settled())
    named = found.open_ports + sum(len(run.open) + len(run.refused) for _, each in scan.stories for run in each.runs)
    if named > MOST_PORTS or sum(each.addresses.count for each in settled if each.ports) > MOST_ADDRESSES:
        return None
    return Checkpoint(
        spec=spec_digest(scan.spec),
        attempt=attempt,
        saved=now,
        open=tuple(_open(found)),
        asked=_ports((address, port) for address, ports in scan.asked.items() for port in ports),
        hosts=tuple(_hosts(found)),
        settled=tuple(_rectangle(each) for each in settled),
        sweeps=tuple(_sweep(cells, story) for cells, story in scan.stories),
        sampled=tuple(each for each in scan.sampled if each.is_sure),
        commands=tuple(found.commands[-_MOST_COMMANDS:]),
        notes=tuple(note[:_NOTE] for note in found.notes if note not in found.cells.doubts)[-_MOST_NOTES:],
    )


def go_on(scan: Scan, told: Checkpoint) -> None:
    """Take up what an earlier attempt knew."""
    found = scan.findings
    for each in told.settled:
        verdict = Verdict(each.answer, each.how, each.reason)
        ports = PortSet.from_canonical(each.ports).numbers
        found.cells.take(Settled(each.ip, each.numbers, ports, verdict, each.at))
    for group in told.open:
        for address, port in _cells((group,)):
            found.recalled(address, port, replace(group.found))
    for address, port in _cells(told.asked):
        scan.asked.setdefault(address, set()).add(port)
    for host in told.hosts:
        address = ip_address(host.address)
        if host.seen:
            found.hosts[address] = host.seen
        if host.system:
            found.systems[address] = host.system
    for sweep in told.sweeps:
        scan.stories.take(sweep.cells, Story(sweep.rate, sweep.seed, list(_runs(sweep.runs))))
    scan.sampled.extend(told.sampled)
    found.commands.extend(told.commands)
    found.notes.extend(note for note in told.notes if note not in found.notes)


def _open(found: Findings) -> Iterator[Found]:
    """Ports of which no more is known than when they were found go together, second by second."""
    for address, ports in found.open.items():
        alike: dict[tuple[str, datetime], list[int]] = {}
        for port, each in ports.items():
            if each == OpenPort(each.how, each.at):
                alike.setdefault((each.how, each.at.replace(microsecond=0)), []).append(port)
            else:
                yield Found(address=str(address), ports=str(port), found=each)
        for (_, at), numbers in alike.items():
            one = replace(ports[numbers[0]], at=at)
            yield Found(address=str(address), ports=PortSet.of(numbers).canonical(), found=one)


def _hosts(found: Findings) -> Iterator[Host]:
    for address in {**found.hosts, **found.systems}:
        yield Host(address=str(address), seen=found.hosts.get(address), system=found.systems.get(address, "")[:256])


def _rectangle(each: Settled) -> Rectangle:
    return Rectangle(
        addresses=to_ranges(each.addresses, each.version),
        ports=PortSet(each.ports).canonical(),
        answer=each.verdict.answer,
        how=each.verdict.how,
        reason=each.verdict.reason[:512],
        at=each.at,
    )


def _sweep(cells: str, story: Story) -> Sweep:
    runs: list[Run] = []
    before = Told(Pass(rate=1))
    for told in story.runs:
        one = told.one
        runs.append(
            Run(
                rate=one.rate,
                seed=one.seed,
                shard=one.shard,
                wait_s=one.wait_s,
                refusals=one.refusals,
                reached=told.reached,
                ended=told.ended,
                why=told.why[:_NOTE],
                overrun=told.overrun,
                open=_ports(told.open ^ before.open),
                refused=_ports(told.refused ^ before.refused),
            )
        )
        before = told
    return Sweep(cells=cells, rate=story.rate, seed=story.seed, runs=tuple(runs))


def _runs(runs: Iterable[Run]) -> Iterator[Told]:
    before = Told(Pass(rate=1))
    for run in runs:
        one = Pass(
            rate=run.rate,
            seed=run.seed,
            shard=run.shard,
            wait_s=run.wait_s,
            refusals=run.refusals,
        )
        told = Told(
            one=one,
            open=_cells(run.open) ^ before.open,
            refused=_cells(run.refused) ^ before.refused,
            reached=run.reached,
            ended=run.ended,
            why=run.why,
            overrun=run.overrun,
        )
        yield told
        before = told


def _ports(cells: Iterable[tuple[Address, int]]) -> tuple[Ports, ...]:
    by_address: dict[Address, list[int]] = {}
    for address, port in cells:
        by_address.setdefault(address, []).append(port)
    return tuple(
        Ports(address=str(address), ports=PortSet.of(ports).canonical()) for address, ports in by_address.items()
    )


def _cells(groups: Iterable[Ports]) -> Cells:
    return {
        (ip_address(group.address), port) for group in groups for port in PortSet.from_canonical(group.ports).numbers
    }
