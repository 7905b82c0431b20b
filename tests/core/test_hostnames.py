"""Hostnames that nothing can read as an address or an option."""

import pytest

from functions.core.errors import InvalidInput
from functions.core.hostnames import parse_hostname


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("www.example.com", "www.example.com"),
        ("WWW.Example.COM", "www.example.com"),
        ("db", "db"),
        ("10-0-0-1.internal", "10-0-0-1.internal"),
        ("3com.com", "3com.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("B\u00dcCHER.example", "xn--bcher-kva.example"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_a_name_becomes_canonical(text: str, name: str) -> None:
    assert parse_hostname(text, "targets.0") == name


@pytest.mark.parametrize(
    "text",
    [
        "*.example.com", "a_b.example", "-a.example", "a-.example", "a..example", ".example", "example.com.", ".", "",
        "a" * 64 + ".example", ".".join(["a" * 60] * 5), "a b.example", "a;b", "$(id)", "a\nb", "a\x00b", "a,b", "a@b", "\x1b[31m",
        "1", "10.0.0", "www.example.123", "a.0x7f", "a.0x", "\uff11\uff12\uff17.0.0.1", "1\u30020\u30020\u30021",
        "stra\u00dfe.example", "a\u200db.example", "\u2603\ud800.example",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_hostname(text, "targets.0")

    assert refusal.value.field == "targets.0"
    assert refusal.value.message.isprintable()
    assert len(refusal.value.message) < 600
