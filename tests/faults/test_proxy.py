"""Whom trouble meets: requests at DynamoDB and S3, told by what they are signed for, and by its chance."""

import random

import pytest

from tests.faults.kinds import KINDS
from tests.faults.proxy import service_of


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sts"])
def test_a_request_is_for_the_service_that_it_is_signed_for(service: str) -> None:
    signed = (
        f"AWS4-HMAC-SHA256 Credential=AKIA/20261121/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
    assert service_of(signed) == service


def test_a_request_without_a_signature_is_for_none() -> None:
    assert service_of("") == service_of("Bearer vdt_x") == ""


def test_the_same_seed_makes_the_same_run() -> None:
    first, second = (random.Random("1/0/kill").random() for _ in range(2))
    assert first == second
    assert all(kind.ends <= {"completed", "partial", "failed", "cancelled"} for kind in KINDS.values())
