"""Port specs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.errors import InvalidInput
from functions.core.model import Protocol
from functions.core.ports import PortSet, parse_ports


def ports(text: str, protocol: Protocol = Protocol.TCP) -> PortSet:
    return parse_ports(text, protocol=protocol, field="ports")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("22", "22"),
        ("443,22,80", "22,80,443"),
        ("1-1024,8080,!25", "1-24,26-1024,8080"),
        ("!25,1-30", "1-24,26-30"),
        ("20-25,!22-24", "20-21,25"),
        ("all", "1-65535"),
        ("1-65535", "1-65535"),
        ("all,!2-65534", "1,65535"),
        ("!1-65534", "65535"),
        ("80,81,82", "80-82"),
        ("22, 80 ,443", "22,80,443"),
        ("top-100,!top-100,7", None),
        ("!top-1000,80-81,9", None),
    ],
)
def test_the_grammar(text: str, canonical: str | None) -> None:
    if canonical is None:
        with pytest.raises(InvalidInput, match="leaves no port"):
            ports(text)
    else:
        assert ports(text).canonical() == canonical


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("0", "start at 1"), ("0-10", "start at 1"), ("65536", "highest is 65535"), ("1-70000", "highest is 65535"),
        ("99999", "highest"), ("10-5", "write 5-10"), ("", "write parts as in"), ("80,", "write parts as in"), ("http", "write parts as in"),
        ("80;id", "write parts as in"), ("-", "write parts as in"), ("-p80", "write parts as in"), ("1-", "write parts as in"),
        ("1-2-3", "write parts as in"), ("T:80", "write parts as in"), ("0x50", "write parts as in"), ("\u0668\u0660", "write parts as in"),
        ("80\n", "write parts as in"), ("!!80", "write parts as in"), ("top-7", "use top-100 or top-1000"), ("80,!80", "leaves no port"),
        ("!all", "leaves no port"), ("1" * 4096, "write parts as in"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_a_mend(text: str, mend: str) -> None:
    with pytest.raises(InvalidInput, match=mend) as refusal:
        ports(text)
    assert refusal.value.field == "ports"
    assert len(refusal.value.message) < 300


@pytest.mark.parametrize("protocol", list(Protocol))
def test_the_named_sets_hold_as_many_ports_as_they_say(protocol: Protocol) -> None:
    assert ports("top-100", protocol).count == 100
    assert ports("top-1000", protocol).count == 1000
    assert not ports("top-100", protocol).numbers - ports("top-1000", protocol).numbers


def test_tcp_and_udp_have_their_own_named_sets() -> None:
    assert all(port in ports("top-100", Protocol.TCP) for port in (22, 80, 443))
    assert all(port in ports("top-100", Protocol.UDP) for port in (53, 123, 161))
    assert 161 not in ports("top-100", Protocol.TCP)
    assert 22 not in ports("top-100", Protocol.UDP)


def test_named_sets_combine_with_ports() -> None:
    combined = ports("top-100,12345,!80")

    assert (12345 in combined, 80 in combined, combined.count) == (True, False, 100)


@given(st.sets(st.integers(1, 65535), max_size=50))
def test_the_canonical_form_comes_back(numbers: set[int]) -> None:
    assert set(PortSet.from_canonical(PortSet.of(numbers).canonical()).numbers) == numbers
