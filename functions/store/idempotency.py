"""What a repeated POST is told: the first time it was asked, and the first answer."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.core.errors import Conflict
from functions.store import keys
from functions.store.conditions import EXISTS, new_or_expired
from functions.store.table import ConditionFailed, Table

LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class Attempt:
    first: datetime
    """When the key was first used: ids of what the POST creates derive from it."""
    response: str
    """The first answer; empty while there is none."""


class Idempotency:
    def __init__(self, table: Table) -> None:
        self.table = table

    def begin(self, project: str, key: str, *, fingerprint: str, now: datetime) -> Attempt:
        """`key`: route and caller's key; `fingerprint`: of the request's body. Raises Conflict for another body."""
        pk, sk = _key(project, key)
        expires = int((now + LIFE).timestamp())
        fields = {"fingerprint": fingerprint, "first": now, "response": "", keys.EXPIRES: expires}
        try:
            self.table.put({**fields, keys.PK: pk, keys.SK: sk}, new_or_expired(keys.EXPIRES, int(now.timestamp())))
        except ConditionFailed as failure:
            item = failure.item or {}
            if item.get("fingerprint") != fingerprint:
                raise Conflict("this idempotency key was used for another request: take a new one") from None
            return Attempt(datetime.fromisoformat(item["first"]), str(item["response"]))
        return Attempt(now, "")

    def complete(self, project: str, key: str, *, response: str, now: datetime) -> None:
        """Keeps the first answer for repeats; a record that has expired meanwhile stays gone."""
        values = {"response": response, keys.EXPIRES: int((now + LIFE).timestamp())}
        try:
            self.table.update(*_key(project, key), values, EXISTS)
        except ConditionFailed:
            return


def _key(project: str, key: str) -> tuple[str, str]:
    return keys.idempotency(project), hashlib.sha256(key.encode()).hexdigest()
