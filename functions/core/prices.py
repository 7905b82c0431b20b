"""What AWS asks for what a scan uses: one dated list, and the bill that it makes of an amount of use."""

from functools import cache
from importlib.resources import files
from math import ceil
from typing import Literal

from pydantic import Field

from functions.core.errors import InvalidInput
from functions.core.model import Model

Architecture = Literal["x86_64", "arm64"]
MINUTE_S = 60
"""The least that a Fargate task is charged for."""
HOUR_S = 3600
GB = 10**9


class Rates(Model):
    """USD."""

    fargate_vcpu_hour: dict[Architecture, float]
    fargate_gb_hour: dict[Architecture, float]
    fargate_spot_vcpu_hour: dict[Architecture, float]
    fargate_spot_gb_hour: dict[Architecture, float]
    lambda_request: float
    lambda_gb_second: dict[Architecture, float]
    step_functions_transition: float
    dynamodb_write_unit: float
    dynamodb_read_unit: float
    s3_put: float
    s3_get: float
    http_request: float
    websocket_message: float
    log_gb: float
    public_ipv4_hour: float
    data_out_gb: float
    vm_hour: float
    """Of a t3.large, 2 vCPUs and 8 GB: what a scanner that runs all day would be."""
    vm_disk_gb_month: float


class _List(Model):
    regions: tuple[str, ...]
    rates: Rates


class Prices(Model):
    date: str
    source: str
    lists: tuple[_List, ...]

    def regions(self) -> tuple[str, ...]:
        return tuple(sorted(region for each in self.lists for region in each.regions))

    def of(self, region: str) -> Rates:
        """Raises InvalidInput, naming the regions that there are prices for."""
        for each in self.lists:
            if region in each.regions:
                return each.rates
        raise InvalidInput("region", f"no prices are known for this region: name one of {', '.join(self.regions())}")


class Machine(Model):
    """What a stage runs a scan on."""

    region: str
    vcpu: float
    memory_gb: float
    architecture: Architecture
    lambda_architecture: Architecture
    public_address: bool = True
    spot: bool = False
    """Whether tasks are tried on spare capacity first."""

    def task_hour(self, rates: Rates, *, spot: bool) -> float:
        """USD for an hour of one task, without its address."""
        vcpu = (rates.fargate_spot_vcpu_hour if spot else rates.fargate_vcpu_hour)[self.architecture]
        memory = (rates.fargate_spot_gb_hour if spot else rates.fargate_gb_hour)[self.architecture]
        return self.vcpu * vcpu + self.memory_gb * memory

    def task_second(self, rates: Rates, *, spot: bool = False) -> float:
        """USD for a second of one task, with its public address."""
        return (self.task_hour(rates, spot=spot) + self.public_address * rates.public_ipv4_hour) / HOUR_S


BESIDE_A_TASK_USD = 0.0015
"""What a task's chunk costs beside it, at most: steps of the workflow, requests, logs."""
BESIDE_A_SECOND_USD = 0.000002
"""And for each second of it: heartbeats, what is told live, checkpoints."""
PORT_USD = 0.000004
"""What taking in an open port costs, at most: one that is new has cost 0.0000027 in ingest and the table."""


def micros_of(
    machine: Machine, seconds: float, *, spot: bool = False, bytes_out: float = 0, open_ports: int = 0
) -> int:
    """Millionths of a USD for a task of so many seconds that sends so much to the internet and finds so many open ports, with
    what it costs beside; rounded up. Raises InvalidInput as `bill` does.
    """
    rates = price_list().of(machine.region)
    charged = max(MINUTE_S, seconds)
    usd = charged * (machine.task_second(rates, spot=spot) + BESIDE_A_SECOND_USD) + BESIDE_A_TASK_USD
    usd += bytes_out / GB * rates.data_out_gb + open_ports * PORT_USD
    return ceil(usd * 1_000_000)


class Usage(Model):
    """What a scan uses; of tasks, what is charged: none less than a minute."""

    tasks: float = 0
    task_seconds: float = 0
    spot_seconds: float = 0
    """Of the task seconds: those on spare capacity."""
    lambda_requests: float = 0
    lambda_gb_seconds: float = 0
    transitions: float = 0
    read_units: float = 0
    write_units: float = 0
    s3_puts: float = 0
    s3_gets: float = 0
    http_requests: float = 0
    websocket_messages: float = 0
    log_bytes: float = 0
    packets: float = 0
    bytes_sent: float = 0
    bytes_out: float = 0
    """Of those that are sent: to the internet. What is sent to addresses of one's own networks is not charged."""
    bytes_stored: float = 0


class Bill(Model):
    """USD by service; `total` is their sum."""

    fargate: float = Field(default=0, description="vCPU and memory by the second, a minute at least for each task.")
    public_ipv4: float = 0
    aws_lambda: float = 0
    step_functions: float = 0
    dynamodb: float = 0
    s3: float = 0
    api: float = Field(default=0, description="Requests of the HTTP API and messages to live views.")
    logs: float = 0
    data_out: float = 0
    total: float = 0


@cache
def price_list() -> Prices:
    return Prices.model_validate_json(files("functions.core").joinpath("prices.json").read_bytes())


def bill(used: Usage, machine: Machine) -> Bill:
    """Raises InvalidInput where there are no prices for the machine's region."""
    rates = price_list().of(machine.region)
    hours = used.task_seconds / HOUR_S
    spot = used.spot_seconds / HOUR_S
    by_service = {
        "fargate": (hours - spot) * machine.task_hour(rates, spot=False) + spot * machine.task_hour(rates, spot=True),
        "public_ipv4": hours * rates.public_ipv4_hour if machine.public_address else 0.0,
        "aws_lambda": used.lambda_requests * rates.lambda_request
        + used.lambda_gb_seconds * rates.lambda_gb_second[machine.lambda_architecture],
        "step_functions": used.transitions * rates.step_functions_transition,
        "dynamodb": used.read_units * rates.dynamodb_read_unit + used.write_units * rates.dynamodb_write_unit,
        "s3": used.s3_puts * rates.s3_put + used.s3_gets * rates.s3_get,
        "api": used.http_requests * rates.http_request + used.websocket_messages * rates.websocket_message,
        "logs": used.log_bytes / GB * rates.log_gb,
        "data_out": used.bytes_out / GB * rates.data_out_gb,
    }
    return Bill(**{name: round(usd, 6) for name, usd in by_service.items()}, total=round(sum(by_service.values()), 6))
