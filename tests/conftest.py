"""Fixtures of every test: unit tests reach no network."""

import pytest

pytest_plugins = ["tests.lab.fixtures", "tests.platform_fixtures"]

OUTSIDE = ("lab", "e2e", "container", "long")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sockets are off (but for unix ones, which asyncio needs) in every test that is not marked as reaching outside."""
    for item in items:
        if not any(item.get_closest_marker(name) for name in OUTSIDE):
            item.add_marker(pytest.mark.disable_socket)
