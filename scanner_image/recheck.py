"""The inventory's open cells of a chunk that discovery did not find open, asked again: silence alone is no verdict on them."""

from collections.abc import Mapping

from functions.core.addresses import Address
from functions.core.coverage import Answer, Method
from functions.core.engine import Engine, Target, rechecks
from functions.core.intervals import IntervalSet
from scanner_image import connect
from scanner_image.batches import together
from scanner_image.cells import Verdict
from scanner_image.ports_by_nmap import PortsAsked, ask_ports
from scanner_image.sampling import Loss, is_belied
from scanner_image.scan import Scan

_NOT_HEARD = Verdict(Answer.NOT_OPEN, Method.SYN)
"""masscan's: it changes nothing."""
_SILENCES = frozenset({Answer.NO_ANSWER, Answer.OPEN_FILTERED})
_NOT_YET = Verdict(
    Answer.NOT_COVERED, Method.NONE, "silent, and as a known open port not asked to the end a second time"
)
_HEARD = frozenset({Answer.REFUSED, Answer.OPEN})
"""What a connection that hears nothing does not take back."""


async def recheck(scan: Scan) -> None:
    raw = scan.tools.mode == "raw"
    engine = rechecks(scan.spec.profile, Target(protocol=scan.spec.protocol, raw=raw)).engine
    found = scan.findings
    known = {
        (address, known.port)
        for known in scan.spec.known
        if known.protocol == scan.spec.protocol and known.port in found.cells.ports
        for address in found.assets.addresses(known.asset)
    }
    cells = sorted(
        (cell for cell in known if cell[1] not in found.open.get(cell[0], {})),
        key=lambda cell: (cell[0].version, int(cell[0]), cell[1]),
    )
    _doubt(scan, cells)
    if not cells or engine == Engine.NONE or scan.halt.is_set:
        return
    with scan.times.spent("recheck"):
        if engine == Engine.NMAP_UDP:
            await _ask_nmap(scan, cells)
            return
        missed = await _connect(scan, cells)
    _judge(scan, Loss(known=len(known) - len(cells) + missed, lost=missed))


def _doubt(scan: Scan, cells: list[tuple[Address, int]]) -> None:
    """Until they are asked again, the silence of what was open says nothing."""
    found = scan.findings.cells
    for address, port in cells:
        if found.answer(address, port).answer in _SILENCES:
            found.mark_one(address, port, _NOT_YET, at=scan.findings.clock())


async def _ask_nmap(scan: Scan, cells: list[tuple[Address, int]]) -> None:
    """A run for hosts with like ports."""
    waiting: dict[Address, frozenset[int]] = {}
    for address, port in cells:
        waiting[address] = waiting.get(address, frozenset()) | {port}
    hosts = len(waiting)
    while waiting and not scan.halt.is_set:
        group = together(waiting, most=hosts, kind=lambda address: address.version)
        for address in group:
            del waiting[address]
        await ask_ports(scan, _again(scan, group), scan.tools, raw="nmap-again", progress=lambda _fraction: None)
        scan.report.moved("recheck", 1 - len(waiting) / hosts)


def _again(scan: Scan, group: Mapping[Address, frozenset[int]]) -> PortsAsked:
    return PortsAsked(
        version=next(iter(group)).version,
        addresses=IntervalSet.of(map(int, group)),
        ports=IntervalSet.of(frozenset[int]().union(*group.values())),
        wanted=lambda address: IntervalSet.of(group.get(address, ())),
        host_timeout_s=scan.spec.profile.host_timeout_s,
    )


def _judge(scan: Scan, loss: Loss) -> None:
    """What the inventory knows to be open speaks for the rest: a path that drops the probes of the sweep alone looks like silence."""
    if not is_belied(loss):
        return
    why = (
        f"masscan heard nothing of {loss.lost} of {loss.known} known open ports that answer connections: "
        "something on the path drops its probes"
    )
    scan.report.log("warning", why)
    scan.findings.notes.append(why)
    doubt = Verdict(Answer.NOT_COVERED, Method.NONE, why)
    scan.findings.cells.doubt(_NOT_HEARD, doubt, at=scan.findings.clock())


async def _connect(scan: Scan, cells: list[tuple[Address, int]]) -> int:
    """How many of them answer, of which a sweep heard nothing."""
    found, done, missed = scan.findings, 0, 0
    async for asked in connect.ask_all(cells, rate=scan.rates.discovery):
        if scan.halt.is_set:
            return missed
        done += 1
        if asked.answer == Answer.OPEN:
            missed += found.cells.answer(asked.address, asked.port) == _NOT_HEARD
            found.opened(asked.address, asked.port, Method.CONNECT)
        elif asked.answer == Answer.REFUSED or (
            asked.answer != Answer.NOT_COVERED and found.cells.answer(asked.address, asked.port).answer not in _HEARD
        ):
            found.closed(asked.address, asked.port, Verdict(asked.answer, Method.CONNECT))
        scan.report.sent(1)
        scan.report.moved("recheck", done / len(cells))
    return missed
