"""One engine with the scanner's image built in it, for all container tests."""

from collections.abc import Iterator

import pytest

from infra.local.engine import IMAGE, build_image
from tests.container.engine import Engine, own_engine
from tests.container.figures import FIGURES, timed
from tests.container.stand_in import stand_in


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with own_engine(registries=stand_in() is None) as made:
        yield made


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """The name of the image, built as `vedette up` builds it."""
    base = stand_in()
    if base:
        with timed("stand-in base"):
            archive = base.archive()
        with timed("import of the base"):
            engine.call("import", "--quiet", str(archive), base.name)
    with timed("build"):
        build_image(engine.client)
    with timed("build, nothing changed"):
        build_image(engine.client)
    FIGURES["image size"] = f"{int(engine.call('inspect', '--format={{.Size}}', IMAGE)) / 1e6:.0f} MB"
    return IMAGE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if FIGURES:
        terminalreporter.section("container mode")
        for what, figure in FIGURES.items():
            terminalreporter.line(f"{what}: {figure}")
