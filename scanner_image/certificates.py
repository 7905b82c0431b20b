"""A certificate out of what nmap's ssl-cert says of it."""

import binascii
import hashlib
import ipaddress
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from functions.core.facts import Certificate

SCRIPT = "ssl-cert"
MOST_NAMES = 32
_MOST_CHARS = 1 << 16
_MOST_TEXT = 256
_MOST_NAME = 253
_NAME = re.compile(
    r"(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END"
_DNS, _ADDRESS = "DNS", "IP Address"


def certificate_of(output: str, text: str) -> tuple[Certificate, ...]:
    """None or one. `output`: what the script says; `text`: all that stands below it, the certificate itself at its end.

    The last line of a kind counts: a host that writes lines into its names cannot write over what nmap says after them.
    """
    told = {key: value for key, _, value in (line.partition(":") for line in output[:_MOST_CHARS].split("\n"))}
    if "Subject" not in told:
        return ()
    subject, issuer = told["Subject"].strip(), told.get("Issuer", "").strip()
    bits = told.get("Public Key bits", "").strip()
    return (
        Certificate(
            subject=_field(subject, "commonName") or subject[:_MOST_TEXT],
            names=tuple(_names(told.get("Subject Alternative Name", "")))[:MOST_NAMES],
            issuer=_field(issuer, "commonName") or issuer[:_MOST_TEXT],
            issuer_organisation=_field(issuer, "organizationName"),
            not_before=_time(told.get("Not valid before", "")),
            not_after=_time(told.get("Not valid after", "")),
            sha256=_fingerprint(text),
            key_type=told.get("Public Key type", "").strip()[:32],
            key_bits=int(bits) if bits.isascii() and bits.isdigit() and len(bits) < 6 else 0,
        ),
    )


def hostnames(certificates: Iterable[Certificate]) -> frozenset[str]:
    """All names that they are for, in lower case; what is no hostname is left out, for the scanned host chose it."""
    told = set[str]()
    for each in certificates:
        told.update(name for name in each.names if not _may_be_address(name))
        subject = each.subject.lower()
        if subject not in told and _is_name(subject) and not _may_be_address(subject):
            told.add(subject)
    return frozenset(told)


def _names(text: str) -> Iterator[str]:
    for part in text.split(","):
        kind, _, name = part.strip().partition(":")
        if kind == _DNS:
            if _is_name(name):
                yield name.lower()
        elif kind == _ADDRESS and _is_address(name):
            yield str(ipaddress.ip_address(name))


def _field(text: str, name: str) -> str:
    """`commonName=a/organizationName=b`, as nmap writes a subject."""
    _, found, rest = f"/{text}".partition(f"/{name}=")
    return rest.partition("/")[0][:_MOST_TEXT] if found else ""


def _is_name(name: str) -> bool:
    return len(name) <= _MOST_NAME and _NAME.fullmatch(name) is not None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _may_be_address(name: str) -> bool:
    """No name of a host ends in a label that is a number."""
    return ":" in name or name.rpartition(".")[2].isdigit()


def _time(text: str) -> datetime | None:
    """nmap writes UTC, and says so or does not."""
    text = text.strip()
    try:
        return datetime.fromisoformat(text if "+" in text else f"{text}+00:00").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _fingerprint(text: str) -> str:
    begin = text.rfind(_BEGIN)
    if begin < 0:
        return ""
    body = text[begin + len(_BEGIN) :].partition(_END)[0]
    try:
        return hashlib.sha256(binascii.a2b_base64(body)).hexdigest()
    except binascii.Error:
        return ""
