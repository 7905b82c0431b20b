"""Discovery without a tool: one connection to each cell, for the few cells of a confirmation."""

from functions.core.addresses import Version, address_of
from functions.core.coverage import Answer, Method
from functions.core.intervals import IntervalSet
from scanner_image import connect
from scanner_image.cells import Verdict
from scanner_image.scan import Scan


async def probe(scan: Scan, version: Version, addresses: IntervalSet) -> None:
    """Every cell ends with its own answer; one that this machine could not ask stays as it was, not covered."""
    found = scan.findings
    ports = found.cells.ports
    left = {number: found.cells.unanswered(address_of(number, version)) for number in addresses}
    cells = [(address_of(number, version), port) for port in ports for number in addresses if port in left[number]]
    scan.report.log("info", f"connections: {len(cells)} cells at {scan.spec.rate}/s")
    done = 0
    async for asked in connect.ask_all(cells, rate=scan.spec.rate):
        if scan.halt.is_set:
            return
        done += 1
        if asked.answer == Answer.OPEN:
            found.opened(asked.address, asked.port, Method.CONNECT)
        elif asked.answer != Answer.NOT_COVERED:
            found.closed(asked.address, asked.port, Verdict(asked.answer, Method.CONNECT))
        scan.report.sent(1)
        scan.report.moved("discovery", done / len(cells))
