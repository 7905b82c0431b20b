"""What a service proves of itself: the certificate that it shows and the keys that its host has."""

from pydantic import Field

from functions.core.model import Model, Time


class Certificate(Model):
    """Of TLS, the leaf as it was shown. Every text is chosen by the scanned host."""

    subject: str = Field(default="", max_length=256)
    """Its common name, or all that it says of its subject where it has none."""
    names: tuple[str, ...] = Field(default=(), max_length=32)
    """The hostnames and addresses that it is for, beside the subject's."""
    issuer: str = Field(default="", max_length=256)
    """The issuer's common name, or all that is said of it."""
    issuer_organisation: str = Field(default="", max_length=256)
    not_before: Time | None = None
    not_after: Time | None = None
    sha256: str = Field(default="", max_length=64)
    """Fingerprint, hex; empty where nmap did not hand on the certificate itself."""
    key_type: str = Field(default="", max_length=32)
    key_bits: int = Field(default=0, ge=0, le=1_000_000)


class HostKey(Model):
    """Of SSH."""

    type: str = Field(max_length=64)
    """As SSH names it, e.g. `ssh-ed25519`."""
    bits: int = Field(default=0, ge=0, le=1_000_000)
    sha256: str = Field(max_length=64)
    """Fingerprint as OpenSSH writes it: base64 after `SHA256:`."""


HostKeys = tuple[HostKey, ...]


def merged_keys(known: HostKeys, seen: HostKeys) -> HostKeys:
    """A host that is asked often shows fewer of its keys: what it did not show this time stays."""
    if not seen:
        return known
    keys = {key.type: key for key in known} | {key.type: key for key in seen}
    return tuple(keys[each] for each in sorted(keys))[:8]


def another_key(before: HostKeys, after: HostKeys) -> bool:
    """Whether a key was replaced by another of its type; one more or one less says nothing."""
    known = {key.type: key.sha256 for key in before}
    return any(key.type in known and known[key.type] != key.sha256 for key in after)


def another_party(before: Certificate | None, after: Certificate | None) -> bool:
    """Whether a certificate is for another subject or of another issuer: not where it was only renewed.

    Authorities sign with several intermediates in turn, so where both name their organisation that decides.
    """
    if before is None or after is None:
        return False
    return before.subject != after.subject or _issued_by_another(before, after)


def _issued_by_another(before: Certificate, after: Certificate) -> bool:
    if before.issuer_organisation and after.issuer_organisation:
        return before.issuer_organisation != after.issuer_organisation
    return before.issuer != after.issuer
