"""The scan workflow: the state machine of `scan_workflow.asl.json`, its six functions, and the rule for abnormal ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from functions.settings import (
    AdmitSettings,
    Environment,
    FinishSettings,
    IngestSettings,
    JudgeSettings,
    PlanSettings,
    RecordFailureSettings,
)
from infra.authorities import inventory_roles
from infra.function import Function, machine_settings, means_settings
from infra.grants import On
from infra.permissions import OWN_TRACES, PERMISSIONS
from infra.queue import Inbox
from infra.roles import allow, retention
from infra.scanner import Scanner
from infra.settings import Stage
from infra.stateful import Stateful

DEFINITION = Path(__file__).with_name("scan_workflow.asl.json")
# Under the workflow's TimeoutSeconds, so that a function tells of its own end.
HEAVY_SECONDS = 890
LIGHT_SECONDS = 50
ON_DEMAND = '"LaunchType": "FARGATE"'
CHOSEN_AT_THE_GATE = '"CapacityProviderStrategy.$": "$.admission.capacity"'
ABNORMAL = ("FAILED", "TIMED_OUT", "ABORTED")


class ScanWorkflow(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, data: Stateful, scanner: Scanner) -> None:
        super().__init__(scope, construct_id)
        self.inbox = Inbox(self, "FinishInbox", stage=stage, seconds=HEAVY_SECONDS)
        self.functions = self._functions(stage, data)
        self.log_group = logs.LogGroup(self, "Logs", retention=retention(stage), removal_policy=RemovalPolicy.DESTROY)
        self.role = self._role(scanner, data)
        self.machine = sfn.StateMachine(
            self,
            "StateMachine",
            definition_body=sfn.DefinitionBody.from_string(definition(stage)),
            definition_substitutions=self._substitutions(scanner),
            role=self.role,
            logs=sfn.LogOptions(destination=self.log_group, level=sfn.LogLevel.ALL, include_execution_data=True),
            tracing_enabled=True,
        )
        self._run_itself()
        self._finish_abnormal_ends()

    @property
    def arn(self) -> str:
        return self.machine.state_machine_arn

    @property
    def arns(self) -> dict[On, tuple[str, ...]]:
        executions = Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{self.machine.state_machine_name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        return {
            On.STATE_MACHINE: (self.arn,),
            On.EXECUTIONS: (executions,),
            On.FINISH_INBOX: (self.inbox.arn,),
        }

    def _functions(self, stage: Stage, data: Stateful) -> Mapping[str, Function]:
        table, live_table, bucket = data.table.table_name, data.live_table.table_name, data.bucket.bucket_name
        machine = machine_settings(stage, region=Stack.of(self).region)
        made = (
            Step(
                "PlanChunks",
                "plan",
                PlanSettings(
                    table=table,
                    bucket=bucket,
                    **dict(means_settings(stage, region=Stack.of(self).region)),
                    lease_s=stage.lease_s,
                    short_rows=stage.short_rows,
                    admit_loopback=stage.admit_loopback,
                ),
                heavy=True,
            ),
            Step(
                "AdmitChunk",
                "admit",
                AdmitSettings(
                    table=table,
                    task_s=stage.scan_chunk_seconds,
                    admit_loopback=stage.admit_loopback,
                    **dict(machine),
                ),
            ),
            Step("JudgeAttempt", "judge", JudgeSettings(table=table, **dict(machine))),
            Step(
                "IngestChunk",
                "ingest",
                IngestSettings(table=table, bucket=bucket, admit_loopback=stage.admit_loopback),
                heavy=True,
            ),
            Step("RecordFailure", "record_failure", RecordFailureSettings(table=table, live_table=live_table)),
            Step(
                "FinishScan",
                "finish",
                FinishSettings(table=table, bucket=bucket, admit_loopback=stage.admit_loopback, **dict(machine)),
                heavy=True,
            ),
        )
        arns = {**data.arns, On.INBOX: (self.inbox.arn,), On.INVENTORY_ROLES: (inventory_roles(self),)}
        return {
            step.construct_id: Function(
                self,
                step.construct_id,
                stage=stage,
                handler=f"functions.scan_workflow.{step.module}.handler",
                settings=step.settings,
                arns=arns,
                memory=2048 if step.heavy else 512,
                seconds=HEAVY_SECONDS if step.heavy else LIGHT_SECONDS,
            )
            for step in made
        }

    def _role(self, scanner: Scanner, data: Stateful) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        rule = Stack.of(self).format_arn(
            service="events", resource="rule", resource_name="StepFunctionsGetEventsForECSTaskRule"
        )
        arns = {
            **data.arns,
            **scanner.arns,
            On.WORKFLOW_FUNCTIONS: tuple(function.arn for function in self.functions.values()),
            On.ECS_RULE: (rule,),
        }
        allow(role, (*PERMISSIONS["StateMachine"], *OWN_TRACES), arns)
        return role

    def _substitutions(self, scanner: Scanner) -> dict[str, str]:
        return {
            "Partition": Stack.of(self).partition,
            "Cluster": scanner.cluster.cluster_arn,
            "TaskDefinition": scanner.task_definition.task_definition_arn,
            "Subnets": ",".join(scanner.subnet_ids),
            "SecurityGroup": scanner.security_group.security_group_id,
            "AssignPublicIp": scanner.assign_public_ip,
            **{name: function.arn for name, function in self.functions.items()},
        }

    def _run_itself(self) -> None:
        """A distributed map starts child executions of its own machine; a policy apart, since the machine needs its role first."""
        own = iam.Policy(self, "RunChildren", roles=[self.role])
        allow(own, PERMISSIONS["StateMachineItself"], self.arns)

    def _finish_abnormal_ends(self) -> None:
        events.Rule(
            self,
            "AbnormalEnd",
            description="An execution that ended by itself ran its own finish; every other end runs it from here.",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={"status": list(ABNORMAL), "stateMachineArn": [self.arn]},
            ),
            targets=[targets.SqsQueue(self.inbox.queue, dead_letter_queue=self.inbox.dead_letters)],
        )
        self.inbox.emptied_by(self.functions["FinishScan"])


@dataclass(frozen=True)
class Step:
    construct_id: str
    module: str
    settings: Environment
    heavy: bool = False
    """Whether its work grows with the scan."""


def definition(stage: Stage) -> str:
    """The workflow's text with the stage's numbers; CloudFormation fills in the names."""
    text = DEFINITION.read_text(encoding="utf-8")
    numbers = {"RunSeconds": stage.scan_hours * 3600, "ScanChunkSeconds": stage.scan_chunk_seconds}
    for name, number in numbers.items():
        text = text.replace(f'"${{{name}}}"', str(number))
    return text.replace(ON_DEMAND, CHOSEN_AT_THE_GATE) if stage.spot else text
