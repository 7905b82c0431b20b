import multiprocessing
import time
from pathlib import Path

import pytest

from infra.local.installed import install_once


def fill(home: Path) -> None:
    """An installation that breaks when another one clears its directory meanwhile."""
    home.mkdir()
    for number in range(5):
        (home / f"file-{number}").write_text("x")
        time.sleep(0.05)
    with (home.parent / "installations").open("a") as log:
        log.write("one\n")


def start(home: Path) -> None:
    install_once(home, "digest", lambda: fill(home))


def test_instances_that_start_side_by_side_install_once(tmp_path: Path) -> None:
    home = tmp_path / "tools" / "tool"
    starters = [multiprocessing.get_context("spawn").Process(target=start, args=(home,)) for _ in range(4)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(120)

    assert [starter.exitcode for starter in starters] == [0] * 4
    assert (home.parent / "installations").read_text() == "one\n"
    assert len(list(home.glob("file-*"))) == 5


def test_another_digest_installs_anew(tmp_path: Path) -> None:
    home = tmp_path / "tool"
    install_once(home, "one", lambda: fill(home))
    install_once(home, "two", home.mkdir)
    assert not list(home.glob("file-*"))


def test_a_failed_installation_is_made_again(tmp_path: Path) -> None:
    home = tmp_path / "tool"

    def broken() -> None:
        home.mkdir()
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        install_once(home, "digest", broken)
    install_once(home, "digest", lambda: fill(home))
    assert list(home.glob("file-*"))
