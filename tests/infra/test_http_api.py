import json

from infra.http_api import PUBLIC
from tests.infra.templates import Synthesised


def _routes(stage: Synthesised) -> dict[str, dict[str, object]]:
    return {
        str(each["RouteKey"]): each
        for name, each in stage.resources("AWS::ApiGatewayV2::Route").items()
        if name.startswith("HttpApi")
    }


def test_all_but_the_public_paths_stand_behind_the_authorizer(stage: Synthesised) -> None:
    routes = _routes(stage)
    assert set(routes) == {"ANY /{proxy+}", *(f"GET {path}" for path in PUBLIC)}
    behind = {key for key, route in routes.items() if route.get("AuthorizationType") == "CUSTOM"}
    assert behind == {"ANY /{proxy+}"}


def test_a_revoked_token_is_asked_about_at_every_request(stage: Synthesised) -> None:
    authorizer = stage.one("AWS::ApiGatewayV2::Authorizer", "HttpApi")
    assert authorizer["AuthorizerResultTtlInSeconds"] == 0
    assert authorizer["EnableSimpleResponses"] is True
    assert authorizer["AuthorizerPayloadFormatVersion"] == "2.0"
    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]


def test_requests_are_logged_with_who_asked(stage: Synthesised) -> None:
    settings = stage.one("AWS::ApiGatewayV2::Stage", "HttpApi")
    assert settings["StageName"] == "$default"
    line = json.loads(settings["AccessLogSettings"]["Format"])
    assert {"request", "principal", "status"} <= set(line)
    assert not [value for value in line.values() if "authorization" in value.lower().split(".")]


def test_requests_are_throttled(prod: Synthesised) -> None:
    settings = prod.one("AWS::ApiGatewayV2::Stage", "HttpApi")
    assert settings["DefaultRouteSettings"] == {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 100}
