"""Where the API is and who calls it."""

import stat
from pathlib import Path

import pytest

from cli import access
from cli.access import Access
from cli.errors import UsageError

MINE = Access(url="https://a", websocket_url="wss://a", token="vdt_a")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_saved_is_found_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    variables = {"XDG_CONFIG_HOME": str(tmp_path)}
    path = access.save(MINE, variables)
    assert access.find(variables) == MINE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_environment_comes_first(tmp_path: Path) -> None:
    variables = {"XDG_CONFIG_HOME": str(tmp_path)}
    access.save(MINE, variables)
    named = variables | {"VEDETTE_URL": "https://b", "VEDETTE_WEBSOCKET_URL": "wss://b", "VEDETTE_TOKEN": "vdt_b"}
    assert access.find(named).url == "https://b"


def test_half_an_environment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="VEDETTE_WEBSOCKET_URL"):
        access.find({"VEDETTE_URL": "https://b", "XDG_CONFIG_HOME": str(tmp_path)})


def test_nothing_configured_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="vedette up"):
        access.find({"XDG_CONFIG_HOME": str(tmp_path)})


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    broken = access.saved_path({"XDG_CONFIG_HOME": str(tmp_path)})
    broken.parent.mkdir(parents=True)
    broken.write_text("{")
    with pytest.raises(UsageError, match=r"credentials\.json"):
        access.find({"XDG_CONFIG_HOME": str(tmp_path)})
