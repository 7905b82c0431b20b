"""Fixtures of every test, and which tests share a process: unit tests reach no network."""

import pytest

pytest_plugins = ["tests.lab.fixtures", "tests.platform_fixtures"]

OUTSIDE = ("lab", "e2e", "container", "long")

GROUPS = {
    "tests/container/": "container",
    "tests/e2e/test_faults.py": "second platform",
    "tests/e2e/test_live.py": "second platform",
    "tests/e2e/test_schedule.py": "second platform",
    "tests/e2e/": "first platform",
    "tests/": "lab",
}
"""By the start of a test's id, the first that fits: what stands up an engine, a platform or a lab does it once."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sockets are off (but for unix ones, which asyncio needs) in every test that is not marked as reaching outside."""
    for item in items:
        if any(item.get_closest_marker(name) for name in OUTSIDE):
            group = next(group for start, group in GROUPS.items() if item.nodeid.startswith(start))
            item.add_marker(pytest.mark.xdist_group(group))
        else:
            item.add_marker(pytest.mark.disable_socket)
