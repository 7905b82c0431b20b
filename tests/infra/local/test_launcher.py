from pathlib import Path

import pytest

from infra.local import launcher as module
from infra.local.ecs_task import EcsTask
from infra.local.errors import PlacementError
from infra.local.launcher import ROOT_NAMESPACE, Launcher
from infra.local.paths import LocalPaths
from infra.local.running_task import RunningTask


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


@pytest.mark.parametrize(
    ("named", "busy", "shared"),
    [("", [], "true"), ("one\ntwo", ["one"], "false"), ("one", ["one"], "true"), ("one", ["two"], "false")],
    ids=["with this machine", "alone in a namespace", "with another task", "another elsewhere"],
)
def test_a_task_is_told_whether_it_has_its_network_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, busy: list[str], shared: str
) -> None:
    monkeypatch.setattr(module, "open_door", lambda _namespace, _addresses: [])
    monkeypatch.setattr(module, "command_inside", lambda _namespace, argv: argv)
    launcher = Launcher(LocalPaths(tmp_path), 1, 2)
    launcher.paths.make()
    launcher.paths.namespaces.write_text(named)
    code = "import os; print(os.environ['VEDETTE_SHARED_NETWORK'])"
    defined = {"VEDETTE_SHARED_NETWORK": "true"}
    task = EcsTask("arn/task", "cluster", "role", "image", ("python", "-c", code), defined, 30, None)
    others = [RunningTask(task, None, namespace, tmp_path, tmp_path) for namespace in busy]  # type: ignore[arg-type]
    running = launcher.start(task, granted={}, running=others)
    assert running.end() == 0
    assert running.log_file.read_text().strip() == shared
