"""One POST to a checked address: pinned, without redirects, in bounded time."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator

import pytest

from functions.adapters.resolver import Resolver
from functions.adapters.webhook import MAX_BODY, Webhook
from functions.core.errors import Undelivered

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Line:
    """The other end of whatever is connected: answers with `answer`, a byte each `pace` seconds if there is a pace."""

    def __init__(self, answer: bytes = OK, *, pace: float = 0.0) -> None:
        self.answer = answer
        self.pace = pace
        self.connected: list[tuple[str, int]] = []
        self.got = b""
        self.thread = threading.Thread()

    def connect(self, address: tuple[str, int], _timeout: float) -> socket.socket:
        self.connected.append(address)
        ours, theirs = socket.socketpair()
        self.thread = threading.Thread(target=self._serve, args=(theirs,), daemon=True)
        self.thread.start()
        return ours

    def _serve(self, theirs: socket.socket) -> None:
        with theirs:
            while not self.got.endswith(b"}"):
                part = theirs.recv(65536)
                if not part:
                    return
                self.got += part
            try:
                for part in self._parts():
                    theirs.sendall(part)
                    time.sleep(self.pace)
            except OSError:
                return

    def _parts(self) -> Iterator[bytes]:
        if not self.pace:
            yield self.answer
            return
        for index in range(len(self.answer)):
            yield self.answer[index : index + 1]


def webhook(line: Line, *addresses: str, local: bool = False, whole_s: float = 60.0) -> Webhook:
    names = Resolver(lambda _name: addresses or ("8.8.8.8",))
    return Webhook(admit_loopback=local, resolver=names, connect=line.connect, context=Plain, whole_s=whole_s)


class Plain(ssl.SSLContext):
    """In the place of TLS: remembers for which name it was asked."""

    asked: list[str]

    def __new__(cls) -> "Plain":
        made = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        made.asked = []
        return made

    def wrap_socket(self, sock: socket.socket, *, server_hostname: str = "", **_: object) -> socket.socket:  # type: ignore[override]
        self.asked.append(server_hostname)
        return sock


def post(hook: Webhook, url: str = "https://alerts.example.com/hook?a=b", body: bytes = b"{}") -> None:
    hook.post(url, {"webhook-id": "m1"}, body)


def refused(hook: Webhook, url: str = "https://alerts.example.com/hook") -> str:
    with pytest.raises(Undelivered) as failed:
        post(hook, url)
    return failed.value.message


def test_a_message_is_one_request_to_the_address_that_was_checked() -> None:
    line = Line()
    post(webhook(line, "8.8.8.8"))
    line.thread.join(5)
    head, _, body = line.got.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    assert line.connected == [("8.8.8.8", 443)]
    assert first == "POST /hook?a=b HTTP/1.1"
    assert {"Host: alerts.example.com", "webhook-id: m1", "Content-Length: 2", "Connection: close"} <= set(fields)
    assert body == b"{}"


def test_tls_is_for_the_name_and_not_for_the_address() -> None:
    line, context = Line(), Plain()
    names = Resolver(lambda _name: ("8.8.8.8",))
    post(Webhook(admit_loopback=False, resolver=names, connect=line.connect, context=lambda: context))
    assert context.asked == ["alerts.example.com"]


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "127.0.0.1", "::1", "::ffff:a9fe:a9fe", "fd00::1"])
@pytest.mark.parametrize("others", [(), ("8.8.8.8",)])
def test_a_name_that_leads_inside_is_not_connected_to(address: str, others: tuple[str, ...]) -> None:
    line = Line()
    assert "messages are not sent to" in refused(webhook(line, *others, address))
    assert line.connected == []


def test_a_name_is_looked_up_once_for_each_message_so_that_it_cannot_change_in_between() -> None:
    line, asked = Line(), []

    def first_outside_then_inside(name: str) -> tuple[str, ...]:
        asked.append(name)
        return ("8.8.8.8",) if len(asked) == 1 else ("169.254.169.254",)

    hook = Webhook(
        admit_loopback=False, resolver=Resolver(first_outside_then_inside), connect=line.connect, context=Plain
    )
    post(hook)
    assert (asked, line.connected) == (["alerts.example.com"], [("8.8.8.8", 443)])
    assert "link-local" in refused(hook)


def test_a_name_without_an_address_is_no_connection() -> None:
    hook = Webhook(admit_loopback=False, resolver=Resolver(lambda _name: ()), connect=Line().connect, context=Plain)
    assert refused(hook) == "the host has no address"


def test_loopback_and_plain_http_are_for_the_local_stage() -> None:
    line = Line()
    post(webhook(line, "127.0.0.1", local=True), "http://127.0.0.1:8000/hook")
    assert line.connected == [("127.0.0.1", 8000)]
    assert "https" in refused(webhook(Line(), "8.8.8.8"), "http://alerts.example.com/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    line = Line(f"HTTP/1.1 {status} Moved\r\nLocation: https://169.254.169.254/\r\nContent-Length: 0\r\n\r\n".encode())
    assert refused(webhook(line)) == f"the receiver answered {status}: redirects are not followed"
    assert len(line.connected) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_any_other_status_is_a_failure_that_repeats_nothing_of_the_answer(status: int) -> None:
    line = Line(f"HTTP/1.1 {status} \x1b[2Jboo\r\nContent-Length: 3\r\n\r\nboo".encode())
    assert refused(webhook(line)) == f"the receiver answered {status}"


def test_an_answer_byte_by_byte_is_cut_off() -> None:
    line = Line(b"HTTP/1.1 200 OK\r\n" + b"X-Long: yes\r\n" * 1000, pace=0.05)
    began = time.monotonic()
    assert refused(webhook(line, whole_s=0.5))
    assert time.monotonic() - began < 60, "all of it would take minutes"


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH\r\n", b"", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000, b"\x16\x03\x01"]
)
def test_what_is_not_http_is_a_failure(answer: bytes) -> None:
    assert refused(webhook(Line(answer))) == "the receiver's answer is not HTTP, or ended before it was whole"


def test_a_message_that_is_too_long_is_not_sent() -> None:
    line = Line()
    with pytest.raises(Undelivered, match="bytes"):
        post(webhook(line), body=b"x" * (MAX_BODY + 1))
    assert line.connected == []
