"""Who may see what: tokens, projects, revocation, on the deployed stack."""

import io
import uuid

import httpx
import pytest
from rich.console import Console

from cli import deployment
from cli.access import Access
from cli.client import Client
from cli.errors import ApiError, CommandError
from infra.local.aws import root_session
from infra.stack_outputs import Account
from tests.e2e.estate import targets
from tests.e2e.platform import Platform, eventually
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab]


def client_with(platform: Platform, token: str) -> Client:
    return Client(Access(url=platform.access.url, websocket_url=platform.access.websocket_url, token=token))


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer x", "Bearer vdt_01ARZ3NDEKTSV4RRFFQ69G5FAV_" + "x" * 43, "Bearer vdt__", "Basic eDp5"],
)
def test_a_bad_token_is_refused(platform: Platform, header: str) -> None:
    sent = {"Authorization": header} if header else {}
    answer = httpx.get(f"{platform.access.url}/v1/projects", headers=sent, trust_env=False, timeout=35)
    assert answer.status_code in {401, 403}
    assert "items" not in answer.text


def test_a_projects_token_reaches_its_project_and_no_other(platform: Platform, lab: Lab) -> None:
    mine, theirs = platform.project("mine"), platform.project("theirs")
    network = mine.network(targets=targets(lab, "silent"), ports="1-5")
    token = theirs.post("tokens", body={"name": "t", "scopes": ["read", "scan"]}, key=str(uuid.uuid4()))["token"]
    with client_with(platform, token) as client:
        assert client.get("projects", theirs.id)["id"] == theirs.id
        for path in (("networks",), ("networks", network["id"]), ("scans",), ("exposures",), ("alerts",), ("tokens",)):
            with pytest.raises(ApiError) as refused:
                client.get("projects", mine.id, *path)
            assert refused.value.status in {403, 404}, path
        with pytest.raises(ApiError) as refused:
            client.post("projects", theirs.id, "scans", body={"network": network["id"]}, key=str(uuid.uuid4()))
        assert refused.value.status == 404


def test_a_revoked_token_is_refused_within_seconds(platform: Platform) -> None:
    project = platform.project()
    made = project.post("tokens", body={"name": "t", "scopes": ["read"]}, key=str(uuid.uuid4()))
    with client_with(platform, made["token"]) as client:
        assert client.get("projects", project.id)["id"] == project.id
        platform.client.delete("projects", project.id, "tokens", made["details"]["id"])

        def refused() -> bool:
            try:
                client.get("projects", project.id)
            except ApiError as error:
                return error.status in {401, 403}
            return False

        assert eventually(refused, seconds=10, what="the revoked token is refused")


def test_an_operator_makes_the_first_admin_token(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(session=root_session(), endpoint_url=platform.running.endpoints.endpoint_url)
    monkeypatch.setattr("infra.stack_outputs.account_of", lambda _: account)
    out = io.StringIO()
    deployment.bootstrap(Console(file=out, width=200), stage="local", name="first")
    token = next(word for word in out.getvalue().split() if word.startswith("vdt_"))
    with client_with(platform, token) as client:
        assert client.post("projects", body={"name": "by the first token"})["id"]


def test_a_stage_that_is_not_deployed_cannot_be_bootstrapped(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(session=root_session(), endpoint_url=platform.running.endpoints.endpoint_url)
    monkeypatch.setattr("infra.stack_outputs.account_of", lambda _: account)
    with pytest.raises(CommandError, match="make deploy STAGE=prod"):
        deployment.bootstrap(Console(file=io.StringIO()), stage="prod", name="first")


def test_a_token_is_kept_as_a_hash(platform: Platform) -> None:
    project = platform.project()
    made = project.post("tokens", body={"name": "t", "scopes": ["read"]}, key=str(uuid.uuid4()))
    secret = made["token"].split("_", 2)[2]
    table = platform.aws("dynamodb")
    kept = table.get_item(
        TableName=platform.outputs["TableName"],
        Key={"pk": {"S": f"TOK#{made['details']['id']}"}, "sk": {"S": "TOK"}},
    )["Item"]
    assert secret not in str(kept)
    assert secret not in str(project.items("tokens"))
