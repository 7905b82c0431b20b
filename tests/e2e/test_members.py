"""People in projects, on the deployed stack: invited, joined, lowered, gone."""

import json
import re

import pytest

from cli.client import Client
from cli.errors import ApiError
from functions.core.identity import user_id
from tests.e2e.platform import Platform, Project
from tests.e2e.test_tokens import CLOSED_WITHIN_S, closes, listening
from tests.oidc import OWNERS, Someone

pytestmark = pytest.mark.e2e

ADA = Someone(subject="ada", email="ada@example.com")
BOB = Someone(subject="bob", email="bob@example.com")
OLGA = Someone(subject="olga", email="olga@example.com", groups=(OWNERS,))


def refusal(client: Client, method: str, *path: str, **options: object) -> str:
    with pytest.raises(ApiError) as refused:
        getattr(client, method)(*path, **options)
    return refused.value.slug


def command(platform: Platform, who: Someone, *words: str) -> str:
    done = platform.command(*words, VEDETTE_TOKEN=platform.issuer.token(who))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_people_are_invited_promoted_lowered_and_removed(platform: Platform, project: Project) -> None:
    here = ("projects", project.id)
    invited = command(platform, OLGA, "invite", ADA.email, "--role", "admin", "--project", project.id)
    code = re.search(r"vdi_\S+", invited)
    assert code is not None
    assert "admin" in command(platform, ADA, "join", code[0])
    assert json.loads(command(platform, ADA, "me", "--json"))["memberships"][0]["project"] == project.id

    with platform.as_user(ADA) as ada, platform.as_user(BOB) as bob:
        assert refusal(bob, "get", *here) == "not-found"
        made = ada.post(*here, "invitations", body={"email": BOB.email, "role": "operator"})
        bob.post("invitations", "accept", body={"code": made["code"]})
        draft = {"name": "loop", "targets": ["127.0.0.1"], "ports": "1"}
        assert bob.post(*here, "networks", body=draft)["name"] == "loop"
        assert refusal(bob, "get", *here, "tokens") == "forbidden"
        assert refusal(ada, "delete", *here, "members", "me") == "conflict"

        with platform.live(project.id, platform.issuer.token(BOB)) as socket:
            listening(socket, project)
            assert "viewer" in command(platform, ADA, "members", "role", BOB.email, "viewer", "--project", project.id)
            assert closes(socket, within=CLOSED_WITHIN_S)
        assert refusal(bob, "post", *here, "networks", body=draft) == "forbidden"
        bobs = user_id(platform.issuer.url, BOB.subject)
        ada.delete(*here, "members", bobs, version=2)
        assert refusal(bob, "get", *here) == "not-found"
