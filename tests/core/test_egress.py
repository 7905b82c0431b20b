"""Messages go to public addresses, spelled plainly, in the clear only on this machine."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.egress import check_destination, parse_url, refusal
from functions.core.errors import InvalidInput, OutOfScope

METADATA = [
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254:443/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0xa9.0xfe.0xa9.0xfe/",
    "https://0251.0376.0251.0376/",
    "https://025177524776/",
    "https://169.254.43518/",
    "https://169.16689662/",
    "https://169.254.169.254./",
    "https://169.254.169.254%2e/",
    "https://%31%36%39.254.169.254/",
    "https://\uff11\uff16\uff19.254.169.254/",
    "https://169\u3002254\u3002169\u3002254/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    "https://[::a9fe:a9fe]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2002:a9fe:a9fe::]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::a9fe:a9fe%25eth0]/",
    "https://example.com@169.254.169.254/",
    "https://169.254.169.254\\@example.com/",
    "https://169.254.169.254#@example.com/",
]


def reached(url: str, *, local: bool = False) -> str:
    """The address that a channel's URL leads to, where its host is an address."""
    endpoint = parse_url(url, "url", plain_http=local)
    assert endpoint.is_address
    return check_destination((endpoint.host,), "url", admit_loopback=local)


@pytest.mark.parametrize("url", METADATA)
@pytest.mark.parametrize("local", [True, False])
def test_metadata_is_refused_however_it_is_spelled(url: str, local: bool) -> None:
    with pytest.raises(InvalidInput) as refused:
        reached(url, local=local)
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "198.18.0.1",
        "192.0.0.8",
        "192.88.99.1",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
        "fd00::1",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "::",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "100::1",
    ],
)
@pytest.mark.parametrize("local", [True, False])
def test_what_is_not_public_is_refused_on_every_stage(address: str, local: bool) -> None:
    assert refusal(ipaddress.ip_address(address), admit_loopback=local)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_is_for_the_local_stage(address: str) -> None:
    assert refusal(ipaddress.ip_address(address), admit_loopback=False) == "loopback"
    assert refusal(ipaddress.ip_address(address), admit_loopback=True) == ""


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111"])
def test_public_addresses_are_not_refused(address: str) -> None:
    assert refusal(ipaddress.ip_address(address), admit_loopback=False) == ""


@given(st.ip_addresses(v=4))
def test_no_other_form_of_an_address_is_taken_for_it(address: ipaddress.IPv4Address) -> None:
    for spelled in (str(int(address)), hex(int(address)), f"0{int(address):o}", f"[::ffff:{address}]"):
        with pytest.raises(InvalidInput):
            reached(f"https://{spelled}/")


def test_one_refused_address_of_a_name_refuses_all() -> None:
    with pytest.raises(OutOfScope):
        check_destination(("8.8.8.8", "10.0.0.1"), "url", admit_loopback=False)
    with pytest.raises(OutOfScope):
        check_destination((), "url", admit_loopback=False)
    assert check_destination(("2606:4700::1111", "8.8.8.8"), "url", admit_loopback=False) == "8.8.8.8"


def test_plain_http_is_for_the_local_stage() -> None:
    with pytest.raises(InvalidInput, match="https"):
        parse_url("http://example.com/", "url", plain_http=False)
    assert parse_url("http://example.com/", "url", plain_http=True).port == 80


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://ex ample.com/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://u:p@example.com/",
        "https://example.com/#part",
        "https://example.com/\r\nHost: other",
        "https://-x.example.com/",
        "https://[::1/",
        "//example.com/",
        "https://exämple.com/",
    ],
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        parse_url(url, "url", plain_http=True)


def test_a_url_is_read_as_it_is_requested() -> None:
    endpoint = parse_url("https://Alerts.Example.com:8443/a/b?c=d%20e", "url", plain_http=False)
    assert (endpoint.host, endpoint.port, endpoint.target) == ("alerts.example.com", 8443, "/a/b?c=d%20e")
    assert endpoint.netloc == "alerts.example.com:8443"
    assert parse_url("https://example.com", "url", plain_http=False).target == "/"
    assert parse_url("https://[2606:4700::1111]/", "url", plain_http=False).netloc == "[2606:4700::1111]"
