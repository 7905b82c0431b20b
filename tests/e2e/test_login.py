"""People on the deployed stack: in through the browser, renewed, out again; and whoever is not let in."""

import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.client import Client
from cli.errors import ApiError
from functions.core.identity import user_id
from tests.e2e.desk import PATIENCE_S, Desk
from tests.e2e.platform import Platform, Project, eventually
from tests.oidc import OWNERS, Issuer, Someone

pytestmark = pytest.mark.e2e

ZOE = Someone(subject="zoe", email="zoe@example.com")


@pytest.fixture
def desk(platform: Platform, tmp_path: Path) -> Iterator[Desk]:
    platform.issuer.at_browser = ZOE
    yield Desk(tmp_path, platform.access)
    platform.issuer.at_browser = Someone()


def me(platform: Platform, token: str) -> dict[str, Any]:
    with Client(platform.access.model_copy(update={"token": token})) as client:
        return client.get("me")


def refused(platform: Platform, token: str) -> bool:
    with pytest.raises(ApiError) as refusal:
        me(platform, token)
    return refusal.value.status in {401, 403}


def test_a_person_logs_in_through_the_browser_stays_in_and_logs_out(platform: Platform, desk: Desk) -> None:
    assert "logged in as zoe@example.com" in desk.log_in()
    assert stat.S_IMODE(desk.kept.stat().st_mode) == 0o600

    kept = json.loads(desk.kept.read_text())
    kept["login"]["expires"] = datetime.now(UTC).isoformat()
    desk.kept.write_text(json.dumps(kept))
    code, told, noted = desk.run("me", "--json")
    assert code == 0, noted
    assert json.loads(told)["id"] == user_id(platform.issuer.url, "zoe")
    renewed = json.loads(desk.kept.read_text())
    assert renewed["login"]["refresh_token"] != kept["login"]["refresh_token"]

    sessions = platform.issuer.sessions
    assert desk.run("logout")[0] == 0
    assert platform.issuer.sessions == sessions - 1
    assert not desk.kept.exists()
    code, _, noted = desk.run("me")
    assert (code, "vedette login" in noted) == (2, True)


def test_who_is_not_let_in_by_the_issuer_is_not_logged_in(platform: Platform, desk: Desk) -> None:
    platform.issuer.at_browser = None
    with desk.logging_in() as (process, there):
        httpx.get(there, follow_redirects=True, trust_env=False, timeout=PATIENCE_S)
        _, noted = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, "access_denied" in noted) == (1, True)
    assert not desk.kept.exists()


def test_only_the_browser_of_this_login_is_listened_to(platform: Platform, desk: Desk) -> None:
    with desk.logging_in() as (process, there):
        answer = httpx.get(there, trust_env=False, timeout=PATIENCE_S)
        landing = httpx.URL(answer.headers["location"])
        forged = landing.copy_with(params={"code": "stolen", "state": "guessed"})
        for url in (forged, landing.copy_with(path="/"), landing.copy_with(query=None)):
            assert httpx.get(url, trust_env=False, timeout=PATIENCE_S).status_code == 404
        assert process.poll() is None
        assert httpx.get(landing, trust_env=False, timeout=PATIENCE_S).status_code == 200
        told, _ = process.communicate(timeout=PATIENCE_S)
        assert "logged in as zoe@example.com" in told


def test_the_api_knows_a_person_and_reaches_no_project_for_them(platform: Platform, project: Project) -> None:
    found = me(platform, platform.issuer.token(ZOE))
    assert (found["id"], found["kind"]) == (user_id(platform.issuer.url, "zoe"), "user")
    assert (found["email"], found["email_verified"], found["owner"]) == ("zoe@example.com", True, False)
    with platform.as_user(ZOE) as client, pytest.raises(ApiError) as refusal:
        client.get("projects", project.id)
    assert refusal.value.status == 404


def test_an_owner_by_the_issuers_group_reaches_every_project(platform: Platform, project: Project) -> None:
    with platform.as_user(Someone(subject="olga", groups=(OWNERS,))) as client:
        assert client.get("me")["owner"] is True
        assert client.get("projects", project.id)["id"] == project.id


def test_whoever_the_issuer_does_not_vouch_for_stays_outside(platform: Platform) -> None:
    issuer = platform.issuer
    assert me(platform, issuer.token(ZOE))["kind"] == "user"
    impostor = Issuer(url=issuer.url)
    over = datetime.now(UTC).timestamp() - issuer.life_s - 61
    for token in (
        impostor.token(ZOE),
        impostor.sign(impostor.claims(ZOE), kid=issuer.keys[0].id),
        issuer.token(ZOE, aud="another"),
        issuer.token(ZOE, iss="https://issuer.example"),
        issuer.token(ZOE, at=over),
        issuer.sign(issuer.claims(ZOE), typ="logout+jwt"),
    ):
        assert refused(platform, token)


@pytest.mark.long
def test_a_new_key_of_the_issuer_is_taken_and_a_token_of_the_old_one_lasts(platform: Platform) -> None:
    before = platform.issuer.token(ZOE)
    assert me(platform, before)["kind"] == "user"
    platform.issuer.rotate()
    after = platform.issuer.token(ZOE)

    def admitted() -> bool:
        try:
            return bool(me(platform, after))
        except ApiError:
            return False

    eventually(admitted, seconds=240, what="the new key is read")
    assert me(platform, before)["kind"] == "user"
