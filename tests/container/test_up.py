"""`vedette up` where an engine answers."""

from pathlib import Path

import pytest

from infra.local import up
from infra.local.emulator import free_port
from infra.local.errors import BuildError
from infra.local.paths import LocalPaths
from tests.container.engine import own_engine

pytestmark = [pytest.mark.container, pytest.mark.timeout(1200)]


def test_an_engine_that_cannot_build_the_image_is_no_dead_end(tmp_path: Path) -> None:
    with own_engine(registries=False) as empty, pytest.raises(BuildError, match="VEDETTE_ENGINE=none"):
        up(paths=LocalPaths(tmp_path), port=free_port(), engine=empty.client)
