"""Drafts of authorities: what is refused, and at which field."""

from datetime import timedelta
from typing import Any

import pytest

from functions.core.authority import AuthorityDraft
from functions.core.authority_check import check_authority
from functions.core.errors import InvalidInput, OutOfScope
from tests.core.authorities import NOW

ATTESTED = {"kind": "attestation", "ranges": ["10.0.0.0/8"], "statement": "all of it"}
DNS = {"kind": "dns", "domains": ["example.com"]}
AWS = {"kind": "aws", "role": "arn:aws:iam::123456789012:role/vedette-reader", "regions": ["eu-central-1"]}


def check(draft: dict[str, Any], **fields: Any) -> None:
    whole = {"authorized_by": "the owner", "until": NOW + timedelta(days=30), **draft, **fields}
    check_authority(AuthorityDraft.model_validate(whole), now=NOW, admit_loopback=False)


@pytest.mark.parametrize("draft", [ATTESTED, ATTESTED | {"domains": ["example.com"]}, DNS, AWS])
def test_what_is_whole_is_taken(draft: dict[str, Any]) -> None:
    check(draft)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (ATTESTED | {"ranges": []}, "ranges"),
        (ATTESTED | {"ranges": ["10.0.0.0/8", "0.0.0.0/1"]}, "ranges.1"),
        (ATTESTED | {"ranges": ["2000::/3"]}, "ranges.0"),
        (ATTESTED | {"ranges": ["www.example.com"]}, "ranges"),
        (ATTESTED | {"ranges": ["10.0.0.300"]}, "ranges.0"),
        (ATTESTED | {"statement": "  "}, "statement"),
        (ATTESTED | {"domains": ["com"]}, "domains.0"),
        (ATTESTED | {"role": "x"}, "role"),
        (DNS | {"domains": []}, "domains"),
        (DNS | {"domains": ["a.example", "b.example"]}, "domains"),
        (DNS | {"domains": ["a_b.example"]}, "domains.0"),
        (DNS | {"ranges": ["10.0.0.0/8"]}, "ranges"),
        (AWS | {"role": "arn:aws:iam::123456789012:role/Admin"}, "role"),
        (AWS | {"regions": []}, "regions"),
        (AWS | {"regions": ["http://evil"]}, "regions.0"),
        (ATTESTED | {"until": NOW}, "until"),
        (ATTESTED | {"until": NOW + timedelta(days=800)}, "until"),
        (ATTESTED | {"starts": NOW + timedelta(days=31)}, "until"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(draft: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(draft)
    assert refused.value.field == field


@pytest.mark.parametrize("space", ["127.0.0.1", "169.254.0.0/16", "224.0.0.1"])
def test_nobody_may_allow_denied_space(space: str) -> None:
    with pytest.raises(OutOfScope):
        check(ATTESTED | {"ranges": [space]})
