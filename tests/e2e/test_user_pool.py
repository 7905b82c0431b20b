"""The app's own user pool, on a stack that names no other issuer: its people log in on its pages."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from cli.access import Access
from cli.client import Client
from infra.local import Running, down, up
from infra.local.aws import DIRECT, root_session
from infra.local.emulator import free_port
from infra.local.paths import LocalPaths
from tests.e2e.desk import PATIENCE_S, Desk
from tests.oidc import OWNERS

pytestmark = [pytest.mark.e2e, pytest.mark.long]

EMAIL, PASSWORD = "ann@example.com", "Correct-horse-7-battery"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    paths, port = LocalPaths(tmp_path_factory.mktemp("own pool")), free_port()
    try:
        yield up(print, paths=paths, port=port, engine="none")
    finally:
        down(print, paths=paths, port=port)


@pytest.fixture(scope="module")
def ann(running: Running) -> str:
    """An owner, as an administrator of the pool makes one."""
    client: Any = root_session().client
    cognito = client("cognito-idp", endpoint_url=running.endpoints.endpoint_url, config=DIRECT)
    pool = running.endpoints.outputs["UserPoolId"]
    attributes = [{"Name": "email", "Value": EMAIL}, {"Name": "email_verified", "Value": "true"}]
    # The temporary password that the emulator would make up does not fit the pool's own policy.
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=EMAIL,
        UserAttributes=attributes,
        MessageAction="SUPPRESS",
        TemporaryPassword=PASSWORD,
    )
    cognito.admin_set_user_password(UserPoolId=pool, Username=EMAIL, Password=PASSWORD, Permanent=True)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=EMAIL, GroupName=OWNERS)
    return EMAIL


def type_in(address: str, username: str) -> httpx.Response:
    """What a browser does with the pool's page."""
    with httpx.Client(trust_env=False, follow_redirects=True, timeout=PATIENCE_S) as browser:
        page = browser.get(address)
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
        form = {name: html.unescape(value) for name, value in hidden}
        return browser.post(urljoin(address, "/login"), data={**form, "username": username, "password": PASSWORD})


def test_an_owner_of_the_pool_logs_in_on_its_pages(running: Running, ann: str, tmp_path: Path) -> None:
    desk = Desk(
        tmp_path, Access(url=running.endpoints.http_url, websocket_url=running.endpoints.websocket_url, token="")
    )
    with desk.logging_in() as (process, there):
        assert "go back to the terminal" in type_in(there, ann).text
        told, noted = process.communicate(timeout=PATIENCE_S)
        assert f"logged in as {ann}" in told, noted
    code, told, noted = desk.run("me", "--json")
    assert code == 0, noted
    me = json.loads(told)
    assert (me["kind"], me["email"], me["email_verified"], me["owner"]) == ("user", ann, True, True)


def test_the_pools_issuer_is_told_and_its_keys_are_read_at_the_endpoint(running: Running) -> None:
    access = Access(url=running.endpoints.http_url, websocket_url=running.endpoints.websocket_url, token="")
    with Client(access) as client:
        offer = client.get("identity")
    assert offer["issuer"].startswith("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_")
    assert offer["discovery"].startswith(running.endpoints.endpoint_url)
