"""One spelling of each address, and one table of what may never be scanned."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.addresses import Version, denied_reason, denied_space, from_ranges, parse_address, to_ranges
from functions.core.errors import InvalidInput, OutOfScope
from functions.core.intervals import IntervalSet

DENIED_EVERYWHERE = {
    "0.0.0.0": "unspecified",
    "0.1.2.3": "unspecified",
    "169.254.169.254": "metadata",
    "169.254.170.2": "metadata",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.254": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "fe80::1": "link-local",
    "febf::1": "link-local",
    "ff02::1": "multicast",
    "fd00:ec2::254": "metadata",
    "fd20:ce::254": "metadata",
}
EMBEDDED = {
    "::ffff:127.0.0.1": "mapped",
    "::ffff:7f00:1": "mapped",
    "::ffff:10.0.0.1": "mapped",
    "0:0:0:0:0:ffff:a9fe:a9fe": "mapped",
    "::127.0.0.1": "compatible",
    "::a9fe:a9fe": "compatible",
    "::ffff:0:127.0.0.1": "translated",
    "64:ff9b::169.254.169.254": "NAT64",
    "64:ff9b::a00:1": "NAT64",
    "64:ff9b:1::7f00:1": "NAT64",
    "2002:7f00:1::": "6to4",
    "2002:a9fe:a9fe::1": "6to4",
    "2001:0:7f00:1::": "Teredo",
}
ALLOWED = [
    "1.0.0.0", "10.0.0.1", "126.255.255.255", "128.0.0.0", "100.64.0.1", "169.253.255.255", "169.255.0.0",
    "172.16.0.1", "192.168.0.1", "223.255.255.255", "fd00::1", "fd00:ec1::254", "2600::1", "fe7f::1", "fec0::1",
]  # fmt: skip
OTHER_SPELLINGS = [
    "010.0.0.1", "10.0.0.01", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "127.1", "10.1.2", " 10.0.0.1", "10.0.0.1 ",
    "10.0.0.1\n", "10.0.0.1.", "10.0.0.256", "\uff11\uff10.0.0.1", "10.0.0.1/32", "fe80::1%eth0", "fd00::1%1", "[fd00::1]",
    "fd00::1::2", "fd00:::1", "fd00::12345", "1.2.3.4:80", "-10.0.0.1", "", "localhost",
]  # fmt: skip


@pytest.mark.parametrize("text", OTHER_SPELLINGS)
def test_any_other_spelling_is_refused_by_field_and_with_a_mend(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_address(text, "targets.3")

    assert refusal.value.field == "targets.3"
    assert any(mend in refusal.value.message for mend in ("write", "leave out"))


@pytest.mark.parametrize(("text", "form"), EMBEDDED.items())
def test_an_embedded_ipv4_address_is_out_of_scope_in_every_form(text: str, form: str) -> None:
    with pytest.raises(OutOfScope, match=f"{form}.*write the IPv4 address itself"):
        parse_address(text, "targets.0")

    for admit_loopback in (False, True):
        assert form in denied_reason(ipaddress.ip_address(text), admit_loopback=admit_loopback)


@pytest.mark.parametrize("admit_loopback", [False, True])
@pytest.mark.parametrize(("text", "reason"), DENIED_EVERYWHERE.items())
def test_space_that_no_stage_admits_is_denied_with_its_reason(text: str, reason: str, admit_loopback: bool) -> None:
    assert reason in denied_reason(parse_address(text, "targets"), admit_loopback=admit_loopback)


@pytest.mark.parametrize("text", ["127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"])
def test_loopback_is_admitted_by_the_local_stage_alone(text: str) -> None:
    assert denied_reason(parse_address(text, "targets"), admit_loopback=False) == "loopback"
    assert denied_reason(parse_address(text, "targets"), admit_loopback=True) == ""


@pytest.mark.parametrize("text", ALLOWED)
def test_private_shared_and_public_space_is_allowed(text: str) -> None:
    assert denied_reason(parse_address(text, "targets"), admit_loopback=False) == ""


@given(st.ip_addresses(), st.booleans())
def test_the_denied_set_and_the_denied_reason_agree(address: ipaddress.IPv4Address, admit_loopback: bool) -> None:
    denied = int(address) in denied_space(address.version, admit_loopback=admit_loopback)

    assert denied == bool(denied_reason(address, admit_loopback=admit_loopback))


@pytest.mark.parametrize("text", [*DENIED_EVERYWHERE, *EMBEDDED, *ALLOWED, "127.0.0.1", "::1"])
@pytest.mark.parametrize("admit_loopback", [False, True])
def test_the_denied_set_and_the_denied_reason_agree_at_the_edges(text: str, admit_loopback: bool) -> None:
    address = ipaddress.ip_address(text)
    denied = int(address) in denied_space(address.version, admit_loopback=admit_loopback)

    assert denied == bool(denied_reason(address, admit_loopback=admit_loopback))


def test_addresses_become_canonical() -> None:
    assert str(parse_address("FD00:0:0:0:0:0:0:00A", "targets")) == "fd00::a"


@pytest.mark.parametrize(("version", "first"), [(4, "10.0.0.9"), (6, "fd00::9")])
def test_ranges_travel_and_come_back(version: Version, first: str) -> None:
    start = int(ipaddress.ip_address(first))
    numbers = IntervalSet(((start, start), (start + 2, start + 5)))

    assert to_ranges(numbers, version)[0].first == first
    assert from_ranges(to_ranges(numbers, version), version) == numbers
    assert not from_ranges(to_ranges(numbers, version), 6 if version == 4 else 4)
