"""What a scan will take and cost, told before it starts: the plan's own chunks, the pace of the worker, AWS's list prices."""

from typing import Literal

from pydantic import Field

from functions.core.density import Density, Spread
from functions.core.model import Model
from functions.core.outlook import Case, on_spot, usage_of, wall_seconds
from functions.core.planner import Preview, Shape
from functions.core.prices import Architecture, Bill, Machine, bill, price_list


class Estimate(Model):
    region: str
    architecture: Architecture
    prices: str = Field(description="The date of the list of prices.")
    based_on: Literal["inventory", "assumption"] = Field(
        description="Where the numbers of hosts and open ports come from: what is known of the network, or a guess."
    )
    chunks: int
    tasks: int = Field(description="Side by side.")
    hosts: Spread
    open_ports: Spread
    minutes: Spread
    shortest_minutes: float = Field(
        description="Of the fastest way to cut it, whatever it costs: what a deadline may ask for, as expected."
    )
    packets: Spread
    bytes_sent: Spread
    usd: Spread
    bill: Bill = Field(description="Of what is expected, by service.")


class PricedPreview(Preview):
    estimate: Estimate | None = Field(
        default=None, description="Left out where no prices are known for the region that this runs in."
    )


# Of a task's start; of the worker's parts; of packets, which a path that loses some makes more.
_LOW, _EXPECTED, _HIGH = (0.5, 0.85, 0.5), (1.0, 1.0, 1.0), (2.5, 1.5, 2.0)


def estimate(shape: Shape, density: Density, machine: Machine, *, start_s: float, steps_s: float) -> Estimate:
    """`start_s`: seconds from a task's launch to its claim; `steps_s`: of the workflow around it. Raises InvalidInput where the machine's region has no prices."""
    cases = {
        name: Case(
            hosts=getattr(density.hosts, name),
            open_ports=getattr(density.open_ports, name),
            unnamed=density.unnamed,
            start_s=start_s * start,
            steps_s=steps_s * start,
            pace=pace,
            resend=resend,
        )
        for name, (start, pace, resend) in {"low": _LOW, "expected": _EXPECTED, "high": _HIGH}.items()
    }
    used = {name: usage_of(shape.errand, shape.layout, case) for name, case in cases.items()}
    if machine.spot:
        used |= {name: on_spot(used[name]) for name in ("low", "expected")}
    minutes = {name: wall_seconds(shape.errand, shape.layout, case) / 60 for name, case in cases.items()}
    bills = {name: bill(each, machine) for name, each in used.items()}
    return Estimate(
        region=machine.region,
        architecture=machine.architecture,
        prices=price_list().date,
        based_on="inventory" if density.known else "assumption",
        chunks=shape.layout.chunks,
        tasks=shape.layout.tasks,
        hosts=density.hosts,
        open_ports=density.open_ports,
        minutes=_spread(minutes, 2),
        shortest_minutes=round(shape.shortest_s / 60, 2),
        packets=_spread({name: each.packets for name, each in used.items()}, 0),
        bytes_sent=_spread({name: each.bytes_sent for name, each in used.items()}, 0),
        usd=_spread({name: each.total for name, each in bills.items()}, 6),
        bill=bills["expected"],
    )


def _spread(values: dict[str, float], digits: int) -> Spread:
    """More hosts may be less work: what they answer shows sooner that one pass is enough."""
    told = sorted(values.values())
    return Spread(low=round(told[0], digits), expected=round(values["expected"], digits), high=round(told[-1], digits))
