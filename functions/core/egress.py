"""Where a webhook may lead: the one spelling of its address that is accepted, and the networks that are refused."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from functions.core.addresses import LOOPBACK, Address, denied_reason
from functions.core.errors import InvalidInput, OutOfScope
from functions.core.hostnames import parse_hostname

_PORTS = {"https": 443, "http": 80}
_RESERVED = tuple(
    ipaddress.ip_network(each)
    for each in ("192.0.0.0/24", "192.88.99.0/24", "::/3", "3fff::/20", "4000::/2", "8000::/1")
)
"""What Python's `is_global` lets pass, or did in some of its versions: of IPv6 only 2000::/3 is given to anybody."""
_PRINTABLE = re.compile(r"[!-~]+", re.ASCII)


@dataclass(frozen=True)
class Endpoint:
    """`host`: an address in canonical text or a hostname; `target`: path and query as they go into the request."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_address(self) -> bool:
        return ":" in self.host or self.host.rpartition(".")[2].isdecimal()

    @property
    def netloc(self) -> str:
        """For the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse_url(text: str, field: str, *, plain_http: bool) -> Endpoint:
    """`plain_http`: the local stage alone. Raises InvalidInput; says nothing of where the host is: see `refusal`."""
    if not _PRINTABLE.fullmatch(text) or "\\" in text:
        raise InvalidInput(field, "a URL has printable ASCII characters only, and no backslash: encode the others")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InvalidInput(field, "this is no URL: write as in https://alerts.example.com/vedette") from None
    if parts.scheme not in _PORTS or (parts.scheme == "http" and not plain_http):
        raise InvalidInput(field, "write an https:// URL: messages are not sent in the clear")
    if "@" in parts.netloc:
        raise InvalidInput(field, "leave user and password out of the URL: messages are signed instead")
    if parts.fragment or text.endswith("#"):
        raise InvalidInput(field, "leave out the # and what follows: it is never sent")
    if port == 0:
        raise InvalidInput(field, "there is no port 0")
    host = _host(parts.hostname or "", field)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(parts.scheme, host, port or _PORTS[parts.scheme], target)


def _host(text: str, field: str) -> str:
    """Only the plain form of an address: 2852039166 and 0xa9fea9fe are addresses to some resolvers."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        if ":" in text:
            raise InvalidInput(field, "write an IPv6 host as in https://[2001:db8::10]/") from None
        return parse_hostname(text, field)
    if str(address) != text:
        raise InvalidInput(field, f"write the address in its plain form, {address}")
    return text


def refusal(address: Address, *, admit_loopback: bool) -> str:
    """Why nothing may be sent to `address`; empty when it may. `admit_loopback`: the local stage alone."""
    reason = denied_reason(address, admit_loopback=admit_loopback)
    if reason or _is_loopback(address):
        return reason
    return "" if address.is_global and not any(address in network for network in _RESERVED) else "private or reserved"


def _is_loopback(address: Address) -> bool:
    return denied_reason(address, admit_loopback=False) == LOOPBACK


def check_destination(addresses: tuple[str, ...], field: str, *, admit_loopback: bool) -> str:
    """The address to connect to, IPv4 before IPv6. One that is refused refuses all: a name must not choose. Raises OutOfScope."""
    for text in addresses:
        reason = refusal(ipaddress.ip_address(text.partition("%")[0]), admit_loopback=admit_loopback)
        if reason:
            raise OutOfScope(field, f"messages are not sent to {reason} addresses")
    if not addresses:
        raise OutOfScope(field, "the host has no address")
    return min(addresses, key=lambda text: ":" in text)
