"""What differs between the places where the app runs, on one screen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from infra.throttles import ROUTE_THROTTLES, Throttle

Architecture = Literal["arm64", "x86_64"]


@dataclass(frozen=True, kw_only=True)
class OwnNetwork:
    """A VPC that exists already; its subnets must have a way to AWS endpoints and to what is scanned."""

    vpc_id: str
    availability_zones: tuple[str, ...]
    subnet_ids: tuple[str, ...]
    public: bool = True
    """Whether tasks get public addresses, which they need where the way out is an internet gateway."""


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """An OpenID Connect issuer that knows the people, and our public client there."""

    issuer: str
    client_id: str
    audience: str = ""
    """Of the access tokens that it makes for this API; empty: its ID tokens for the client are presented."""
    group_claim: str = "groups"
    owner_group: str = ""
    """Who is in it owns the organisation; empty: nobody by a claim."""
    discovery: str = ""
    """Where its configuration is read; empty: at the issuer."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    name: str

    keep_data: bool = True
    """Whether tables and bucket outlive the stacks."""
    log_days: Literal[1, 7, 30, 90, 365] = 30
    raw_output_days: int = 90
    """How long results and raw tool output are kept; the inventory is in the table and has no end."""

    seal_lock_days: int = 0
    """For how long nobody without a right of their own may delete a seal of the audit log (Object Lock); 0 is not at all.

    S3 takes the lock only for a bucket that was made with it.
    """

    export_days: int = 7

    task_cpu: int = 1024
    task_memory: int = 2048
    task_architecture: Architecture = "x86_64"
    spot: bool = False
    """Try each chunk on spare capacity first, which AWS may take back with two minutes' notice; it goes on on demand then."""
    lambda_architecture: Architecture = "arm64"
    python: str = "3.14"
    """Of the AWS runtime; the embedded one runs every function in its own interpreter."""
    scanner_image: str = ""
    """Name of an image that is there already; empty builds `scanner_image/Dockerfile` at deploy."""

    customer_key: bool = False
    """Keep tables, buckets, queues, alarms, logs and the image under a key of the account's own; it is paid for monthly."""
    vpc_endpoints: bool = False
    """Let tasks reach AWS by private addresses alone, each for what the task may do; paid for by the hour."""

    dual_stack: bool = False
    own_network: OwnNetwork | None = None
    name_servers: str = "system"
    """Whom tasks ask for the names of hosts with open ports: `system`, addresses parted by commas, or, empty, nobody."""
    admit_loopback: bool = False

    max_tasks: int = 10
    """Of one scan, side by side. A new account's Fargate quota is 6 vCPUs until AWS raises it."""
    chunk_seconds: int = 300
    deadline_s: int = 1800
    lease_s: int = 2100
    start_allowance_s: int = 600
    """From RunTask to the claim: placement, image pull, interface."""
    task_start_s: int = 40
    """The same as it mostly is, for estimates."""
    steps_s: float = 3
    """Of the workflow around a task, as it mostly is, for estimates."""
    short_rows: bool = True
    """Rows of chunks that get shorter to the end, so that no lane is idle while another has much left."""
    scan_hours: int = 24
    settling_s: int = 5
    """From the end of a scan to the review of what it means as a whole: a shard of the stream may lag behind the others."""

    requests_per_second: int = 50
    request_burst: int = 100
    requests_per_minute: int = 1200
    """Of one caller, for whose token nobody has set a number."""
    frames_per_minute: int = 120
    """Of one WebSocket connection; one that sends more is closed."""
    route_throttles: tuple[Throttle, ...] = ROUTE_THROTTLES
    """Every other route shares `requests_per_second`."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose scripts may call the API with a token that they have, each exactly as a browser names it."""
    alarm_email: str = ""

    identity: Issuer | None = None
    """None: a user pool of the app's own. `-c identity='{"issuer": ...}'` says it at deploy."""

    endpoint: str = ""
    """Of an embedded AWS; empty means AWS itself."""

    def __post_init__(self) -> None:
        if self.local and (self.customer_key or self.vpc_endpoints):
            raise ValueError("the embedded AWS has neither keys nor a network of its own: leave these to stages of AWS")
        if self.local and self.spot:
            raise ValueError("the embedded AWS has no spare capacity: leave that to stages of AWS")
        if self.vpc_endpoints and self.own_network:
            raise ValueError(
                "endpoints answer for a whole VPC, and this one is not the app's alone: make them there (docs/settings.md)"
            )
        for origin in self.cors_origins:
            parts = urlsplit(origin)
            if origin != f"https://{parts.netloc}" or "*" in parts.netloc or "@" in parts.netloc:
                raise ValueError(f"{origin!r} is no origin: write https://name, without a path and without *")

    @property
    def local(self) -> bool:
        return bool(self.endpoint)

    @property
    def public_address(self) -> bool:
        """Whether each task has one, which is paid for by the hour."""
        return self.own_network is None or self.own_network.public

    @property
    def scan_chunk_seconds(self) -> int:
        """Of the workflow's task state: beyond the lease of the latest possible claim."""
        return self.lease_s + self.start_allowance_s


STAGES: Mapping[str, Stage] = {
    "local": Stage(
        name="local",
        keep_data=False,
        log_days=7,
        lambda_architecture="x86_64",
        scanner_image="vedette-scanner:local",
        admit_loopback=True,
        name_servers="",
        max_tasks=8,
        chunk_seconds=60,
        # The emulator gives up on any `.sync` task after 600 s.
        deadline_s=420,
        lease_s=480,
        start_allowance_s=90,
        task_start_s=1,
        steps_s=0.2,
        # The emulator begins all rows at once: there may be no more of them than tasks.
        short_rows=False,
        # The emulator's streams have one shard, evaluated in order.
        settling_s=0,
        requests_per_second=1000,
        requests_per_minute=100_000,
        frames_per_minute=600,
        request_burst=2000,
        endpoint="http://127.0.0.1:4566",
    ),
    "dev": Stage(name="dev", keep_data=False, log_days=7),
    "prod": Stage(name="prod", log_days=90, seal_lock_days=365, max_tasks=40, raw_output_days=365),
}
