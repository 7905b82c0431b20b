"""One deployed local stack for all end-to-end tests, its tasks in the lab's worker namespaces."""

import socket
from collections.abc import Iterator

import pytest

from tests.e2e.platform import Platform, Project, deployed
from tests.lab.lab import Lab


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory, lab: Lab) -> Iterator[Platform]:
    names = str(lab.host("dns").address)
    with deployed(tmp_path_factory.mktemp("platform"), port=free_port(), name_servers=names) as standing:
        standing.place_tasks(lab.worker_namespaces)
        yield standing


@pytest.fixture
def project(platform: Platform) -> Project:
    return platform.project()
