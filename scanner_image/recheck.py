"""The inventory's open cells of a chunk, asked again one by one: silence in discovery is no verdict on them."""

from functions.core.addresses import Address
from functions.core.coverage import Answer, Method
from functions.core.engine import Engine, Target, rechecks
from scanner_image import connect
from scanner_image.cells import Verdict
from scanner_image.scan import Scan


async def recheck(scan: Scan) -> None:
    if rechecks(scan.spec.profile, Target(protocol=scan.spec.protocol)).engine == Engine.NONE:
        return
    found = scan.findings
    cells = sorted(
        {
            (address, known.port)
            for known in scan.spec.known
            if known.protocol == scan.spec.protocol and known.port in found.cells.ports
            for address in found.assets.addresses(known.asset)
            if known.port not in found.open.get(address, {})
        },
        key=lambda cell: (cell[0].version, int(cell[0]), cell[1]),
    )
    if cells:
        with scan.times.spent("recheck"):
            await _ask(scan, cells)


async def _ask(scan: Scan, cells: list[tuple[Address, int]]) -> None:
    found, done = scan.findings, 0
    async for asked in connect.ask_all(cells, rate=scan.rates.discovery):
        if scan.halt.is_set:
            return
        done += 1
        if asked.answer == Answer.OPEN:
            found.opened(asked.address, asked.port, Method.CONNECT)
        elif asked.answer != Answer.NOT_COVERED:
            found.closed(asked.address, asked.port, Verdict(asked.answer, Method.CONNECT))
        scan.report.sent(1)
        scan.report.moved("recheck", done / len(cells))
