"""The environment of each function and of the task, as models; a test validates the synthesised templates against them."""

import os
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict


class Environment(BaseModel):
    """Read as `HttpApiSettings.from_environment()`: every field is the variable `VEDETTE_` + its name in capitals."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = os.environ) -> Self:
        names = {f"VEDETTE_{name.upper()}": name for name in cls.model_fields}
        return cls.model_validate({names[key]: value for key, value in variables.items() if key in names})


class AuthorizerSettings(Environment):
    """`discovery`: where the issuer's configuration is read; `admit_loopback`: of an issuer that is no HTTPS, locally;
    `requests_per_minute`: of a caller that has no number of its own."""

    table: str
    live_table: str
    requests_per_minute: int
    issuer: str = ""
    audience: str = ""
    group_claim: str = "groups"
    owner_group: str = ""
    discovery: str = ""
    admit_loopback: bool = False


class WebsocketAuthorizerSettings(Environment):
    live_table: str


class ScopeSettings(Environment):
    """Loopback is admitted by the local stage alone."""

    admit_loopback: bool = False


class MachineSettings(Environment):
    """What the stage's tasks run on, for prices."""

    region: str
    task_cpu: int
    """In 1024ths of a vCPU."""
    task_memory: int
    """MiB."""
    task_architecture: Literal["x86_64", "arm64"]
    lambda_architecture: Literal["x86_64", "arm64"]
    public_address: bool
    spot: bool


class MeansSettings(MachineSettings):
    """What the stage has for a scan, by which it is cut into chunks."""

    max_tasks: int
    chunk_seconds: int
    deadline_s: int
    task_start_s: int
    steps_s: float


class HttpApiSettings(ScopeSettings, MeansSettings):
    table: str
    live_table: str
    bucket: str
    state_machine_arn: str
    schedule_group: str
    tick_queue_arn: str
    scheduler_role_arn: str
    schedule_dead_letter_arn: str
    deliver_queue_url: str
    topics: str
    """What the ARN of every topic begins with that channels may name."""
    review_queue_url: str
    seals: str
    export_queue_url: str
    export_days: int
    issuer: str = ""
    client_id: str = ""
    audience: str = ""
    discovery: str = ""
    name_server: str = ""
    version: str = "dev"


class SealSettings(Environment):
    table: str
    seals: str
    """The bucket of the audit log's seals."""


class SourceSettings(Environment):
    table: str


class WebsocketSettings(Environment):
    """`frames_per_minute`: of one connection."""

    table: str
    live_table: str
    callback_url: str
    frames_per_minute: int


class RunSettings(Environment):
    """Of every step of a scan's workflow."""

    table: str


class PlanSettings(ScopeSettings, MeansSettings):
    table: str
    bucket: str
    lease_s: int
    short_rows: bool = False
    """Whether the workflow keeps to the number of rows that go side by side, so that there may be more."""
    name_server: str = ""
    """What is asked for TXT records; the system's own where empty."""


class AdmitSettings(ScopeSettings, MachineSettings):
    """`task_s`: seconds after which a task is gone in any case."""

    table: str
    task_s: int


class JudgeSettings(MachineSettings):
    table: str


class IngestSettings(ScopeSettings):
    table: str
    bucket: str


class RecordFailureSettings(Environment):
    table: str
    live_table: str


class FinishSettings(ScopeSettings, MachineSettings):
    table: str
    bucket: str


class TickSettings(ScopeSettings):
    table: str
    state_machine_arn: str


class SweepSettings(Environment):
    table: str
    state_machine_arn: str
    finish_queue_url: str


class ExportSettings(Environment):
    table: str
    bucket: str
    limit_s: int


class EvaluateSettings(Environment):
    """`settling_s`: from the end of a scan to its review."""

    table: str
    bucket: str
    review_queue_url: str
    settling_s: int


class ReviewSettings(ScopeSettings):
    table: str
    live_table: str
    bus: str
    state_machine_arn: str
    review_queue_url: str


class PublishSettings(Environment):
    table: str
    bucket: str
    live_table: str
    bus: str


class BroadcastSettings(Environment):
    bucket: str
    live_table: str
    callback_url: str


class DeliverSettings(ScopeSettings):
    table: str


class WorkerSettings(ScopeSettings):
    """The Fargate task: all up to `shared_network` by the task definition, the rest by the workflow's overrides."""

    table: str
    live_table: str
    bucket: str
    name_servers: str = ""
    """Who is asked for the names of hosts: `system` for the system's own, addresses parted by commas, or nobody."""
    shared_network: bool
    """Whether others send by its network interfaces too, so that their counters do not tell what it has sent."""
    project: str
    scan: str
    chunk: str
    run: int
