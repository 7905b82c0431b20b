"""Machine tokens on the deployed stack: held to their number, rotated, revoked, and what they opened closed."""

import json
import time
import uuid

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from cli.errors import ApiError
from tests.e2e.platform import Json, Platform, Project, eventually
from tests.e2e.test_live import ask
from tests.fuzz.frames import fuzz

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

CLOSED_WITHIN_S = 150
"""On a machine with other things to do, where the function that closes has not run yet; `make reactions` measures."""


def refused(platform: Platform, project: Project, token: str) -> bool:
    with platform.with_token(token) as client:
        try:
            client.get("projects", project.id)
        except ApiError as error:
            return error.status in {401, 403}
        return False


def closes(socket: ClientConnection, *, within: float) -> bool:
    """Whether the other end closes the connection in time; what is told before is passed over."""
    end = time.monotonic() + within
    try:
        while time.monotonic() < end:
            socket.recv(timeout=max(end - time.monotonic(), 0.1))
    except ConnectionClosed:
        return True
    except TimeoutError:
        return False
    return False


def listening(socket: ClientConnection, project: Project) -> None:
    answer = ask(socket, action="subscribe", topic=f"project:{project.id}")
    assert answer["type"] == "snapshot", answer


def command(platform: Platform, project: Project, *words: str) -> Json:
    done = platform.command("tokens", *words, "--project", project.id, "--json")
    assert done.returncode == 0, done.stderr
    told: Json = json.loads(done.stdout)
    return told


def test_revoking_a_token_closes_what_it_opened_and_nothing_else(platform: Platform, project: Project) -> None:
    made = project.token("read")
    with platform.live(project.id, made["token"]) as theirs, platform.live(project.id) as ours:
        listening(theirs, project)
        listening(ours, project)
        platform.client.delete("projects", project.id, "tokens", made["details"]["id"])
        assert closes(theirs, within=CLOSED_WITHIN_S)
        assert ask(ours, action="ping")["type"] == "pong"
    eventually(lambda: refused(platform, project, made["token"]), seconds=60, what="the token is refused")


def test_a_token_is_made_rotated_and_revoked_by_command(platform: Platform, project: Project) -> None:
    first = command(platform, project, "make", "ci", "--scope", "read", "--expires", "1d")
    with platform.live(project.id, first["token"]) as socket:
        listening(socket, project)
        second = command(platform, project, "rotate", "ci", "--overlap", "5")
        assert closes(socket, within=CLOSED_WITHIN_S)
    for secret in (first, second):
        assert not refused(platform, project, secret["token"])
    third = command(platform, project, "rotate", "ci")
    assert [refused(platform, project, each["token"]) for each in (first, second, third)] == [True, True, False]
    (listed,) = command(platform, project, "list")["tokens"]
    assert (listed["prefix"], listed["version"]) == (third["details"]["prefix"], 3)
    assert listed["last_used"]
    assert platform.command("tokens", "revoke", "ci", "--project", project.id).returncode == 0
    assert refused(platform, project, third["token"])


def test_a_token_beyond_its_number_is_told_to_come_again(platform: Platform, project: Project) -> None:
    token = project.token("read", requests_per_minute=3)["token"]
    url, header = f"{platform.access.url}/v1/projects/{project.id}", {"Authorization": f"Bearer {token}"}
    answers = [httpx.get(url, headers=header, trust_env=False, timeout=120) for _ in range(8)]
    told = [answer for answer in answers if answer.status_code == 429]
    assert told, [answer.status_code for answer in answers]
    assert told[0].json()["type"].endswith("too-many-requests")
    assert 1 <= int(told[0].headers["retry-after"]) <= 60


def test_nobody_makes_a_token_that_may_do_more_than_they_may(platform: Platform, project: Project) -> None:
    made = project.token("admin", "read")
    with platform.with_token(made["token"]) as client, pytest.raises(ApiError) as error:
        client.post("projects", project.id, "tokens", body={"name": "x", "scopes": ["scan"]}, key=str(uuid.uuid4()))
    assert error.value.status == 403


def test_random_frames_fell_nothing(platform: Platform) -> None:
    found = fuzz(platform, cases=120, seconds=120, seed=4)
    assert (found.server_errors, found.schema_violations) == (0, 0), found.examples
    assert found.frame_cases > 30
    assert found.errors
