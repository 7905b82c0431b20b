"""`vedette profiles` on a pipe, with what the API really says."""

import io
import json

import httpx
import pytest
from rich.console import Console

from functions.core.engine import KINDS, profiles_told
from functions.core.profile import CONFIRM, PROFILES
from tests.cli.fake_api import FakeApi
from tests.cli.test_scan import Command, command

__all__ = ["command"]


class Profiles(FakeApi):
    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/v1/profiles":
            return super()._answer(request)
        return httpx.Response(200, json={"items": [each.model_dump(mode="json") for each in profiles_told()]})


def test_each_profile_names_its_engines_by_kind_of_target(command: Command) -> None:
    done = command("profiles", api=Profiles())

    lines = [line.split("\t") for line in done.out.splitlines()]
    assert done.code == 0
    assert {line[0] for line in lines} == {*PROFILES, CONFIRM.name}
    assert ["standard", "TCP over IPv4, through a gateway", "masscan", "a connection", "nmap -sS -sV"] in lines
    assert ["discovery", KINDS["udp"][0], "nmap -sU", "nmap -sU", "nobody"] in lines


def test_one_profile_is_told_with_its_whys(command: Command) -> None:
    done = command("profiles", "connect", api=Profiles())

    lines = [line.split("\t") for line in done.out.splitlines()]
    assert len(lines) == 4 * len(KINDS)
    assert [
        "TCP over IPv4, through a gateway",
        "discovery",
        "nmap -sT",
        "the profile asks for whole connections",
    ] in lines


@pytest.mark.parametrize(("name", "guessed"), [("standard", False), ("thorough", True)])
def test_on_a_terminal_a_profile_is_told_in_short(
    command: Command, monkeypatch: pytest.MonkeyPatch, name: str, *, guessed: bool
) -> None:
    out = io.StringIO()
    terminal = Console(file=out, force_terminal=True, width=200, color_system=None)
    monkeypatch.setattr("cli.profiles.console", lambda: terminal)

    assert command("profiles", name, api=Profiles()).code == 0

    assert f"{name}: services by intensity" in out.getvalue()
    assert ("systems guessed" in out.getvalue()) is guessed


def test_as_json_it_is_the_apis_own(command: Command) -> None:
    done = command("profiles", "standard", "--json", api=Profiles())

    (profile,) = json.loads(done.out)["profiles"]
    assert profile["settings"]["discovery"] == "auto"
    assert [engines["kind"] for engines in profile["engines"]] == list(KINDS)


def test_a_profile_that_is_not_there_is_a_usage_error_with_those_that_are(command: Command) -> None:
    done = command("profiles", "fast", api=Profiles())

    assert done.code == 2
    assert "standard" in done.err
