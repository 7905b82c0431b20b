from pathlib import Path

import pytest

from infra.local.ecs_task import EcsTask
from infra.local.errors import PlacementError
from infra.local.launcher import ROOT_NAMESPACE, Launcher
from infra.local.paths import LocalPaths


def test_without_named_namespaces_tasks_stay_in_the_root_one(tmp_path: Path) -> None:
    launcher = Launcher(LocalPaths(tmp_path), 1, 2)
    launcher.paths.make()
    assert launcher.placement([]) == ROOT_NAMESPACE
    launcher.paths.namespaces.write_text("")
    assert launcher.placement([ROOT_NAMESPACE]) == ROOT_NAMESPACE


def test_tasks_go_to_the_least_busy_namespace_of_those_named_right_now(tmp_path: Path) -> None:
    launcher = Launcher(LocalPaths(tmp_path), 1, 2)
    launcher.paths.make()
    launcher.paths.namespaces.write_text("one\ntwo\n")
    assert launcher.placement([]) == "one"
    assert launcher.placement(["one"]) == "two"
    assert launcher.placement(["one", "two", "two"]) == "one"
    launcher.paths.namespaces.write_text("three")
    assert launcher.placement(["one"]) == "three"


def test_an_engine_that_cannot_enter_a_named_namespace_starts_nothing(tmp_path: Path) -> None:
    launcher = Launcher(LocalPaths(tmp_path), 1, 2, engine="/usr/bin/docker")
    launcher.paths.make()
    launcher.paths.namespaces.write_text("one")
    task = EcsTask("arn/task", "cluster", "role", "image", (), {}, 30, None)
    with pytest.raises(PlacementError, match="podman"):
        launcher.start(task, granted={}, running=[])
