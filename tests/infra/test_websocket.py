import json

from infra.grants import On
from infra.permissions import PERMISSIONS
from tests.infra.templates import Synthesised, listed


def test_every_frame_goes_to_one_function_and_connecting_needs_a_ticket(stage: Synthesised) -> None:
    routes = {
        each["RouteKey"]: each
        for name, each in stage.resources("AWS::ApiGatewayV2::Route").items()
        if name.startswith("Websocket")
    }
    assert set(routes) == {"$connect", "$disconnect", "$default", "subscribe", "unsubscribe", "ping"}
    assert len({json.dumps(each["Target"]) for each in routes.values()}) == 1
    assert routes["$connect"]["AuthorizationType"] == "CUSTOM"
    authorizer = stage.one("AWS::ApiGatewayV2::Authorizer", "Websocket")
    assert authorizer["IdentitySource"] == ["route.request.querystring.ticket"]


def test_tickets_are_taken_by_a_function_that_can_do_nothing_else(stage: Synthesised) -> None:
    authorizer = stage.one("AWS::ApiGatewayV2::Authorizer", "Websocket")
    assert "WebsocketAuthorizerFunction" in json.dumps(authorizer["AuthorizerUri"])
    (taking,) = (
        each
        for name, each in stage.statements()
        if name.startswith("WebsocketAuthorizerRole")
        and any(action.startswith("dynamodb:") for action in listed(each["Action"]))
    )
    assert listed(taking["Action"]) == ["dynamodb:DeleteItem"]
    assert taking["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == ["TKT#*"]


def test_the_http_api_writes_tickets_and_orders_to_the_live_table_and_no_event() -> None:
    writing = [
        grant for grant in PERMISSIONS["HttpApi"] if grant.on is On.LIVE_TABLE and "dynamodb:PutItem" in grant.actions
    ]
    assert {key for grant in writing for key in grant.keys} == {"SHUT#*", "TKT#*"}


def test_answers_are_posted_never_returned(stage: Synthesised) -> None:
    assert not stage.resources("AWS::ApiGatewayV2::RouteResponse")


def test_two_functions_may_post_to_connections_and_close_them(stage: Synthesised) -> None:
    posting = {
        name: json.dumps(each["Resource"])
        for name, each in stage.statements()
        if "execute-api:ManageConnections" in listed(each["Action"])
    }
    assert {name.partition("RoleDefault")[0] for name in posting} == {"Websocket", "AlertingBroadcast"}
    for verb in ("POST", "DELETE"):
        assert all(f"/live/{verb}/@connections/*" in resource for resource in posting.values())
    assert not any("/live/*" in resource for resource in posting.values())


def test_the_callback_is_the_apis_own_address(prod: Synthesised, local: Synthesised) -> None:
    def callback(stage: Synthesised) -> str:
        variables = stage.functions()["functions.alerting.broadcast.handler"]["Environment"]["Variables"]
        return json.dumps(variables["VEDETTE_CALLBACK_URL"])

    assert "https://" in callback(prod)
    assert "http://127.0.0.1:4566/_aws/execute-api/" in callback(local)
