"""What an amount of use costs."""

import pytest

from functions.core.errors import InvalidInput
from functions.core.prices import Machine, Usage, bill, price_list
from tests.core.specs import MACHINE


def test_a_task_hour_costs_its_processor_its_memory_and_its_address() -> None:
    asked = bill(Usage(task_seconds=3600), MACHINE)
    assert asked.fargate == pytest.approx(0.04048 + 2 * 0.004445)
    assert asked.public_ipv4 == 0.005
    assert asked.total == pytest.approx(0.04048 + 2 * 0.004445 + 0.005)


def test_a_task_in_a_network_of_its_own_pays_for_no_address() -> None:
    inside = MACHINE.model_copy(update={"public_address": False})
    assert bill(Usage(task_seconds=3600), inside).public_ipv4 == 0


def test_spare_capacity_is_charged_by_its_own_price_and_its_address_in_full() -> None:
    rates = price_list().of("us-east-1")
    asked = bill(Usage(task_seconds=3600, spot_seconds=1800), MACHINE)
    spare = rates.fargate_spot_vcpu_hour["x86_64"] + 2 * rates.fargate_spot_gb_hour["x86_64"]
    assert asked.fargate == pytest.approx((0.04048 + 2 * 0.004445 + spare) / 2, abs=1e-6)
    assert asked.public_ipv4 == 0.005


def test_spare_capacity_is_cheaper_everywhere() -> None:
    for each in price_list().lists:
        for architecture, usd in each.rates.fargate_vcpu_hour.items():
            assert 0 < each.rates.fargate_spot_vcpu_hour[architecture] < usd
        for architecture, usd in each.rates.fargate_gb_hour.items():
            assert 0 < each.rates.fargate_spot_gb_hour[architecture] < usd


def test_arm_is_cheaper() -> None:
    arm = MACHINE.model_copy(update={"architecture": "arm64"})
    assert bill(Usage(task_seconds=3600), arm).fargate == pytest.approx(0.0395)


@pytest.mark.parametrize(
    ("used", "service", "usd"),
    [
        (Usage(lambda_requests=1e6), "aws_lambda", 0.20),
        (Usage(lambda_gb_seconds=1e6), "aws_lambda", 13.3334),
        (Usage(transitions=1e6), "step_functions", 25),
        (Usage(write_units=1e6), "dynamodb", 0.625),
        (Usage(read_units=1e6), "dynamodb", 0.125),
        (Usage(s3_puts=1e6), "s3", 5),
        (Usage(s3_gets=1e6), "s3", 0.4),
        (Usage(websocket_messages=1e6), "api", 1),
        (Usage(log_bytes=1e9), "logs", 0.5),
        (Usage(bytes_out=1e9), "data_out", 0.09),
    ],
)
def test_each_service_has_its_price(used: Usage, service: str, usd: float) -> None:
    asked = bill(used, MACHINE)
    assert getattr(asked, service) == pytest.approx(usd)
    assert asked.total == pytest.approx(usd), "and nothing else is charged"


def test_a_region_without_prices_is_refused_by_naming_those_that_have_some() -> None:
    with pytest.raises(InvalidInput, match="us-east-1, us-east-2, us-west-2") as refused:
        bill(Usage(), MACHINE.model_copy(update={"region": "mars-1"}))
    assert refused.value.field == "region"


def test_no_region_stands_twice() -> None:
    assert len(set(price_list().regions())) == len(price_list().regions())


def test_a_machine_tells_what_a_second_of_it_costs() -> None:
    machine: Machine = MACHINE
    assert machine.task_second(price_list().of("us-east-1")) * 3600 == pytest.approx(0.05437)
