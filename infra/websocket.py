"""The live door: connect with a ticket, behind an authorizer of its own; every route to one function."""

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from constructs import Construct

from functions.settings import WebsocketAuthorizerSettings, WebsocketSettings
from infra.acknowledge import acknowledge
from infra.function import Function
from infra.grants import On
from infra.settings import Stage
from infra.stateful import Stateful

STAGE = "live"
ACTIONS = ("subscribe", "unsubscribe", "ping")


class Websocket(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, data: Stateful) -> None:
        super().__init__(scope, construct_id)
        self.api = gateway.WebSocketApi(self, "Api", route_selection_expression="$request.body.action")
        self.callback_url = _callback_url(stage, self.api)
        self.function = Function(
            self,
            "Websocket",
            stage=stage,
            handler="functions.websocket.app.handler",
            settings=WebsocketSettings(
                table=data.table.table_name,
                live_table=data.live_table.table_name,
                callback_url=self.callback_url,
                frames_per_minute=stage.frames_per_minute,
            ),
            arns={**data.arns, **self.arns},
        )
        # Beside this construct, not in it: the service cuts names of roles that are longer than 64 characters.
        self.authorizer = Function(
            scope,
            "WebsocketAuthorizer",
            stage=stage,
            handler="functions.websocket.authorizer.handler",
            settings=WebsocketAuthorizerSettings(live_table=data.live_table.table_name),
            arns=data.arns,
            seconds=10,
        )
        self._routes()
        self._stage(stage)

    @property
    def url(self) -> str:
        return f"{self.api.api_endpoint}/{STAGE}"

    @property
    def arns(self) -> dict[On, tuple[str, ...]]:
        """Messages to the connections of the one stage, and their end; a connection's id is known only when it is there."""
        arns = (
            Stack.of(self).format_arn(
                service="execute-api", resource=self.api.api_id, resource_name=f"{STAGE}/{verb}/@connections/*"
            )
            for verb in ("POST", "DELETE")
        )
        return {On.CONNECTIONS: tuple(arns)}

    def _routes(self) -> None:
        integration = integrations.WebSocketLambdaIntegration("Function", self.function.resource)
        connect = authorizers.WebSocketLambdaAuthorizer(
            "Authorizer", self.authorizer.resource, identity_source=["route.request.querystring.ticket"]
        )
        self.api.add_route("$connect", integration=integration, authorizer=connect)
        for key in ("$disconnect", "$default", *ACTIONS):
            route = self.api.add_route(key, integration=integration)
            acknowledge(
                route,
                {
                    "AwsSolutions-APIG4": "A WebSocket API has authorizers on $connect alone; later frames come from an authorised connection."
                },
            )

    def _stage(self, stage: Stage) -> None:
        live = gateway.WebSocketStage(
            self,
            "Stage",
            web_socket_api=self.api,
            stage_name=STAGE,
            auto_deploy=True,
            throttle=gateway.ThrottleSettings(rate_limit=stage.requests_per_second, burst_limit=stage.request_burst),
        )
        acknowledge(
            live,
            {
                "AwsSolutions-APIG1": "Access logs of a WebSocket API need an account-wide role, which one app must not set; the function logs each connection."
            },
        )


def _callback_url(stage: Stage, api: gateway.WebSocketApi) -> str:
    if stage.local:
        return f"{stage.endpoint}/_aws/execute-api/{api.api_id}/{STAGE}"
    stack = Stack.of(api)
    return f"https://{api.api_id}.execute-api.{stack.region}.{stack.url_suffix}/{STAGE}"
