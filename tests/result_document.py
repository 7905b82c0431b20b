"""A result document as the worker writes it, from lines."""

import gzip
import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from functions.core.messages import CoverageLine, HostLine, ObservationLine, ResultHeader, ResultTrailer

Line = HostLine | ObservationLine | CoverageLine


def write_result(path: Path, *, header: ResultHeader, lines: Sequence[Line], ended: datetime) -> Path:
    texts = [line.model_dump_json() + "\n" for line in (header, *lines)]
    trailer = ResultTrailer(
        ended=ended,
        outcome="complete",
        hosts=sum(isinstance(line, HostLine) for line in lines),
        observations=sum(isinstance(line, ObservationLine) for line in lines),
        coverage=sum(isinstance(line, CoverageLine) for line in lines),
        commands=(),
        digest=hashlib.sha256("".join(texts).encode()).hexdigest(),
    )
    path.write_bytes(gzip.compress("".join([*texts, trailer.model_dump_json() + "\n"]).encode()))
    return path
