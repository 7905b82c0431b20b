"""The result document: written as a stream, counted, and sealed with a digest."""

import gzip
import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

from functions.core.messages import (
    Command,
    CoverageLine,
    HostLine,
    ObservationLine,
    ResultHeader,
    ResultTrailer,
)

Body = HostLine | ObservationLine | CoverageLine
Outcome = Literal["complete", "partial", "stopped"]


def write(
    path: Path,
    *,
    header: ResultHeader,
    lines: Iterable[Body],
    outcome: Outcome,
    reason: str,
    commands: Iterable[Command],
    ended: datetime,
) -> ResultTrailer:
    """Write `path`, a gzip of JSON Lines, and give its trailer."""
    digest, counts = hashlib.sha256(), {"host": 0, "observation": 0, "coverage": 0}
    with gzip.open(path, "wb", compresslevel=6) as file:

        def put(line: ResultHeader | Body) -> None:
            data = line.model_dump_json().encode() + b"\n"
            digest.update(data)
            file.write(data)

        put(header)
        for line in lines:
            put(line)
            counts[line.kind] += 1
        trailer = ResultTrailer(
            ended=ended,
            outcome=outcome,
            reason=reason[:512],
            hosts=counts["host"],
            observations=counts["observation"],
            coverage=counts["coverage"],
            commands=tuple(commands),
            digest=digest.hexdigest(),
        )
        file.write(trailer.model_dump_json().encode() + b"\n")
    return trailer
