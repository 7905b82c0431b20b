"""The HTTP door: one function behind one authorizer; five paths are public."""

import json
from collections.abc import Sequence
from importlib.metadata import version

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from constructs import Construct

from functions.settings import AuthorizerSettings, HttpApiSettings
from infra.acknowledge import acknowledge
from infra.authorities import inventory_roles
from infra.delivery import Delivery
from infra.exporting import Exporting
from infra.function import Function, means_settings
from infra.grants import On
from infra.queue import Inbox
from infra.roles import retention
from infra.scan_workflow import ScanWorkflow
from infra.scheduling import Scheduling
from infra.settings import Stage
from infra.stateful import Stateful

_ACCESS_LOG = {
    name: f"$context.{field}"
    for name, field in {
        "time": "requestTime",
        "request": "requestId",
        "source": "identity.sourceIp",
        "principal": "authorizer.principal_id",
        "method": "httpMethod",
        "path": "path",
        "route": "routeKey",
        "status": "status",
        "refusal": "error.responseType",
        "milliseconds": "responseLatency",
        "error": "integrationErrorMessage",
    }.items()
}
PUBLIC = ("/openapi.json", "/docs", "/v1/health", "/v1/identity", "/v1/version")


class HttpApi(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        data: Stateful,
        workflow: ScanWorkflow,
        scheduling: Scheduling,
        delivery: Delivery,
        exporting: Exporting,
        reviews: Inbox,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = Function(
            self,
            "HttpApi",
            stage=stage,
            handler="functions.http_api.app.handler",
            settings=HttpApiSettings(
                table=data.table.table_name,
                live_table=data.live_table.table_name,
                bucket=data.bucket.bucket_name,
                state_machine_arn=workflow.arn,
                schedule_group=scheduling.group_name,
                tick_queue_arn=scheduling.ticks.arn,
                scheduler_role_arn=scheduling.role.role_arn,
                schedule_dead_letter_arn=scheduling.ticks.dead_letters.queue_arn,
                deliver_queue_url=delivery.inbox.url,
                topics=delivery.topics,
                review_queue_url=reviews.url,
                seals=data.seals.bucket_name,
                export_queue_url=exporting.inbox.url,
                export_days=stage.export_days,
                **dict(means_settings(stage, region=Stack.of(self).region)),
                admit_loopback=stage.admit_loopback,
                issuer=data.issuer.issuer,
                client_id=data.issuer.client_id,
                audience=data.issuer.audience or data.issuer.client_id,
                discovery=data.issuer.discovery or data.issuer.issuer,
                version=version("vedette"),
            ),
            arns={
                **data.arns,
                **workflow.arns,
                **scheduling.arns,
                **delivery.arns,
                **exporting.arns,
                On.REVIEW_INBOX: (reviews.arn,),
                On.INVENTORY_ROLES: (inventory_roles(self),),
            },
            memory=1024,
            seconds=29,
        )
        self.authorizer = Function(
            self,
            "Authorizer",
            stage=stage,
            handler="functions.http_api.authorizer.handler",
            settings=AuthorizerSettings(
                table=data.table.table_name,
                live_table=data.live_table.table_name,
                requests_per_minute=stage.requests_per_minute,
                issuer=data.issuer.issuer,
                audience=data.issuer.audience or data.issuer.client_id,
                group_claim=data.issuer.group_claim,
                owner_group=data.issuer.owner_group,
                discovery=data.issuer.discovery or data.issuer.issuer,
                admit_loopback=stage.admit_loopback,
            ),
            arns=data.arns,
            seconds=10,
        )
        self.api = gateway.HttpApi(self, "Api", create_default_stage=False, cors_preflight=_cors(stage))
        routes = self._routes(stage)
        self._stage(stage, routes)

    @property
    def url(self) -> str:
        return self.api.api_endpoint

    def _routes(self, stage: Stage) -> list[gateway.HttpRoute]:
        integration = integrations.HttpLambdaIntegration(
            "Function",
            self.function.resource,
            # One right to call it for the whole API: a right for each route would outgrow a function's policy.
            scope_permission_to_route=False,
        )
        authorizer = authorizers.HttpLambdaAuthorizer(
            "Authorizer",
            self.authorizer.resource,
            response_types=[authorizers.HttpLambdaResponseType.SIMPLE],
            identity_source=["$request.header.Authorization"],
            # A revoked token must be refused by the very next request; asking costs one item read.
            results_cache_ttl=Duration.seconds(0),
        )
        public = {f"GET {path}": f"{path} says nothing about any project and is needed first." for path in PUBLIC}
        if stage.cors_origins:
            public["OPTIONS /{proxy+}"] = "Browsers ask beforehand without a token; the gateway answers by itself."
        made = []
        throttled = (each.route for each in stage.route_throttles)
        for key in ("ANY /{proxy+}", *public, *(key for key in throttled if key not in public)):
            method, path = key.split(" ")
            (route,) = self.api.add_routes(
                path=path,
                methods=[gateway.HttpMethod[method]],
                integration=integration,
                authorizer=None if key in public else authorizer,
            )
            if key in public:
                acknowledge(route, {"AwsSolutions-APIG4": public[key]})
            made.append(route)
        return made

    def _stage(self, stage: Stage, routes: Sequence[gateway.HttpRoute]) -> None:
        log_group = logs.LogGroup(self, "AccessLogs", retention=retention(stage), removal_policy=RemovalPolicy.DESTROY)
        made = gateway.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=stage.requests_per_second, throttling_burst_limit=stage.request_burst
            ),
            route_settings={
                each.route: {"ThrottlingRateLimit": each.per_second, "ThrottlingBurstLimit": each.burst}
                for each in stage.route_throttles
            },
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log_group.log_group_arn, format=json.dumps(_ACCESS_LOG)
            ),
        )
        # A limit is refused for a route that is not there yet.
        made.node.add_dependency(*routes)


def _cors(stage: Stage) -> gateway.CorsPreflightOptions | None:
    if not stage.cors_origins:
        return None
    return gateway.CorsPreflightOptions(
        allow_origins=list(stage.cors_origins),
        allow_methods=[gateway.CorsHttpMethod.ANY],
        allow_headers=["authorization", "content-type", "idempotency-key", "if-match"],
        expose_headers=["etag", "location"],
    )
