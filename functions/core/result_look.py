"""What a result shows of a host's ports taken together."""

from collections import defaultdict
from functools import cached_property

from functions.core.block_evidence import BlockEvidence, Cell, Seen
from functions.core.coverage import COVERED, Answer
from functions.core.coverage_map import CoverageMap
from functions.core.everything import FEWEST_PORTS, Look, is_evidence
from functions.core.host import Host
from functions.core.intervals import IntervalSet
from functions.core.ports import PortSet


class Looks:
    """The hosts of one block in one chunk. `ports`: the chunk's; `before`: what was covered before this result."""

    def __init__(self, block: BlockEvidence, seen: dict[Cell, Seen], before: CoverageMap, ports: PortSet) -> None:
        self._block, self._seen, self._before, self._ports = block, seen, before, ports

    def of(self, asset: str, known: Host | None) -> Look | None:
        """None where it says nothing: few ports, a host like any other, or evidence that is older than what is known."""
        offset = self._block.block.offset(asset)
        opens = self._open[offset]
        flagged = known is not None and known.answers_everything is not None
        if len(opens) < FEWEST_PORTS and not flagged:
            return None
        rectangles = [each for each in self._block.rectangles if each.answer in COVERED and offset in each.assets]
        covered = IntervalSet.from_ranges(part for each in rectangles for part in each.ports.ranges)
        if not covered:
            return None
        at = max(each.at for each in rectangles)
        earlier = self._before.covered(asset, covered.ranges[0][0])
        if earlier is not None and earlier.stamp.last >= at:
            return None
        identified = sum(is_evidence(each.service) for each in opens)
        return Look(asked=self._ports.numbers, covered=covered, open=len(opens), identified=identified, at=at)

    @cached_property
    def _open(self) -> defaultdict[int, list[Seen]]:
        """What answered, by the offset of its host."""
        found: defaultdict[int, list[Seen]] = defaultdict(list)
        for (offset, _), each in self._seen.items():
            if each.answer is Answer.OPEN:
                found[offset].append(each)
        return found
