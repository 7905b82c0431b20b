"""Ticks of the networks' schedules, and the sweep of scans that were planned and never started."""

from aws_cdk import Duration, Names, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from functions.settings import SweepSettings, TickSettings
from infra.function import Function
from infra.grants import On
from infra.permissions import PERMISSIONS
from infra.queue import Inbox
from infra.roles import allow
from infra.scan_workflow import ScanWorkflow
from infra.settings import Stage
from infra.stateful import Stateful

TICK_SECONDS = 50
SWEEP_SECONDS = 240
SWEEP_EVERY = Duration.minutes(2)


class Scheduling(Construct):
    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, data: Stateful, workflow: ScanWorkflow
    ) -> None:
        super().__init__(scope, construct_id)
        self.ticks = Inbox(self, "TickInbox", stage=stage, seconds=TICK_SECONDS)
        self.stage = stage
        self.sweeps = Inbox(self, "SweepInbox", stage=stage, seconds=SWEEP_SECONDS)
        self.tick = Function(
            self,
            "Tick",
            stage=stage,
            handler="functions.scheduling.tick.handler",
            settings=TickSettings(
                table=data.table.table_name, state_machine_arn=workflow.arn, admit_loopback=stage.admit_loopback
            ),
            arns={**data.arns, **workflow.arns, On.INBOX: (self.ticks.arn,)},
            seconds=TICK_SECONDS,
        )
        self.sweep = Function(
            self,
            "Sweep",
            stage=stage,
            handler="functions.scheduling.sweep.handler",
            settings=SweepSettings(
                table=data.table.table_name,
                state_machine_arn=workflow.arn,
                finish_queue_url=workflow.inbox.url,
            ),
            arns={**data.arns, **workflow.arns, On.INBOX: (self.sweeps.arn,)},
            seconds=SWEEP_SECONDS,
        )
        self.ticks.emptied_by(self.tick)
        self.sweeps.emptied_by(self.sweep)
        self.role = self._role(data)
        # The group's name is part of its schedules' ARNs, which the API's role must name.
        self.group_name = Names.unique_resource_name(self, max_length=64)
        scheduler.CfnScheduleGroup(self, "Schedules", name=self.group_name)
        events.Rule(
            self,
            "SweepRule",
            description="Scans that were planned and never started, that ended unseen, or that wait for their hours.",
            schedule=events.Schedule.rate(SWEEP_EVERY),
            targets=[targets.SqsQueue(self.sweeps.queue, dead_letter_queue=self.sweeps.dead_letters)],
        )

    @property
    def arns(self) -> dict[On, tuple[str, ...]]:
        # The embedded AWS checks every schedule as if it were in the default group.
        group = "default" if self.stage.local else self.group_name
        schedules = Stack.of(self).format_arn(service="scheduler", resource="schedule", resource_name=f"{group}/*")
        return {On.SCHEDULES: (schedules,), On.SCHEDULER_ROLE: (self.role.role_arn,)}

    def _role(self, data: Stateful) -> iam.Role:
        """Worn by EventBridge Scheduler when a network's schedule is due."""
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        letters = self.ticks.dead_letters.queue_arn
        own = {On.INBOX: (self.ticks.arn,), On.DEAD_LETTERS: (letters,)}
        allow(role, PERMISSIONS["Scheduler"], {**own, **data.key_arns})
        return role
