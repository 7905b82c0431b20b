"""What one process asks of DynamoDB and S3, counted as the services themselves tell it, and what it writes into its log."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TextIO

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

    def listen(self, *handlers: logging.Handler) -> None:
        """Counts from now on the bytes that these write to a stream; who listened to one before hears no more."""
        for handler in handlers:
            if isinstance(handler, logging.StreamHandler):
                stream = handler.stream.stream if isinstance(handler.stream, _Heard) else handler.stream
                handler.setStream(_Heard(stream, lambda size: self._count("log_bytes", size)))

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


class _Heard:
    def __init__(self, stream: TextIO, tell: Callable[[int], None]) -> None:
        self.stream = stream
        self._tell = tell

    def write(self, text: str) -> int:
        self._tell(len(text.encode(errors="replace")))
        return self.stream.write(text)

    def flush(self) -> None:
        self.stream.flush()


def _ask_for_units(*, params: dict[str, Any], model: Any, **_: object) -> dict[str, Any]:
    return {**params, "ReturnConsumedCapacity": "TOTAL"} if model.name in _TOLD else params
