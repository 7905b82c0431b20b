"""The session's lab, for every test that scans."""

from collections.abc import Iterator

import pytest

from tests.lab.lab import Lab


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The standard lab; a test that changes it puts it back."""
    with Lab.start() as standing:
        yield standing
