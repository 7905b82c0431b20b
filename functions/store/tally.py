"""What one process asks of DynamoDB and S3, counted as the services themselves tell it."""

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

_READS = frozenset({"BatchGetItem", "GetItem", "Query", "TransactGetItems"})
_S3_CHEAP = frozenset({"GetObject", "HeadObject"})
_S3_FREE = frozenset({"DeleteObject", "DeleteObjects"})
_TOLD = frozenset({*_READS, "BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})


class Tally:
    """Units in thousandths, so that all is whole numbers, which DynamoDB adds exactly."""

    def __init__(self) -> None:
        self._amounts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def watch(self, *clients: Any) -> None:
        """Counts from now on what these clients ask; watching one twice is watching it once."""
        for client in clients:
            events, service = client.meta.events, client.meta.service_model.service_name
            if service == "dynamodb":
                events.register("provide-client-params.dynamodb", _ask_for_units, unique_id="tally-ask")
                events.register("after-call.dynamodb", self._dynamodb, unique_id="tally")
            else:
                events.register("after-call.s3", self._s3, unique_id="tally")

    def take(self) -> dict[str, int]:
        """What was counted since the last time."""
        with self._lock:
            taken = {name: amount for name, amount in self._amounts.items() if amount}
            self._amounts.clear()
        return taken

    def _count(self, name: str, amount: int) -> None:
        with self._lock:
            self._amounts[name] += amount

    def _dynamodb(self, *, parsed: Mapping[str, Any], model: Any, **_: object) -> None:
        told = parsed.get("ConsumedCapacity") or ()
        units = sum(float(each["CapacityUnits"]) for each in ([told] if isinstance(told, Mapping) else told))
        kind = "read" if model.name in _READS else "write"
        self._count(f"{kind}_milliunits", round(units * 1000))

    def _s3(self, *, model: Any, **_: object) -> None:
        if model.name not in _S3_FREE:
            self._count("s3_gets" if model.name in _S3_CHEAP else "s3_puts", 1)


def _ask_for_units(*, params: dict[str, Any], model: Any, **_: object) -> dict[str, Any]:
    return {**params, "ReturnConsumedCapacity": "TOTAL"} if model.name in _TOLD else params
