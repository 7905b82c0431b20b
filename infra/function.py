"""The house Function: own role with exact actions, own log group, tracing, and an environment that is a model."""

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from functions.settings import Environment, MachineSettings, MeansSettings
from infra import asset
from infra.grants import On
from infra.permissions import EVERY_FUNCTION, PERMISSIONS
from infra.roles import allow, retention
from infra.settings import Stage
from infra.transport import refuse_plain_http

_ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


_LOCAL_SECONDS = 30
"""A machine that is everything at once may take ten seconds of load to start a function that Lambda starts in one."""


class Function(Construct):
    """`construct_id` names the row of `PERMISSIONS`; `arns` says where its targets are."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        handler: str,
        settings: Environment,
        arns: Mapping[On, tuple[str, ...]],
        memory: int = 512,
        seconds: int = 30,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(self, "Logs", retention=retention(stage), removal_policy=RemovalPolicy.DESTROY)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        own = {On.LOGS: (self.log_group.log_group_arn,)}
        allow(self.role, (*PERMISSIONS[construct_id], *EVERY_FUNCTION), {**arns, **own})
        if not stage.local:
            refuse_plain_http(self.role)
        self.resource = lambda_.Function(
            self,
            "Function",
            description=handler.removesuffix(".handler"),
            runtime=lambda_.Runtime(f"python{stage.python}", lambda_.RuntimeFamily.PYTHON),
            architecture=_ARCHITECTURES[stage.lambda_architecture],
            handler=handler,
            code=_code(stage),
            role=self.role,
            log_group=self.log_group,
            environment=variables(settings),
            memory_size=memory,
            timeout=Duration.seconds(max(seconds, _LOCAL_SECONDS) if stage.local else seconds),
            tracing=lambda_.Tracing.ACTIVE,
        )

    @property
    def arn(self) -> str:
        return self.resource.function_arn

    @property
    def name(self) -> str:
        return self.resource.function_name


def machine_settings(stage: Stage, *, region: str) -> MachineSettings:
    """What the stage's tasks run on, for functions that put it in money."""
    return MachineSettings(
        region=region,
        task_cpu=stage.task_cpu,
        task_memory=stage.task_memory,
        task_architecture=stage.task_architecture,
        lambda_architecture=stage.lambda_architecture,
        public_address=stage.public_address,
        spot=stage.spot,
    )


def means_settings(stage: Stage, *, region: str) -> MeansSettings:
    """What the stage has for a scan, for functions that cut one into chunks."""
    return MeansSettings(
        **dict(machine_settings(stage, region=region)),
        max_tasks=stage.max_tasks,
        chunk_seconds=stage.chunk_seconds,
        deadline_s=stage.deadline_s,
        task_start_s=stage.task_start_s,
        steps_s=stage.steps_s,
    )


def variables(settings: Environment) -> dict[str, str]:
    """What `Environment.from_environment` reads back."""
    return {
        f"VEDETTE_{name.upper()}": str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in settings.model_dump().items()
    }


def _code(stage: Stage) -> lambda_.Code:
    built = asset.build(stage)
    return lambda_.Code.from_asset(str(built.path), asset_hash=built.digest)
