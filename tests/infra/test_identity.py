import dataclasses
import json
from pathlib import Path

import aws_cdk as cdk
import pytest

from functions.core.identity import REDIRECT_URIS
from infra.app import build, chosen_stage
from infra.settings import STAGES, Issuer
from tests.infra.templates import Synthesised

ELSEWHERE = Issuer(
    issuer="https://login.example", client_id="vedette", audience="https://vedette.example", owner_group="sec"
)


def test_nobody_signs_up_alone_and_nobody_without_a_second_factor(stage: Synthesised) -> None:
    pool = stage.one("AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["MfaConfiguration"] == "ON"
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool["UserAttributeUpdateSettings"] == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    policy = pool["Policies"]["PasswordPolicy"]
    assert policy["MinimumLength"] >= 14
    assert all(policy[f"Require{kind}"] for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols"))


def test_the_command_line_is_a_public_client_that_sees_no_password(stage: Synthesised) -> None:
    client = stage.one("AWS::Cognito::UserPoolClient")
    assert client["GenerateSecret"] is False
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert (client["AllowedOAuthFlows"], client["AllowedOAuthScopes"]) == (["code"], ["openid", "email", "profile"])
    assert client["CallbackURLs"] == list(REDIRECT_URIS)
    assert all(uri.startswith("http://127.0.0.1:") for uri in REDIRECT_URIS)
    assert client["EnableTokenRevocation"] is True
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert (client["IdTokenValidity"], client["TokenValidityUnits"]["IdToken"]) == (15, "minutes")


def test_the_people_of_production_outlive_its_stack(prod: Synthesised) -> None:
    (pool,) = (each for each in prod.stateful["Resources"].values() if each["Type"] == "AWS::Cognito::UserPool")
    assert pool["DeletionPolicy"] == "Retain"
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"


def test_the_authorizer_trusts_the_pool_and_its_group_of_owners(prod: Synthesised) -> None:
    told = prod.functions()["functions.http_api.authorizer.handler"]["Environment"]["Variables"]
    assert "cognito-idp." in json.dumps(told["VEDETTE_ISSUER"])
    assert told["VEDETTE_DISCOVERY"] == told["VEDETTE_ISSUER"]
    assert "CommandLine" in json.dumps(told["VEDETTE_AUDIENCE"])
    assert (told["VEDETTE_GROUP_CLAIM"], told["VEDETTE_OWNER_GROUP"]) == ("cognito:groups", "vedette-owners")
    assert told["VEDETTE_ADMIT_LOOPBACK"] == "false"


def test_the_local_stage_asks_its_own_endpoint_and_nobody_else(local: Synthesised) -> None:
    told = local.functions()["functions.http_api.authorizer.handler"]["Environment"]["Variables"]
    assert "http://127.0.0.1:4566/" in json.dumps(told["VEDETTE_DISCOVERY"])
    assert "amazonaws" not in json.dumps(told["VEDETTE_DISCOVERY"])


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    directory = tmp_path_factory.mktemp("elsewhere")
    app = cdk.App(
        analytics_reporting=False,
        outdir=str(directory),
        context={"stage": "dev", "identity": json.dumps(dataclasses.asdict(ELSEWHERE))},
    )
    build(chosen_stage(app), app=app)
    app.synth()
    return Synthesised.read(Path(directory), "dev")


def test_any_other_issuer_takes_the_place_of_the_pool(elsewhere: Synthesised) -> None:
    assert elsewhere.resources("AWS::Cognito::UserPool") == {}
    told = elsewhere.functions()["functions.http_api.authorizer.handler"]["Environment"]["Variables"]
    assert told["VEDETTE_ISSUER"] == told["VEDETTE_DISCOVERY"] == "https://login.example"
    assert (told["VEDETTE_AUDIENCE"], told["VEDETTE_OWNER_GROUP"]) == ("https://vedette.example", "sec")
    offered = elsewhere.functions()["functions.http_api.app.handler"]["Environment"]["Variables"]
    assert (offered["VEDETTE_CLIENT_ID"], offered["VEDETTE_AUDIENCE"]) == ("vedette", "https://vedette.example")


def test_no_stage_names_an_issuer_of_ours() -> None:
    assert [name for name, stage in STAGES.items() if stage.identity is not None] == []
