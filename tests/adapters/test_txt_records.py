"""TXT records from a resolver on loopback that answers what a test tells it."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from functions.adapters.txt_records import TxtRecords
from functions.core.errors import Unavailable

pytestmark = pytest.mark.enable_socket

Answer = Callable[[bytes], bytes]
NAME = "_vedette-challenge.example.com"


def answered(query: bytes, *texts: bytes, code: int = 0, flags: int = 0, number: int | None = None) -> bytes:
    records = b"".join(
        b"\xc0\x0c" + struct.pack("!2HIH", 16, 1, 60, len(text)) + text for text in (_split(each) for each in texts)
    )
    asked = struct.unpack_from("!H", query)[0] if number is None else number
    return struct.pack("!6H", asked, 0x8180 | flags | code, 1, len(texts), 0, 0) + query[12:] + records


def _split(text: bytes) -> bytes:
    return b"".join(bytes([len(text[at : at + 255])]) + text[at : at + 255] for at in range(0, len(text), 255))


@contextmanager
def resolver(answer: Answer, *, over_tcp: Answer | None = None) -> Iterator[str]:
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(tcp.getsockname())
        tcp.listen()

        def serve() -> None:
            while True:
                query, where = udp.recvfrom(4096)
                if not query:
                    return
                udp.sendto(answer(query), where)
                if over_tcp:
                    stream, _ = tcp.accept()
                    with stream:
                        whole = over_tcp(stream.recv(4096)[2:])
                        stream.sendall(struct.pack("!H", len(whole)) + whole)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{udp.getsockname()[1]}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", udp.getsockname())
        thread.join()


def ask(server: str) -> frozenset[str]:
    return TxtRecords(server, timeout_s=60).of(NAME)


def test_every_text_of_a_name_is_told_long_ones_whole() -> None:
    with resolver(lambda query: answered(query, b"vedette=1", b"x" * 300)) as server:
        assert ask(server) == {"vedette=1", "x" * 300}


def test_a_name_that_is_not_there_has_no_texts() -> None:
    with resolver(lambda query: answered(query, code=3)) as server:
        assert ask(server) == frozenset()


def test_an_answer_that_was_cut_is_asked_for_again_over_tcp() -> None:
    with resolver(lambda query: answered(query, flags=0x0200), over_tcp=lambda query: answered(query, b"whole")) as at:
        assert ask(at) == {"whole"}


@pytest.mark.parametrize(
    "answer",
    [
        lambda query: b"",
        lambda query: b"\0" * 5,
        lambda query: answered(query, b"x", code=2),
        lambda query: answered(query, b"x", number=struct.unpack_from("!H", query)[0] ^ 1),
        lambda query: answered(query, b"x")[:-4],
        lambda query: answered(query[:12] + b"\4evil" + query[17:], b"x"),
    ],
    ids=["nothing", "nonsense", "failure", "another number", "cut off", "another question"],
)
def test_without_an_answer_to_the_question_nothing_is_taken_for_granted(answer: Answer) -> None:
    with resolver(answer) as server, pytest.raises(Unavailable):
        ask(server)
