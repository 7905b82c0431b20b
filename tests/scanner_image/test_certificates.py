"""A certificate and its names, as nmap tells of them."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from functions.core.facts import Certificate
from scanner_image.certificates import certificate_of, hostnames

DER = bytes(range(200))
PEM = f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(DER).decode()}-----END CERTIFICATE-----\n"
REAL = (
    "Subject: commonName=Web.lab.example/organizationName=Lab\n"
    "Subject Alternative Name: DNS:web.lab.example, DNS:*.lab.example, IP Address:10.0.0.1\n"
    "Issuer: commonName=R3/organizationName=Let's Encrypt/countryName=US\n"
    "Public Key type: rsa\nPublic Key bits: 2048\nSignature Algorithm: sha256WithRSAEncryption\n"
    "Not valid before: 2026-11-21T05:57:05\n"
    "Not valid after:  2027-11-21T05:57:05+00:00\nMD5:   9a..."
)


def names(output: str) -> frozenset[str]:
    return hostnames(certificate_of(output, ""))


def test_what_a_certificate_says_is_told_in_its_parts() -> None:
    assert certificate_of(REAL, f"\nweb\n{PEM}") == (
        Certificate(
            subject="Web.lab.example",
            names=("web.lab.example", "*.lab.example", "10.0.0.1"),
            issuer="R3",
            issuer_organisation="Let's Encrypt",
            not_before=datetime(2026, 11, 21, 5, 57, 5, tzinfo=UTC),
            not_after=datetime(2027, 11, 21, 5, 57, 5, tzinfo=UTC),
            sha256=hashlib.sha256(DER).hexdigest(),
            key_type="rsa",
            key_bits=2048,
        ),
    )


def test_subject_and_alternative_names_are_told_once() -> None:
    assert names(REAL) == {"web.lab.example", "*.lab.example"}


def test_a_subject_cannot_write_over_what_comes_after_it() -> None:
    (told,) = certificate_of(REAL.replace("Web.lab.example", "x\nIssuer: commonName=Trusted\nPublic Key bits: 9"), "")

    assert (told.issuer, told.key_bits) == ("R3", 2048)


def test_nothing_of_a_certificate_is_beyond_its_bounds() -> None:
    output = f"Subject: commonName={'s' * 9999}\nIssuer: {'i' * 9999}\nPublic Key bits: 99999999\nNot valid after: soon"
    (told,) = certificate_of(output, "-----BEGIN CERTIFICATE-----\nA")

    assert (len(told.subject), len(told.issuer), told.key_bits, told.not_after, told.sha256) == (256, 256, 0, None, "")


@pytest.mark.parametrize(
    "output",
    [
        "",
        "Subject: organizationName=Lab Inc.",
        "Subject: commonName=Kubernetes Ingress Controller Fake Certificate",
        "Subject: commonName=\x1b[2J",
        "Subject: commonName=-x.example",
        "Subject: commonName=10.0.0.1",
        "Issuer: commonName=ca.example",
        f"Subject: commonName={'a.' * 200}example",
    ],
)
def test_what_is_no_hostname_is_left_out(output: str) -> None:
    assert names(output) == frozenset()
