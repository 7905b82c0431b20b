"""docs/price.md, written from the estimate's own code and the list of prices: `make docs`."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from functions.core.choice import Means
from functions.core.estimate import Estimate, estimate
from functions.core.model import Protocol
from functions.core.planner import shape_of
from functions.core.prices import Machine, price_list
from functions.core.profile import PROFILES
from functions.core.scan import Snapshot
from infra.settings import STAGES

PAGE = Path(__file__).parents[1] / "docs" / "price.md"
REGION = "us-east-1"
DAYS = 365 / 12
HOURS = 730
DISK_GB = 50
DEADLINES = (300, 600)
IDLE_USD = 8.5
"""A month of a stage that scans nothing; told in the README, part by part."""


@dataclass(frozen=True, kw_only=True)
class Estate:
    name: str
    targets: str
    rate: int
    a_month: float
    how_often: str


ESTATES = (
    Estate(name="256 addresses (a /24)", targets="10.0.0.0/24", rate=1_000, a_month=DAYS, how_often="daily"),
    Estate(name="4,096 addresses (a /20)", targets="10.0.0.0/20", rate=10_000, a_month=DAYS, how_often="daily"),
    Estate(name="65,536 addresses (a /16)", targets="10.0.0.0/16", rate=50_000, a_month=DAYS / 7, how_often="weekly"),
    Estate(
        name="1,048,576 addresses (a /12)", targets="10.0.0.0/12", rate=200_000, a_month=DAYS / 7, how_often="weekly"
    ),
)

_HEAD = """# What a scan costs

Written by `make docs` from the code that estimates (`infra/price_page.py`); a test holds it to that.

## Before it starts

`vedette estimate NETWORK`, `GET /v1/projects/{project}/networks/{network}/estimate`, and in short every preview of a network's targets. An estimate takes the chunks that the planner itself
would make, the worker's pace (`functions/core/pace.py`), and one dated list of AWS's public prices (`functions/core/prices.json`), and tells chunks and tasks at once;
minutes, packets, data and the whole cost, each as a range of low, expected and high; and the cost by service as it is expected. `--region` and `--architecture` ask for elsewhere than the stage runs; a region without prices is refused by naming
those that have some. Free tiers, discounts, support and taxes are not in it.

How many hosts and open ports there are is taken from the inventory, less and more a fifth; of a network that was never scanned it is a guess, and the answer says so: a host that is named
is there, and of a block a fifth (a twentieth to all), with four open ports each (one to ten).

## How it is cut

All tasks of a scan share its network's rate, so more of them send no sooner what one can send; they do shorten the identification of services, and what one machine cannot send. Each one is paid
for by the second, from its start on and a minute at least. The planner looks at the ways to cut a scan (`functions/core/layout.py`), asks of each what the estimate would say, and chooses (`functions/core/choice.py`):

- without a deadline, the cheapest that takes no more than a tenth, or the start of one task, longer than the fastest, and, as guesses are off, no more than three times as long as any where as much is there as may be;
- with a deadline (`deadline_minutes` of a network, `--deadline-minutes`), the cheapest that is expected to meet it. What none meets is refused with the shortest time possible by previews and estimates;
  every estimate tells that time (`shortest_minutes`). A scan of it is cut for that time and says so (`reason`): what is watched late is better than what is not. Nothing is stopped by a deadline: hours in which nothing may be sent are a network's window.

A chunk's discovery takes no longer than the stage's `chunk_seconds` at its share of the rate (where hosts are asked first, with their questions, whether they are silent or there), nor are its services expected to, nor would they outlast the worker (`deadline_s`) where as much is there as may be
(both four times as long, and again, where the scan would take more than 10,000 chunks). No chunk is made too small for a sample only to be sooner done: what a sample shows of misses is worth more than that. Numbers of hosts and ports are those of the inventory at the plan of a scan's first run, of no more
than is scanned; a scan of some of a network's targets or ports is cut by a guess. A later run goes on with the chunks as they were cut, by as many tasks as may send what they were cut for.

{deadlines}

## After it has ended

A scan that has ended, or is paused, tells what it has used and cost (`vedette scans show SCAN`, `actual` in the API). Nothing of that comes from the estimate:

| what | who counts it |
| --- | --- |
| task seconds | the ledger: from the gate that lets a task go to the moment that it is seen gone, a minute at least for each attempt, and only once. AWS charges from the image's pull on, a few seconds less |
| read and write units, requests for objects | the workflow's functions and the workers, from what DynamoDB tells with each answer, and by S3's calls |
| function calls and their memory by time, transitions | each step of the workflow, as it runs; of the last one, *Finish scan*, what it does before it sums up |
| bytes sent | the workers, by the counters of their network interfaces, from IP's header on, with each heartbeat and at the end: all that discovery, services and scripts send. What the task asks of AWS is taken off by the length of its requests, as AWS charges no data for it within a region; what TLS and TCP add to these is left in, some hundred bytes a second |
| bytes of logs | the workflow's functions and the workers, as they write them; what AWS adds (lines of its own for each call, the workflow's history with its data) is not in it, which an estimate has |
| packets | the workers: masscan's own count of each pass and look, and one for each cell that another engine asked: what nmap repeats, its questions which hosts are there, and the identification of services are not in it. No money is asked for them where interfaces count bytes |
| bytes stored | the workers, with each result |

Data out are the bytes sent of those chunks that may send to the internet, by their own targets: any public address, or a name. What a worker used that was killed outright is told up to its last heartbeat, of bytes and packets; of requests and logs not.

On Fargate a task has its interfaces to itself. Tasks of one machine that share its network ([docs/emulator-differences.md](emulator-differences.md)) have no counters of their own: there, each packet counts as 44 bytes, which is what nmap's SYN has, and masscan's nearly, and services are in no count.

A bound in money ([docs/politeness.md](politeness.md#money)) goes by the same task seconds and bytes, and by the most that the rest of a task and an open port may cost
(`functions/core/prices.py`, `functions/core/task_cost.py`): what it takes for spent is never less than what tasks and data out are charged.

The functions behind the streams (alerts, live views) serve many scans at once and are not in it; they are cents for a thousand changes.
"""


def page() -> str:
    machine = machine_of_prod()
    rates = price_list().of(REGION)
    vm = rates.vm_hour * HOURS + rates.vm_disk_gb_month * DISK_GB + rates.public_ipv4_hour * HOURS
    made = [(estate, estimated(estate)) for estate in ESTATES]
    return "\n".join(
        (
            _HEAD.replace("{deadlines}", _deadlines()),
            "## Four estates, beside a scanner on a VM\n",
            f"TCP, the 1,000 most common ports, services identified, on private addresses, by the stage `prod` ({STAGES['prod'].max_tasks} tasks at most), {machine.vcpu:g} vCPU and "
            f"{machine.memory_gb:g} GB on {machine.architecture}, in {REGION} by list prices of {price_list().date}. In brackets: low to high. A network was never scanned before.\n",
            *_table(
                (
                    "estate",
                    "chunks",
                    "tasks at once",
                    "minutes a scan",
                    "USD a scan",
                    "scanned",
                    "USD a month",
                    "a VM, USD a month",
                ),
                (_row_of(estate, told, vm) for estate, told in made),
            ),
            f"\nA month is {DAYS:.1f} days. On top of each comes what a stage costs that scans nothing, {IDLE_USD:.2f} USD, once for all networks. The VM is a t3.large (2 vCPUs, 8 GB) with {DISK_GB} GB of disk and an "
            "address, running day and night, without the scanner's own licence, and whoever looks after it; it sends at most what one machine can.\n",
            "On public addresses what is sent is data out too: "
            + ", ".join(f"{_usd(_out(told))} for {estate.name}" for estate, told in made)
            + " a scan.\n",
        )
    )


def _deadlines() -> str:
    """What time costs, of one estate."""
    estate = ESTATES[-1]
    told = [(minutes, estimated(estate, deadline_minutes=minutes)) for minutes in (None, *DEADLINES)]
    rows = (
        (
            f"{minutes:,} minutes" if minutes else "none",
            f"{each.chunks:,}",
            str(each.tasks),
            f"{each.minutes.expected:,.0f}",
            _usd(each.usd.expected),
        )
        for minutes, each in told
    )
    table = _table(("deadline", "chunks", "tasks at once", "minutes as expected", "USD"), rows)
    return "\n".join((f"{estate.name}, as below, by the deadline that it is given:\n", *table))


def machine_of_prod() -> Machine:
    stage = STAGES["prod"]
    return Machine(
        region=REGION,
        vcpu=stage.task_cpu / 1024,
        memory_gb=stage.task_memory / 1024,
        architecture=stage.task_architecture,
        lambda_architecture=stage.lambda_architecture,
        public_address=stage.public_address,
        spot=stage.spot,
    )


def means_of_prod() -> Means:
    stage = STAGES["prod"]
    return Means(
        machine=machine_of_prod(),
        max_tasks=stage.max_tasks,
        chunk_seconds=stage.chunk_seconds,
        deadline_s=stage.deadline_s,
        start_s=stage.task_start_s,
        steps_s=stage.steps_s,
    )


def estimated(estate: Estate, *, deadline_minutes: int | None = None) -> Estimate:
    means = means_of_prod()
    snapshot = Snapshot(
        targets=(estate.targets,),
        ports="top-1000",
        protocols=(Protocol.TCP,),
        profile=PROFILES["standard"],
        rate=estate.rate,
        deadline_minutes=deadline_minutes,
    )
    shape = shape_of(snapshot=snapshot, means=means, admit_loopback=False)
    return estimate(shape, shape.density, means.machine, start_s=means.start_s, steps_s=means.steps_s)


def _out(told: Estimate) -> float:
    return told.bytes_sent.expected / 1e9 * price_list().of(REGION).data_out_gb


def _row_of(estate: Estate, told: Estimate, vm: float) -> tuple[str, ...]:
    usd, minutes = told.usd, told.minutes
    return (
        estate.name,
        f"{told.chunks:,}",
        str(told.tasks),
        f"{minutes.expected:,.0f} ({minutes.low:,.0f} to {minutes.high:,.0f})",
        f"{_usd(usd.expected)} ({_usd(usd.low)} to {_usd(usd.high)})",
        estate.how_often,
        f"{_usd(usd.expected * estate.a_month)} ({_usd(usd.low * estate.a_month)} to {_usd(usd.high * estate.a_month)})",
        _usd(vm),
    )


def _usd(amount: float) -> str:
    return f"{amount:,.2f}" if amount >= 0.1 else f"{amount:.3f}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    titles = tuple(head)
    return [_row(titles), _row("---" for _ in titles), *map(_row, rows)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
