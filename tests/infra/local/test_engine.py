from pathlib import Path

import pytest

from infra.local.engine import IMAGE, build_image, find_engine
from infra.local.errors import BuildError, ToolMissingError


def client(directory: Path, name: str, script: str) -> str:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture(autouse=True)
def only_these_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("VEDETTE_ENGINE", raising=False)


def test_without_a_client_tasks_are_processes() -> None:
    assert find_engine() == ""


def test_a_docker_that_answers_is_taken_unless_it_is_declined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = client(tmp_path, "docker", "exit 0")
    assert find_engine() == docker
    assert find_engine("none") == ""
    monkeypatch.setenv("VEDETTE_ENGINE", "none")
    assert find_engine() == ""


def test_a_docker_without_its_daemon_is_no_engine(tmp_path: Path) -> None:
    client(tmp_path, "docker", "exit 1")
    assert find_engine() == ""


def test_an_engine_that_was_asked_for_must_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    podman = client(tmp_path, "podman", "exit 0")
    assert find_engine() == "", "podman is taken only when it is asked for"
    assert find_engine("podman") == podman
    monkeypatch.setenv("VEDETTE_ENGINE", "docker")
    with pytest.raises(ToolMissingError, match="VEDETTE_ENGINE"):
        find_engine()


def test_the_image_is_built_under_the_name_that_the_local_stage_uses(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    build_image(client(tmp_path, "docker", f'echo "$@" > {asked}'), tmp_path)
    assert asked.read_text().split() == ["build", "--tag", IMAGE, "--file", "scanner_image/Dockerfile", "."]


def test_a_build_that_fails_says_why_and_how_to_do_without(tmp_path: Path) -> None:
    docker = client(tmp_path, "docker", "echo no such registry; exit 1")
    with pytest.raises(BuildError, match=r"(?s)no such registry.*VEDETTE_ENGINE=none"):
        build_image(docker, tmp_path)
