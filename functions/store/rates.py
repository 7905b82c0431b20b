"""How often somebody does something, minute by minute."""

from datetime import datetime

from functions.core.errors import TooManyRequests
from functions.store import keys
from functions.store.conditions import fewer_than
from functions.store.table import ConditionFailed, Table

_MINUTE = 60


class Rates:
    def __init__(self, table: Table) -> None:
        self.table = table

    def count(self, principal: str, *, most: int, now: datetime) -> int:
        """One more in this minute, and how many that makes. Raises TooManyRequests beyond `most`, which counts no more."""
        second = int(now.timestamp())
        begun = second - second % _MINUTE
        expiry = {keys.EXPIRES: begun + 2 * _MINUTE}
        try:
            item = self.table.update(
                keys.rate(principal), str(begun), expiry, fewer_than("count", most), add={"count": 1}
            )
        except ConditionFailed:
            wait = begun + _MINUTE - second
            raise TooManyRequests(f"this is more than {most} requests in a minute", retry_after=wait) from None
        return int(item["count"])
