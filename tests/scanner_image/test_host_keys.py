"""The keys of an SSH server, by the keys themselves."""

import base64
import hashlib

import pytest

from functions.core.facts import HostKey
from scanner_image.host_keys import keys_of


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data


def blob(kind: str, *parts: bytes) -> str:
    return base64.b64encode(b"".join(map(string, (kind.encode(), *parts)))).decode()


RSA = blob("ssh-rsa", b"\x01\x00\x01", b"\x00" + b"\xff" * 384)
ED25519 = blob("ssh-ed25519", b"k" * 32)
ECDSA = blob("ecdsa-sha2-nistp384", b"nistp384", b"q" * 97)


def fingerprint(key: str) -> str:
    return base64.b64encode(hashlib.sha256(base64.b64decode(key)).digest()).decode().rstrip("=")


def test_type_length_and_fingerprint_are_the_keys_own() -> None:
    text = f"\n\n{RSA}\n3072\nd954\nssh-rsa\n\n{ED25519}\n256\n...{ECDSA}"

    assert keys_of(text) == (
        HostKey(type="ecdsa-sha2-nistp384", bits=384, sha256=fingerprint(ECDSA)),
        HostKey(type="ssh-ed25519", bits=256, sha256=fingerprint(ED25519)),
        HostKey(type="ssh-rsa", bits=3072, sha256=fingerprint(RSA)),
    )


@pytest.mark.parametrize("text", ["", "AAAA", "AAAA" + "/" * 40, blob("\x1b[2J evil", b"x" * 40), ED25519[:21]])
def test_what_is_no_key_is_left_out(text: str) -> None:
    assert keys_of(text) == ()
