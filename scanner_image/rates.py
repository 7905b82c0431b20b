"""How an attempt's packets a second are shared out between what it does at the same time."""

from dataclasses import dataclass

from functions.core.messages import ChunkSpec
from functions.core.model import Protocol
from scanner_image.batches import SIDE_BY_SIDE

_OVERLAP_FROM = 200
"""Packets a second below which one thing is done after the other: a share of less would hold up both."""
_IDENTIFICATION_SHARE = 8


@dataclass(frozen=True)
class Rates:
    total: int
    overlap: bool
    """Whether ports are identified while others are still being looked for."""

    @classmethod
    def of(cls, spec: ChunkSpec) -> "Rates":
        """UDP is asked slowly enough as it is: hosts answer few of its probes a second."""
        overlap = spec.protocol == Protocol.TCP and spec.profile.service_detection and spec.rate >= _OVERLAP_FROM
        return cls(spec.rate, overlap)

    @property
    def discovery(self) -> int:
        return self.total - self.total // _IDENTIFICATION_SHARE if self.overlap else self.total

    def identification(self, *, alone: bool) -> int:
        """Of each run; `alone`: once discovery has ended."""
        share = self.total if alone else self.total // _IDENTIFICATION_SHARE
        return max(1, share // SIDE_BY_SIDE)
