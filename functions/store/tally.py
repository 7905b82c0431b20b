"""What one process asks of DynamoDB and S3, counted as the services themselves tell it, and what it writes into its log."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TextIO
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest

_READS = frozenset({"BatchGetItem", "GetItem", "Query", "TransactGetItems"})
_S3_CHEAP = frozenset({"GetObject", "HeadObject"})
_S3_FREE = frozenset({"DeleteObject", "DeleteObjects"})
_REFUSALS = 300
_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})
_TOLD = frozenset({*_READS, "BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})


class Tally:
    """Units in thousandths, so that all is whole numbers, which DynamoDB adds exactly."""

    def __init__(self) -> None:
        self._amounts: Counter[str] = Counter()
        self._said = 0
        self._sent = threading.local()
        self._lock = threading.Lock()

    def watch(self, *clients: Any) -> None:
        """Counts from now on what these clients ask; watching one twice is watching it once."""
        for client in clients:
            events, service = client.meta.events, client.meta.service_model.service_name
            events.register(f"before-send.{service}", self._sending, unique_id="tally-sending")
            events.register(f"response-received.{service}", self._answered, unique_id="tally-answered")
            if service == "dynamodb":
                events.register("provide-client-params.dynamodb", _ask_for_units, unique_id="tally-ask")
                events.register("after-call.dynamodb", self._dynamodb, unique_id="tally")
            else:
                events.register("after-call.s3", self._s3, unique_id="tally")

    def said(self) -> int:
        """Bytes of all requests so far that left this machine, or are about to: without what TLS and TCP add."""
        return self._said

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

    def _sending(self, *, request: AWSPreparedRequest, **_: object) -> None:
        """Before a byte of it is on an interface: who takes these off never has too little to take."""
        leaves = urlsplit(request.url).hostname not in _THIS_MACHINE
        self._sent.head, self._sent.body = _sizes(request) if leaves else (0, 0)
        self._sent.waits = "Expect" in request.headers
        self._say(self._sent.head + self._sent.body)

    def _answered(self, *, response_dict: Mapping[str, Any] | None, exception: Exception | None, **_: object) -> None:
        """In the thread that sent it. Of a request without an answer nobody knows how much has left, and a body that waits
        to be asked for stays where the answer is a refusal."""
        if exception is not None:
            self._say(-self._sent.head - self._sent.body)
        elif self._sent.waits and response_dict and response_dict["status_code"] >= _REFUSALS:
            self._say(-self._sent.body)

    def _say(self, size: int) -> None:
        with self._lock:
            self._said += size

    def _dynamodb(self, *, parsed: Mapping[str, Any], model: Any, **_: object) -> None:
        told = parsed.get("ConsumedCapacity") or ()
        units = sum(float(each["CapacityUnits"]) for each in ([told] if isinstance(told, Mapping) else told))
        kind = "read" if model.name in _READS else "write"
        self._count(f"{kind}_milliunits", round(units * 1000))

    def _s3(self, *, model: Any, **_: object) -> None:
        if model.name not in _S3_FREE:
            self._count("s3_gets" if model.name in _S3_CHEAP else "s3_puts", 1)


def _sizes(request: AWSPreparedRequest) -> tuple[int, int]:
    """Of its head and of its body: of one that is streamed in parts, as it is without what parts them."""
    headers = request.headers
    head = sum(len(name) + len(value) + len(": \r\n") for name, value in headers.items())
    body = headers.get("Content-Length") or headers.get("X-Amz-Decoded-Content-Length") or 0
    return len(request.method) + len(urlsplit(request.url).path) + head, int(body)


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
