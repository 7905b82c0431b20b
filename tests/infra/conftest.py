"""One synthesis serves every test here: it costs seconds."""

from pathlib import Path

import aws_cdk as cdk
import pytest

from tests.infra.templates import Synthesised


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthesis raises at any finding that is not acknowledged, so that every test here holds the rules too."""
    from infra.app import build
    from infra.settings import STAGES

    directory = tmp_path_factory.mktemp("assembly")
    app = cdk.App(analytics_reporting=False, outdir=str(directory))
    for name in ("local", "prod"):
        build(STAGES[name], app=app)
    app.synth()
    return directory


@pytest.fixture(scope="session")
def prod(assembly: Path) -> Synthesised:
    return Synthesised.read(assembly, "prod")


@pytest.fixture(scope="session")
def local(assembly: Path) -> Synthesised:
    return Synthesised.read(assembly, "local")


@pytest.fixture(params=["local", "prod"])
def stage(request: pytest.FixtureRequest) -> Synthesised:
    found: Synthesised = request.getfixturevalue(request.param)
    return found
