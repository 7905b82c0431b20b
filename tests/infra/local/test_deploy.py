import json
from pathlib import Path

import pytest

from infra.local.deploy import CDK_CLI, Deployment
from infra.local.emulator import Emulator
from infra.local.endpoints import Endpoints
from infra.local.paths import LocalPaths
from tests.infra.local.test_endpoints import OUTPUTS


class DeploymentOnPaper(Deployment):
    """Does everything but start the CDK command line and ask the emulator."""

    deployed: list[str]
    missing: set[str]

    def _deploy(self, cdk: Path) -> None:
        self.deployed.append("deploy")
        self._outputs.write_text(json.dumps({"Stateful": {}, "Platform": OUTPUTS}))

    def _bootstrap(self, cdk: Path) -> None:
        self.deployed.append("bootstrap")

    def _stack_is_there(self, name: str) -> bool:
        return name not in self.missing


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("infra", "functions", "scanner_image"):
        (tmp_path / "project" / name).mkdir(parents=True)
    (tmp_path / "project" / "functions" / "wiring.py").write_text("one = 1\n")
    (tmp_path / "project" / "cdk.json").write_text("{}")
    return tmp_path / "project"


@pytest.fixture
def deployment(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeploymentOnPaper:
    monkeypatch.setattr("infra.local.deploy.install_cdk", lambda tools: tools / "cdk")
    made = DeploymentOnPaper(Emulator(LocalPaths(tmp_path / "instance"), port=1), project)
    made.emulator.paths.make()
    object.__setattr__(made, "deployed", [])
    object.__setattr__(made, "missing", set())
    return made


def up(deployment: DeploymentOnPaper) -> list[str]:
    """What one `up` did."""
    deployment.deployed.clear()
    deployment.up(lambda _: None)
    return list(deployment.deployed)


def test_nothing_is_deployed_again_while_nothing_changed(deployment: DeploymentOnPaper) -> None:
    assert up(deployment) == ["deploy"]
    assert up(deployment) == []


def test_a_changed_source_is_deployed(deployment: DeploymentOnPaper, project: Path) -> None:
    up(deployment)
    (project / "functions" / "wiring.py").write_text("one = 2\n")
    assert up(deployment) == ["deploy"]


def test_a_new_and_a_removed_source_are_deployed(deployment: DeploymentOnPaper, project: Path) -> None:
    up(deployment)
    (project / "functions" / "more.py").write_text("")
    assert up(deployment) == ["deploy"]
    (project / "functions" / "more.py").unlink()
    assert up(deployment) == ["deploy"]


def test_another_issuer_of_people_is_deployed(deployment: DeploymentOnPaper) -> None:
    up(deployment)
    deployment.emulator.paths.identity.write_text('{"issuer": "http://127.0.0.1:9", "client_id": "vedette"}')
    assert up(deployment) == ["deploy"]
    assert up(deployment) == []


def test_byte_code_is_no_source(deployment: DeploymentOnPaper, project: Path) -> None:
    up(deployment)
    (project / "functions" / "__pycache__").mkdir()
    (project / "functions" / "__pycache__" / "wiring.pyc").write_text("x")
    assert up(deployment) == []


def test_a_stack_that_the_emulator_lost_is_deployed_whatever_the_record_says(deployment: DeploymentOnPaper) -> None:
    up(deployment)
    deployment.missing.add("Platform")
    assert up(deployment) == ["deploy"]


def test_bootstrap_is_done_once(deployment: DeploymentOnPaper) -> None:
    deployment.missing.add("CDKToolkit")
    assert up(deployment) == ["bootstrap", "deploy"]


def test_a_failed_deploy_is_tried_again(deployment: DeploymentOnPaper, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Deployment, _cdk: Path) -> None:
        raise RuntimeError("half way")

    with monkeypatch.context() as broken:
        broken.setattr(DeploymentOnPaper, "_deploy", fail)
        with pytest.raises(RuntimeError, match="half way"):
            up(deployment)
    assert up(deployment) == ["deploy"]


def test_endpoints_come_from_all_stacks_outputs(deployment: DeploymentOnPaper) -> None:
    up(deployment)
    assert deployment.endpoints() == Endpoints.from_outputs(OUTPUTS, endpoint_url="http://127.0.0.1:1")


def test_the_lock_of_the_cdk_command_line_names_no_host_and_hashes_everything() -> None:
    lock = json.loads((CDK_CLI / "package-lock.json").read_text())
    packages = [package for path, package in lock["packages"].items() if path]
    assert packages
    assert all(package["integrity"].startswith("sha512-") and "resolved" not in package for package in packages)
