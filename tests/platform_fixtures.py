"""The platform in memory as fixtures."""

from collections.abc import Iterator

import pytest

from tests.moto_answers import hasten
from tests.platform_in_memory import Platform, aws_in_memory, platform_in_memory

hasten()


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    with aws_in_memory():
        yield


@pytest.fixture
def platform(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    with platform_in_memory(monkeypatch) as made:
        yield made
