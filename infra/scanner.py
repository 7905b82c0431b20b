"""The scanner: its network, its cluster, and the task that scans one chunk."""

from typing import Literal

from aws_cdk import Duration, IgnoreMode, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from functions.settings import ScopeSettings
from infra.acknowledge import acknowledge
from infra.asset import PROJECT
from infra.function import variables
from infra.grants import On
from infra.images import repository_name
from infra.permissions import PERMISSIONS
from infra.roles import allow, retention
from infra.settings import Stage
from infra.stateful import Stateful
from infra.transport import refuse_plain_http
from infra.vpc_endpoints import GATEWAYS, VpcEndpoints

CONTAINER = "scanner"
STOP_SECONDS = 120
"""Fargate's longest: what a worker has to save after SIGTERM."""
_ARCHITECTURES = {
    "arm64": (ecs.CpuArchitecture.ARM64, ecr_assets.Platform.LINUX_ARM64),
    "x86_64": (ecs.CpuArchitecture.X86_64, ecr_assets.Platform.LINUX_AMD64),
}


class TaskEnvironment(ScopeSettings):
    """The part of `WorkerSettings` that is the same for every chunk."""

    table: str
    live_table: str
    bucket: str
    name_servers: str
    shared_network: bool


class Scanner(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, data: Stateful) -> None:
        super().__init__(scope, construct_id)
        self.vpc = _vpc(self, stage)
        self.security_group = self._security_group()
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=self.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
            enable_fargate_capacity_providers=stage.spot,
        )
        self.log_group = logs.LogGroup(self, "Logs", retention=retention(stage), removal_policy=RemovalPolicy.DESTROY)
        self.task_definition = self._task_definition(stage, data)
        if stage.vpc_endpoints:
            VpcEndpoints(
                self,
                "Endpoints",
                vpc=self.vpc,
                tasks=self.security_group,
                role=self.role,
                execution_role=self.execution_role,
                log_group=self.log_group,
                repository=repository_name(stage),
                arns=data.arns,
            )

    @property
    def subnet_ids(self) -> list[str]:
        return [subnet.subnet_id for subnet in self.vpc.public_subnets or self.vpc.private_subnets]

    @property
    def assign_public_ip(self) -> Literal["ENABLED", "DISABLED"]:
        return "ENABLED" if self.vpc.public_subnets else "DISABLED"

    @property
    def arns(self) -> dict[On, tuple[str, ...]]:
        tasks = Stack.of(self).format_arn(
            service="ecs", resource="task", resource_name=f"{self.cluster.cluster_name}/*"
        )
        return {
            On.TASK_DEFINITION: (self.task_definition.task_definition_arn,),
            On.TASK_ROLES: (self.role.role_arn, self.execution_role.role_arn),
            On.TASKS: (tasks,),
        }

    def _security_group(self) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=self.vpc,
            description="Everything both ways, so that no flow of a scan is tracked. Tasks listen on nothing.",
            allow_all_outbound=True,
            allow_all_ipv6_outbound=True,
        )
        for peer in (ec2.Peer.any_ipv4(), ec2.Peer.any_ipv6()):
            group.add_ingress_rule(peer, ec2.Port.all_traffic(), "Answers to probes")
        reason = (
            "Tracked connections have an allowance that a scan exceeds, and answers are then dropped unseen; only rules "
            "that allow everything both ways are untracked. The task listens on nothing and nothing else wears this group."
        )
        acknowledge(group, {"AwsSolutions-EC23": reason, "CloudFormation-Validate::W2508": reason})
        return group

    def _task_definition(self, stage: Stage, data: Stateful) -> ecs.FargateTaskDefinition:
        architecture, _ = _ARCHITECTURES[stage.task_architecture]
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        allow(self.role, PERMISSIONS["Scanner"], data.arns)
        if not stage.local:
            refuse_plain_http(self.role)
        self.execution_role = iam.Role(
            self, "ExecutionRole", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com")
        )
        allow(self.execution_role, PERMISSIONS["TaskExecution"], {On.LOGS: (self.log_group.log_group_arn,)})
        acknowledge(
            self.execution_role,
            {
                "AwsSolutions-IAM5[Resource::*]": "A token for the image registry is of the account, not of a repository."
            },
        )
        task = ecs.FargateTaskDefinition(
            self,
            "Task",
            cpu=stage.task_cpu,
            memory_limit_mib=stage.task_memory,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=architecture, operating_system_family=ecs.OperatingSystemFamily.LINUX
            ),
            task_role=self.role,
            execution_role=self.execution_role,
        )
        container = task.add_container(
            CONTAINER,
            container_name=CONTAINER,
            image=_image(stage),
            environment=variables(
                TaskEnvironment(
                    table=data.table.table_name,
                    live_table=data.live_table.table_name,
                    bucket=data.bucket.bucket_name,
                    admit_loopback=stage.admit_loopback,
                    name_servers=stage.name_servers,
                    shared_network=stage.local,
                )
            ),
            logging=ecs.LogDrivers.aws_logs(stream_prefix=CONTAINER, log_group=self.log_group),
            stop_timeout=Duration.seconds(STOP_SECONDS),
            readonly_root_filesystem=True,
        )
        task.add_volume(name="tmp")
        container.add_mount_points(ecs.MountPoint(container_path="/tmp", source_volume="tmp", read_only=False))  # noqa: S108
        acknowledge(
            task,
            {
                "AwsSolutions-ECS2": "The variables are names of tables, of the bucket and of the chunk; no secret is among them."
            },
        )
        return task


def _image(stage: Stage) -> ecs.ContainerImage:
    if stage.scanner_image:
        return ecs.ContainerImage.from_registry(stage.scanner_image)
    return ecs.ContainerImage.from_asset(
        str(PROJECT),
        file="scanner_image/Dockerfile",
        platform=_ARCHITECTURES[stage.task_architecture][1],
        ignore_mode=IgnoreMode.DOCKER,
        exclude=["*", "!functions", "!scanner_image", "**/__pycache__"],
    )


def _vpc(scope: Construct, stage: Stage) -> ec2.IVpc:
    own = stage.own_network
    if own is not None:
        subnets = list(own.subnet_ids)
        return ec2.Vpc.from_vpc_attributes(
            scope,
            "Vpc",
            vpc_id=own.vpc_id,
            availability_zones=list(own.availability_zones),
            public_subnet_ids=subnets if own.public else None,
            private_subnet_ids=None if own.public else subnets,
        )
    vpc = ec2.Vpc(
        scope,
        "Vpc",
        max_azs=2,
        nat_gateways=0,
        ip_protocol=ec2.IpProtocol.DUAL_STACK if stage.dual_stack else ec2.IpProtocol.IPV4_ONLY,
        subnet_configuration=[ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)],
        # Emptying the default group takes a function with wide rights; nothing here ever wears that group.
        restrict_default_security_group=False,
        gateway_endpoints={name: ec2.GatewayVpcEndpointOptions(service=service) for name, service in GATEWAYS.items()},
    )
    acknowledge(
        vpc,
        {
            "AwsSolutions-VPC7": "A record of each probe would cost more than the scan; what was probed stands in coverage, with the exact command lines."
        },
    )
    return vpc
