"""Fixtures of every test, and which tests share a process: unit tests reach no network."""

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

pytest_plugins = ["tests.lab.fixtures", "tests.platform_fixtures"]

# A busy machine draws slowly, and a unit run asks the same each time: what is rare is looked for by `make test-long`.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("unit", PATIENT, max_examples=40, derandomize=True, database=None)
settings.register_profile("long", PATIENT, max_examples=2000, derandomize=False)
settings.load_profile("unit")

OUTSIDE = ("lab", "e2e", "container", "long")

GROUPS = {
    "tests/container/": "container",
    "tests/e2e/test_faults.py": "second platform",
    "tests/e2e/test_inventory.py": "second platform",
    "tests/e2e/test_live.py": "second platform",
    "tests/e2e/test_schedule.py": "second platform",
    "tests/e2e/test_delivery.py": "second platform",
    "tests/e2e/test_policy.py": "second platform",
    "tests/e2e/": "first platform",
    "tests/lab/": "lab",
    "tests/infra/local/test_fargate.py": "lab",
    "tests/infra/local/test_netns.py": "lab",
    "tests/scanner_image/test_lab_": "lab",
    "tests/infra/test_": "synthesis",
}
"""By the start of a test's id, the first that fits: what stands up an engine, a platform, a lab or a synthesis does it once.
All others go by their module."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Whatever `--dist` says: xdist's own groups have no effect with a pytest whose node ids no plugin can change."""
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = sharing
    return scheduler


def sharing(nodeid: str) -> str:
    """Whose process a test runs in."""
    return next((group for start, group in GROUPS.items() if nodeid.startswith(start)), nodeid.partition("::")[0])


TEMPLATES = "tests/infra/test_"
CONTRACTS = tuple(
    f"tests/{room}/"
    for room in ("adapters", "alerting", "http_api", "scan_workflow", "scheduling", "store", "usecases", "websocket")
)
"""Rooms whose tests run against an AWS in memory: thousands of calls, more than the inner loop has time for."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sockets are off (but for unix ones, which asyncio needs) in every test that is not marked as reaching outside."""
    for item in items:
        if any(item.get_closest_marker(name) for name in OUTSIDE):
            continue
        item.add_marker(pytest.mark.disable_socket)
        if item.nodeid.startswith(TEMPLATES):
            item.add_marker(pytest.mark.template)
        elif item.nodeid.startswith(CONTRACTS):
            item.add_marker(pytest.mark.contract)
