"""Whom trouble meets: requests at DynamoDB and S3, told by what they are signed for, and by its chance; and who counts that."""

import random
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.faults.kinds import KINDS
from tests.faults.proxy import Proxy, Trouble, service_of

pytestmark = pytest.mark.enable_socket
"""The proxy serves on loopback."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with closing(Proxy(port_behind=1)) as standing:
        yield standing


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


def test_trouble_counts_the_requests_that_it_meets(proxy: Proxy) -> None:
    trouble = proxy.trouble = Trouble("throttle")
    assert [proxy.way_of(service) for service in ("dynamodb", "s3", "sts")] == ["throttle", "throttle", None]
    assert trouble.met == 2
    proxy.trouble = None
    assert proxy.way_of("s3") is None
    assert trouble.met == 2


def test_trouble_of_no_chance_has_met_nothing(proxy: Proxy) -> None:
    trouble = proxy.trouble = Trouble("out", 0.0)
    assert proxy.way_of("dynamodb") is None
    assert trouble.met == 0
