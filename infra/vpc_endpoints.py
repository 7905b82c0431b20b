"""Private ways from the tasks' VPC to AWS, each open for exactly what a task and its start may do."""

from collections.abc import Iterable

from aws_cdk import Aws, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.grants import Grant, On
from infra.permissions import PERMISSIONS
from infra.roles import Arns, compact

GATEWAYS = {
    "S3": ec2.GatewayVpcEndpointAwsService.S3,
    "DynamoDb": ec2.GatewayVpcEndpointAwsService.DYNAMODB,
}
_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_ANYBODY = iam.AnyPrincipal()


class VpcEndpoints(Construct):
    """Policies for the two gateways that a VPC of the app's own has anyway, and interfaces for images and logs.

    A task calls no other service: Step Functions and ECS call it, and its key is used by the services behind these.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        tasks: ec2.ISecurityGroup,
        role: iam.Role,
        execution_role: iam.Role,
        log_group: logs.LogGroup,
        repository: str | None,
        arns: Arns,
    ) -> None:
        """`role`, `execution_role`: of the task; `repository`: the name of its image's, None where that is elsewhere."""
        super().__init__(scope, construct_id)
        self._vpc = vpc
        self._execution_role = execution_role
        self._group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="TLS from the tasks alone.", allow_all_outbound=False
        )
        self._group.add_ingress_rule(tasks, ec2.Port.tcp(443), "Calls of tasks and of their start")
        self._gateways(role, repository, arns)
        self._interface(
            "Logs",
            ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
            self._for_start(PERMISSIONS["TaskExecution"], {On.LOGS: (log_group.log_group_arn,)}),
        )
        if repository:
            images = Stack.of(self).format_arn(service="ecr", resource="repository", resource_name=repository)
            for name, service in (
                ("Images", ec2.InterfaceVpcEndpointAwsService.ECR),
                ("ImageLayers", ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER),
            ):
                self._interface(name, service, self._for_pull(images))

    def _gateways(self, role: iam.Role, repository: str | None, arns: Arns) -> None:
        for grant in compact(PERMISSIONS["Scanner"]):
            service = grant.actions[0].partition(":")[0]
            self._gateway({"s3": "S3", "dynamodb": "DynamoDb"}[service]).add_to_policy(
                iam.PolicyStatement(
                    # A gateway's policy knows a role by this condition only.
                    principals=[_ANYBODY],
                    actions=list(grant.actions),
                    resources=list(arns[grant.on]),
                    conditions={"ArnEquals": {"aws:PrincipalArn": role.role_arn}},
                )
            )
        if repository:
            self._gateway("S3").add_to_policy(
                iam.PolicyStatement(
                    sid="LayersOfImages",
                    # Layers are fetched by links that the registry has signed, from a bucket of the registry's.
                    principals=[_ANYBODY],
                    actions=["s3:GetObject"],
                    resources=[f"arn:{Aws.PARTITION}:s3:::prod-{Aws.REGION}-starport-layer-bucket/*"],
                )
            )

    def _gateway(self, name: str) -> ec2.GatewayVpcEndpoint:
        gateway = self._vpc.node.find_child(name)
        if not isinstance(gateway, ec2.GatewayVpcEndpoint):
            raise TypeError(f"{gateway.node.path} is no gateway endpoint.")
        return gateway

    def _interface(
        self, name: str, service: ec2.InterfaceVpcEndpointAwsService, statements: Iterable[iam.PolicyStatement]
    ) -> None:
        endpoint = ec2.InterfaceVpcEndpoint(
            self,
            name,
            vpc=self._vpc,
            service=service,
            subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            security_groups=[self._group],
            open=False,
        )
        for statement in statements:
            endpoint.add_to_policy(statement)

    def _for_start(self, grants: Iterable[Grant], arns: Arns) -> Iterable[iam.PolicyStatement]:
        for grant in compact(grants):
            yield self._statement(grant.actions, arns[grant.on])

    def _for_pull(self, repository: str) -> Iterable[iam.PolicyStatement]:
        yield self._statement(_PULL, (repository,))
        # A token for the image registry is of the account, not of a repository.
        yield self._statement(("ecr:GetAuthorizationToken",), ("*",))

    def _statement(self, actions: Iterable[str], resources: Iterable[str]) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            principals=[iam.ArnPrincipal(self._execution_role.role_arn)],
            actions=list(actions),
            resources=list(resources),
        )
