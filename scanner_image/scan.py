"""What every step of one attempt's scan works with."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from functions.core.addresses import Address
from functions.core.effort import Sampled
from functions.core.messages import ChunkSpec
from scanner_image.findings import Findings
from scanner_image.halt import Halt
from scanner_image.rates import Rates
from scanner_image.raw import RawOutput
from scanner_image.report import Report
from scanner_image.story import Stories
from scanner_image.times import Times
from scanner_image.tools import Tools


@dataclass(frozen=True)
class Scan:
    spec: ChunkSpec
    tools: Tools
    findings: Findings
    report: Report
    raw: RawOutput
    halt: Halt
    directory: Path
    """Where target files go: readable by the tools' user."""
    ends: float
    """When the attempt's deadline falls, on the monotonic clock."""
    times: Times = field(default_factory=Times)
    sampled: list[Sampled] = field(default_factory=list)
    """What the sample showed, of each path that masscan discovered by."""

    stories: Stories = field(default_factory=Stories)
    """How far each sweep of masscan is."""
    asked: dict[Address, set[int]] = field(default_factory=dict)
    """Open ports that have been asked what they are, to the end."""

    @property
    def rates(self) -> Rates:
        return Rates.of(self.spec)

    @property
    def seconds_left(self) -> float:
        return max(self.ends - time.monotonic(), 1.0)
