"""What functions ask of DynamoDB: a proxy between them and the embedded AWS that counts items and units by AWS's own rule.

The embedded AWS tells consumed units without regard to the size of items, so they are computed here from what passes by:
a strongly consistent read costs one unit for each 4 KB begun, an eventually consistent one half of that, one of a
transaction double; a query is charged for all items that it evaluates together. A write costs one unit for each KB begun,
double in a transaction, and as much again for each index that the item is in.
"""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import ceil
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

READ_UNIT, WRITE_UNIT = 4096, 1024
INDEXES = ("gsi1pk", "gsi2pk")
_NUMBER_BYTES = 2
"""A number takes a byte for two digits, and one more."""


@dataclass
class Count:
    requests: int = 0
    items_read: int = 0
    """Evaluated, whether or not they were handed on."""
    read_units: float = 0
    items_written: int = 0
    write_units: int = 0
    written: Counter[str] = field(default_factory=Counter)
    """By family of keys."""

    def saw(self, operation: str, request: Json, response: Json) -> None:
        """A call that succeeded."""
        self.requests += 1
        rule = _RULES.get(operation)
        if rule:
            rule(self, request, response)

    def read(self, sizes: list[int], *, consistent: bool, times: int = 1) -> None:
        """One read of these items together; at least one unit is charged where nothing was found."""
        self.items_read += len(sizes)
        units = max(1, ceil(sum(sizes) / READ_UNIT)) * times
        self.read_units += units if consistent else units / 2

    def write(self, key: Json, image: Json, *, times: int = 1) -> None:
        self.items_written += 1
        self.written[_family(key)] += 1
        copies = 1 + sum(name in image for name in INDEXES)
        self.write_units += max(1, ceil(size_of(image) / WRITE_UNIT)) * copies * times


def size_of(item: Json) -> int:
    """Bytes of an item, names and values, as AWS counts them."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Json) -> int:
    ((kind, inner),) = value.items()
    return _SIZES.get(kind, lambda _inner: 1)(inner)


_SIZES: Mapping[str, Callable[[Any], int]] = {
    "S": lambda inner: len(inner.encode()),
    "N": lambda inner: ceil(len(inner.lstrip("-")) / _NUMBER_BYTES) + 1,
    "B": lambda inner: len(inner) * 3 // 4,
    "M": lambda inner: 3 + sum(len(name.encode()) + 1 + _value_size(each) for name, each in inner.items()),
    "L": lambda inner: 3 + sum(1 + _value_size(each) for each in inner),
    "SS": lambda inner: sum(len(each.encode()) for each in inner),
}
"""Null and truth take one byte."""


class Meter:
    """`count` from the last `start` on. `url` is what functions are told DynamoDB's address is.

    `ignored`: a project that is not counted: what a bench itself needs written.
    """

    def __init__(self, endpoint: str, *, ignored: str = "") -> None:
        self.ignored = ignored
        self._lock = threading.Lock()
        self.count = Count()
        self._server = _Proxy(self, endpoint)
        self._thread = threading.Thread(target=self._server.serve_forever, name="meter", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        with self._lock:
            self.count = Count()

    def saw(self, operation: str, request: Json, response: Json) -> None:
        with self._lock:
            self.count.saw(operation, request, response)

    @contextmanager
    def running(self) -> Iterator["Meter"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()


def _get(count: Count, request: Json, response: Json) -> None:
    found = [size_of(response["Item"])] if "Item" in response else []
    count.read(found, consistent=request.get("ConsistentRead", False))


def _query(count: Count, request: Json, response: Json) -> None:
    if response.get("ScannedCount", 0) != len(response.get("Items", [])):
        raise ValueError("a filtered query: the size of what it dropped is not to be seen")
    count.read([size_of(item) for item in response["Items"]], consistent=request.get("ConsistentRead", False))


def _batch_get(count: Count, request: Json, response: Json) -> None:
    for table, wanted in request["RequestItems"].items():
        found = response["Responses"].get(table, [])
        for item in found:
            count.read([size_of(item)], consistent=wanted.get("ConsistentRead", False))
        for _ in range(len(wanted["Keys"]) - len(found)):
            count.read([], consistent=wanted.get("ConsistentRead", False))


def _put(count: Count, request: Json, _response: Json) -> None:
    count.write(request["Item"], request["Item"])


def _update(count: Count, request: Json, response: Json) -> None:
    count.write(request["Key"], response.get("Attributes") or request["Key"])


def _delete(count: Count, request: Json, _response: Json) -> None:
    count.write(request["Key"], request["Key"])


def _batch_write(count: Count, request: Json, _response: Json) -> None:
    for writes in request["RequestItems"].values():
        for each in writes:
            image = each["PutRequest"]["Item"] if "PutRequest" in each else each["DeleteRequest"]["Key"]
            count.write(image, image)


def _transact(count: Count, request: Json, _response: Json) -> None:
    for each in request["TransactItems"]:
        ((kind, write),) = each.items()
        if kind == "ConditionCheck":
            count.read([], consistent=True, times=2)
            continue
        image = write["Item"] if kind == "Put" else {**write["Key"], **write.get("ExpressionAttributeValues", {})}
        count.write(write.get("Key", image), image, times=2)


_RULES: Mapping[str, Callable[[Count, Json, Json], None]] = {
    "GetItem": _get,
    "Query": _query,
    "BatchGetItem": _batch_get,
    "PutItem": _put,
    "UpdateItem": _update,
    "DeleteItem": _delete,
    "BatchWriteItem": _batch_write,
    "TransactWriteItems": _transact,
}


def _family(key: Json) -> str:
    return str(key["pk"]["S"]).partition("#")[0]


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, meter: Meter, endpoint: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.meter = meter
        self.upstream = urlsplit(endpoint).netloc


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Proxy

    def setup(self) -> None:
        super().setup()
        self.upstream = http.client.HTTPConnection(self.server.upstream, timeout=120)

    def finish(self) -> None:
        super().finish()
        self.upstream.close()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer, told = self._ask(body)
        ignored = self.server.meter.ignored
        if answer.status == 200 and not (ignored and ignored.encode() in body):
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            self.server.meter.saw(operation, json.loads(body), json.loads(told))
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def _ask(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        """Once more where the other end has hung up: a connection may have been idle for long."""
        try:
            return self._ask_once(body)
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            self.upstream.close()
            return self._ask_once(body)

    def _ask_once(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        self.upstream.request("POST", self.path, body=body, headers=dict(self.headers.items()))
        answer = self.upstream.getresponse()
        return answer, answer.read()

    def log_message(self, *_arguments: object) -> None:
        """Not a word on each request."""
