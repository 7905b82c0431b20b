"""Seal the audit log: every hour that has ended, empty ones too, chained to the hour before it."""

import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from functions.adapters.seals import Seals
from functions.core.errors import AlreadyExists
from functions.core.seal import GENESIS, HOUR, Header, hour_of, write_lines
from functions.store.audit_log import AuditLog

GRACE = timedelta(minutes=5)
"""After the end of an hour, for transactions that were begun in it."""
MOST = 500
"""Hours that one turn seals: three weeks of a platform that was off."""


@dataclass(frozen=True, kw_only=True)
class SealAudit:
    """The bucket alone says what is sealed: a turn that was cut off, or that met another one, is mended by the next."""

    log: AuditLog
    seals: Seals

    def __call__(self, *, now: datetime) -> tuple[datetime, ...]:
        """The hours sealed, in order."""
        hour, previous = self._next()
        sealed: list[datetime] = []
        while hour is not None and hour + HOUR + GRACE <= now and len(sealed) < MOST:
            previous = self._seal(hour, previous)
            sealed.append(hour)
            hour += HOUR
        return tuple(sealed)

    def _next(self) -> tuple[datetime | None, str]:
        newest = self.seals.newest()
        if newest is not None:
            return newest + HOUR, self.seals.head(newest)
        first = self.log.first()
        return (hour_of(first) if first else None), GENESIS

    def _seal(self, hour: datetime, previous: str) -> str:
        """Its head."""
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "seal")
            with path.open("wb") as file:
                file.writelines(write_lines(Header(hour=hour, previous=previous), self.log.all_records(hour)))
            # By a turn that ran beside this one: the chain goes on from what stands there.
            with suppress(AlreadyExists):
                self.seals.put(hour, path)
        return self.seals.head(hour)
