from pathlib import Path

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
