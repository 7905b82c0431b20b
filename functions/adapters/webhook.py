"""One signed POST to a receiver somewhere on the internet: to a checked address only, in bounded time, without redirects."""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from functions.adapters.resolver import Resolver
from functions.core.egress import Endpoint, check_destination, parse_url
from functions.core.errors import InvalidInput, Undelivered

TIMEOUT_S = 5.0
"""For the look-up, the connection, and each part of the exchange."""
WHOLE_S = 12.0
"""For all of it: a receiver that answers byte by byte ends here."""
MAX_BODY = 256 * 1024

Connect = Callable[[tuple[str, int], float], socket.socket]


@cache
def _tls() -> ssl.SSLContext:
    """Reads the machine's certificates: when they are first needed."""
    return ssl.create_default_context()


class Webhook:
    """`admit_loopback`: the local stage alone, which admits plain HTTP too. `connect`, `context`: the seams for tests."""

    def __init__(
        self,
        *,
        admit_loopback: bool,
        resolver: Resolver | None = None,
        connect: Connect = socket.create_connection,
        context: Callable[[], ssl.SSLContext] = _tls,
        whole_s: float = WHOLE_S,
    ) -> None:
        self._admit_loopback = admit_loopback
        self._resolver = resolver or Resolver(timeout_s=TIMEOUT_S)
        self._connect = connect
        self._context = context
        self._whole_s = whole_s

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raises Undelivered for anything but a 2xx answer, in words that repeat nothing the receiver said."""
        if len(body) > MAX_BODY:
            raise Undelivered(f"the message has more than {MAX_BODY} bytes")
        try:
            endpoint = parse_url(url, "url", plain_http=self._admit_loopback)
            addresses = self._resolver.resolve([endpoint.host])[endpoint.host]
            address = check_destination(addresses, "url", admit_loopback=self._admit_loopback)
            with self._connected(endpoint, address) as connection:
                status = _exchange(connection, endpoint, headers, body)
        except InvalidInput as error:
            raise Undelivered(error.message) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Undelivered(_reason(error)) from None
        if not 200 <= status <= 299:
            redirect = ": redirects are not followed" if 300 <= status <= 399 else ""
            raise Undelivered(f"the receiver answered {status}{redirect}")

    @contextmanager
    def _connected(self, endpoint: Endpoint, address: str) -> Iterator[http.client.HTTPConnection]:
        """To `address` and no other, whatever the name resolves to by now; TLS is for the name."""
        raw = self._connect((address, endpoint.port), TIMEOUT_S)
        raw.settimeout(TIMEOUT_S)
        connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=TIMEOUT_S)
        guard = threading.Timer(self._whole_s, _cut, (raw,))
        guard.daemon = True
        guard.start()
        try:
            secure = endpoint.scheme == "https"
            connection.sock = self._context().wrap_socket(raw, server_hostname=endpoint.host) if secure else raw
            yield connection
        finally:
            guard.cancel()
            connection.close()
            raw.close()


def _exchange(
    connection: http.client.HTTPConnection, endpoint: Endpoint, headers: Mapping[str, str], body: bytes
) -> int:
    connection.putrequest("POST", endpoint.target, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", endpoint.netloc)
    whole = {"Content-Type": "application/json", "User-Agent": "Vedette", "Connection": "close", **headers}
    for name, value in {**whole, "Content-Length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.endheaders(body)
    return connection.getresponse().status


def _cut(raw: socket.socket) -> None:
    try:
        raw.shutdown(socket.SHUT_RDWR)
    except OSError:
        # Closed already: the exchange has just ended.
        return


def _reason(error: Exception) -> str:
    match error:
        case TimeoutError():
            return f"the receiver did not answer within {TIMEOUT_S:.0f} s"
        case ssl.SSLCertVerificationError():
            return f"the receiver's certificate is not valid: {error.verify_message}"
        case ssl.SSLError():
            return f"no TLS with the receiver: {error.reason}"
        case ConnectionRefusedError():
            return "the receiver refused the connection"
        case OSError() if not isinstance(error, http.client.HTTPException):
            return f"no connection to the receiver: {error.strerror or type(error).__name__}"
        case _:
            return "the receiver's answer is not HTTP, or ended before it was whole"
