from pathlib import Path

import pytest

from infra.local import tools
from infra.local.errors import ToolMissingError
from infra.local.tools import Tool

NOTHING = (Tool("no-such-scanner", "no-such-package"),)


def test_nothing_is_installed_when_everything_is_there() -> None:
    assert tools.ensure((Tool("sh", "dash"),)) == []


def test_a_user_who_may_not_install_is_told_exactly_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\nexit 1\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(ToolMissingError, match="sudo apt-get install no-such-package"):
        tools.ensure(NOTHING)


def test_a_system_without_apt_is_told_the_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissingError, match=r"Missing: no-such-scanner\. On Debian .* no-such-package"):
        tools.ensure(NOTHING)


def test_root_installs_what_is_missing_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert tools.ensure((*NOTHING, Tool("sh", "dash"))) == ["no-such-package"]
    assert asked.read_text() == "-q -y install --no-install-recommends no-such-package\n"


def test_libraries_are_looked_for_as_libraries() -> None:
    assert Tool("libc", "libc6").present()
    assert not Tool("libno-such-library", "none").present()
