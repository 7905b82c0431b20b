"""What a role can be granted: actions, on what, and on which key families where that is a table; and why some targets are patterns."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class On(StrEnum):
    """What an action applies to; constructs give the ARNs."""

    TABLE = "table"
    GSI1 = "table's gsi1"
    GSI2 = "table's gsi2"
    TABLE_STREAM = "table's stream"
    LIVE_TABLE = "live table"
    LIVE_STREAM = "live table's stream"
    PLANS = "bucket, plans/*"
    RESULTS = "bucket, results/*"
    CHECKPOINTS = "bucket, checkpoints/*"
    EXPORTS = "bucket, exports/*"
    SEALS = "bucket of seals, seals/*"
    SEALS_BUCKET = "bucket of seals"
    STATE_MACHINE = "state machine"
    EXECUTIONS = "its executions"
    SCHEDULES = "schedules of the group"
    SCHEDULER_ROLE = "scheduler's role"
    BUS = "bus"
    CONNECTIONS = "WebSocket connections"
    INBOX = "own inbox"
    FINISH_INBOX = "inbox of FinishScan"
    DELIVER_INBOX = "inbox of Deliver"
    REVIEW_INBOX = "inbox of Review"
    EXPORT_INBOX = "inbox of Export"
    TOPICS = "topics named vedette-*"
    INVENTORY_ROLES = "roles named vedette-*, of any account"
    FAILED = "bucket, failed/*"
    LAMBDA_FAILED = "bucket, aws/lambda/*"
    BUCKET = "bucket"
    WORKFLOW_FUNCTIONS = "the workflow's functions"
    TASK_DEFINITION = "task definition"
    TASKS = "tasks of the cluster"
    TASK_ROLES = "task's two roles"
    ECS_RULE = "rule that tells Step Functions of ended tasks"
    DEAD_LETTERS = "dead letters of the inbox"
    LOGS = "own log group"
    KEY = "customer's key"
    """Nobody is granted anything on it by name: what a role needs follows from its other grants."""
    ANYTHING = "*"


@dataclass(frozen=True)
class Grant:
    on: On
    actions: tuple[str, ...]
    keys: tuple[str, ...] = ()


PATTERNS: Mapping[On, str] = {
    On.PLANS: "Keys under plans/ carry ids of scans that do not exist yet.",
    On.RESULTS: "Keys under results/ carry ids of scans that do not exist yet.",
    On.CHECKPOINTS: "Keys under checkpoints/ carry ids of scans that do not exist yet.",
    On.EXPORTS: "Keys under exports/ carry ids of exports that nobody has asked for yet.",
    On.SEALS: "Keys under seals/ carry hours that have not passed yet.",
    On.FAILED: "Keys under failed/ carry ids of events that have not happened yet.",
    On.LAMBDA_FAILED: "Lambda chooses the keys of failed batches under this prefix of its own.",
    On.EXECUTIONS: "Executions carry ids of scans that do not exist yet.",
    On.SCHEDULES: "Schedules are made for networks that do not exist yet, in this one group.",
    On.CONNECTIONS: "Connections have ids that the service gives them, on this one stage.",
    On.TOPICS: "Users name topics of theirs as channels; the first part of the name says which may be.",
    On.INVENTORY_ROLES: "Users name roles of theirs for us to read inventories with; the first part of the name says which may be.",
    On.TASKS: "Tasks have ids that the service gives them, in this one cluster.",
    On.ANYTHING: "Trace segments, descriptions of network interfaces, stream listings and the delivery of vended logs know no resource.",
}
"""Why a target is a pattern and not one resource."""
