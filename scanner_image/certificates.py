"""The names that a certificate is for, out of what nmap's ssl-cert says of it."""

import re

SCRIPT = "ssl-cert"
MOST_NAMES = 32
_NAME = re.compile(
    r"(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_COMMON = re.compile(r"^Subject: (?:.*/)?commonName=([^/\n]+)", re.MULTILINE)
_ALTERNATIVE = re.compile(r"^Subject Alternative Name: (.*)$", re.MULTILINE)


def names(output: str) -> frozenset[str]:
    """In lower case; what is no hostname is left out, for the scanned host chose it."""
    told = _COMMON.findall(output)
    for line in _ALTERNATIVE.findall(output):
        told += [part.strip().removeprefix("DNS:") for part in line.split(",") if part.strip().startswith("DNS:")]
    return frozenset(name.lower() for name in told if len(name) <= 253 and _NAME.fullmatch(name))
