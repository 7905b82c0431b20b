"""A result's coverage, cell by cell."""

from functions.core.addresses import address_of, from_ranges
from functions.core.coverage import Answer
from functions.core.messages import ChunkSpec, CoverageLine
from functions.core.ports import PortSet

Cell = tuple[str, int]


def cells(spec: ChunkSpec, lines: list[CoverageLine]) -> dict[Cell, CoverageLine]:
    """Every cell of `lines`; fails unless they are disjoint and their union is the chunk."""
    found: dict[Cell, CoverageLine] = {}
    for line in lines:
        for cell in cells_of(line):
            assert cell not in found, f"{cell} is covered twice"
            found[cell] = line
    assert found.keys() == cells_of(spec), "coverage is not the chunk"
    return found


def answers(spec: ChunkSpec, lines: list[CoverageLine]) -> dict[Cell, Answer]:
    return {cell: line.answer for cell, line in cells(spec, lines).items()}


def cells_of(subject: ChunkSpec | CoverageLine) -> set[Cell]:
    assets = [
        str(address_of(number, version)) for version in (4, 6) for number in from_ranges(subject.addresses, version)
    ]
    assets += [host if isinstance(host, str) else host.name for host in subject.hosts]
    return {(asset, port) for asset in assets for port in PortSet.from_canonical(subject.ports).numbers}
