"""An embedded AWS of the tests' own, on a free port, with its state in a temporary directory."""

from collections.abc import Iterator

import pytest

from infra.local.emulator import Emulator, free_port
from infra.local.paths import LocalPaths


@pytest.fixture(scope="package")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    made = Emulator(LocalPaths(tmp_path_factory.mktemp("emulator")), port=free_port())
    made.up()
    yield made
    made.down()
