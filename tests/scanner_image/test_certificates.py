"""Names out of a certificate, as nmap tells of it."""

import pytest

from scanner_image.certificates import names

REAL = (
    "Subject: commonName=Web.lab.example/organizationName=Lab\n"
    "Subject Alternative Name: DNS:web.lab.example, DNS:*.lab.example, IP Address:10.0.0.1\n"
    "Not valid before: 2026-11-21T05:57:05\n"
    "Not valid after:  2027-11-21T05:57:05"
)


def test_subject_and_alternative_names_are_told_once() -> None:
    assert names(REAL) == {"web.lab.example", "*.lab.example"}


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Subject: organizationName=Lab",
        "Subject: commonName=Kubernetes Ingress Controller Fake Certificate",
        "Subject: commonName=\x1b[2J",
        "Subject: commonName=-x.example",
        "Issuer: commonName=ca.example",
        f"Subject: commonName={'a.' * 200}example",
    ],
)
def test_what_is_no_hostname_is_left_out(output: str) -> None:
    assert names(output) == frozenset()
