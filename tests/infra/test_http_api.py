import json

import aws_cdk as cdk
import pytest

from functions.http_api.app import app
from infra.app import build
from infra.http_api import PUBLIC
from infra.settings import Stage
from infra.throttles import ROUTE_THROTTLES
from tests.infra.templates import Synthesised


def _routes(stage: Synthesised) -> dict[str, dict[str, object]]:
    return {
        str(each["RouteKey"]): each
        for name, each in stage.resources("AWS::ApiGatewayV2::Route").items()
        if name.startswith("HttpApi")
    }


def test_all_but_the_public_paths_stand_behind_the_authorizer(stage: Synthesised) -> None:
    routes = _routes(stage)
    public = {f"GET {path}" for path in PUBLIC}
    assert set(routes) == {"ANY /{proxy+}", *public, *(each.route for each in ROUTE_THROTTLES)}
    behind = {key for key, route in routes.items() if route.get("AuthorizationType") == "CUSTOM"}
    assert behind == set(routes) - public
    assert all(routes[key].get("AuthorizerId") for key in behind)


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


def test_costly_routes_have_throttles_of_their_own(stage: Synthesised) -> None:
    made = stage.one("AWS::ApiGatewayV2::Stage", "HttpApi")["RouteSettings"]
    assert made == {
        each.route: {"ThrottlingRateLimit": each.per_second, "ThrottlingBurstLimit": each.burst}
        for each in ROUTE_THROTTLES
    }
    assert {"GET /docs", "GET /openapi.json"} <= set(made)


def test_codes_of_invitations_are_tried_slowly(stage: Synthesised) -> None:
    made = stage.one("AWS::ApiGatewayV2::Stage", "HttpApi")["RouteSettings"]
    assert made["POST /v1/invitations/accept"] == {"ThrottlingRateLimit": 2, "ThrottlingBurstLimit": 5}


def test_every_throttled_route_is_one_that_the_api_answers() -> None:
    described = json.loads(app.get_openapi_json_schema(title="", version=""))["paths"]
    answered = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert {each.route for each in ROUTE_THROTTLES} <= answered | {f"GET {path}" for path in PUBLIC}


def test_the_stage_waits_for_the_routes_that_it_limits(stage: Synthesised) -> None:
    (made,) = (each for name, each in stage.platform["Resources"].items() if name.startswith("HttpApiStage"))
    routes = [name for name in stage.resources("AWS::ApiGatewayV2::Route") if name.startswith("HttpApi")]
    assert set(routes) <= set(made["DependsOn"])


def test_no_script_of_another_origin_is_let_in_unless_a_setting_says_so(prod: Synthesised) -> None:
    api = prod.one("AWS::ApiGatewayV2::Api", "HttpApi")
    assert "CorsConfiguration" not in api


def test_origins_are_let_in_by_name_and_their_preflights_need_no_token() -> None:
    app = cdk.App(analytics_reporting=False)
    _, platform = build(Stage(name="cors", cors_origins=("https://console.example",), scanner_image="image"), app=app)
    template = cdk.assertions.Template.from_stack(platform)
    template.has_resource_properties(
        "AWS::ApiGatewayV2::Api",
        {"CorsConfiguration": {"AllowOrigins": ["https://console.example"], "AllowMethods": ["*"]}},
    )
    template.has_resource_properties(
        "AWS::ApiGatewayV2::Route", {"RouteKey": "OPTIONS /{proxy+}", "AuthorizationType": "NONE"}
    )


@pytest.mark.parametrize(
    "origin",
    ["*", "https://*.example", "http://console.example", "https://console.example/", "https://a@b", "null", ""],
)
def test_an_origin_that_could_be_anyones_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="no origin"):
        Stage(name="cors", cors_origins=(origin,))
