"""A sort that does not fit into memory: lines with a key each, kept on this machine's disk, given back in order."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

_PAGES_IN_MEMORY = 1000


class Spill:
    """A later line of the same key takes the place of the earlier one."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._database.execute(f"PRAGMA cache_size = {_PAGES_IN_MEMORY}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE line (key TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID")

    @classmethod
    @contextmanager
    def on_disk(cls) -> Iterator[Self]:
        with TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder, "lines"))) as database:
            yield cls(database)

    def put(self, key: str, text: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO line VALUES (?, ?)", (key, text))

    def count(self, first: str, last: str) -> int:
        (number,) = self._database.execute(
            "SELECT count(*) FROM line WHERE key BETWEEN ? AND ?", (first, last)
        ).fetchone()
        return int(number)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield from self._database.execute("SELECT key, text FROM line ORDER BY key")
