"""What the simulator takes for useful, and that each quota is one."""

import random
from collections.abc import Callable

import pytest

from tests.bench.simulate import Simulation
from tests.bench.simulated_aws import LAMBDA_S, QUOTAS, Aws, Refused
from tests.bench.virtual_time import VirtualTime

TASKS, CHUNKS = 4, 8


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def aws(time: VirtualTime) -> Aws:
    return Aws(time, tasks=TASKS, chance=random.Random(1))


def quota(monkeypatch: pytest.MonkeyPatch, **values: float) -> None:
    for name, value in values.items():
        assert name in QUOTAS
        monkeypatch.setitem(QUOTAS, name, value)


def running(aws: Aws, seconds: float, most: list[int]) -> Callable[[], None]:
    def play() -> None:
        with aws.function(memory=0.5):
            most.append(aws.functions)
            aws.time.sleep(seconds)

    return play


def test_functions_wait_where_as_many_run_as_may(aws: Aws, time: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> None:
    quota(monkeypatch, lambda_concurrent=1)
    most: list[int] = []
    time.run([running(aws, 2, most)] * 2)
    assert (max(most), aws.functions) == (1, 0)
    assert aws.throttled > 0
    assert time.now >= 2 * (2 + LAMBDA_S)


def test_functions_run_side_by_side_below_the_quota_and_cost_what_they_take(aws: Aws, time: VirtualTime) -> None:
    most: list[int] = []
    time.run([running(aws, 2, most)] * 2)
    assert (max(most), aws.throttled) == (2, 0)
    assert aws.used["lambda_gb_milliseconds"] == round(2 * 0.5 * 1000 * (2 + LAMBDA_S))


def test_a_function_that_never_may_run_is_refused(aws: Aws, time: VirtualTime, monkeypatch: pytest.MonkeyPatch) -> None:
    quota(monkeypatch, lambda_concurrent=0)
    with pytest.raises(Refused):
        time.run([running(aws, 2, [])])


def test_to_wait_for_a_launch_is_no_use_of_the_quota_of_tasks(
    aws: Aws, time: VirtualTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    quota(monkeypatch, fargate_launches_burst=1, fargate_launches_per_second=0.001)
    slow = Aws(time, tasks=TASKS, chance=random.Random(1))

    def play() -> None:
        slow.ended(slow.launch())

    time.run([play] * 2)
    assert time.now > 1000
    assert slow.task_seconds < 500
    assert slow.used["charged_seconds"] < 500


def simulated() -> tuple[Simulation, dict[str, float]]:
    simulation = Simulation(tasks=TASKS, chunks=CHUNKS, seed=1)
    return simulation, simulation.run()


def test_the_ideal_is_what_tasks_took_and_their_starts_and_stops_are_no_work() -> None:
    simulation, told = simulated()
    assert told["ingested"] == told["sim_chunks"]
    assert told["ideal_s"] == round(simulation.aws.task_seconds / TASKS)
    assert told["at_work"] == pytest.approx(simulation.worked_s / TASKS / simulation.time.now, abs=0.001)
    assert told["at_work"] < told["sim_efficiency"] <= 1


def test_a_quota_of_launches_shows_as_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    _, free = simulated()
    quota(monkeypatch, fargate_launches_burst=1, fargate_launches_per_second=0.005)
    _, bound = simulated()
    assert bound["ideal_s"] == pytest.approx(free["ideal_s"], rel=0.01)
    assert bound["sim_efficiency"] < 0.8 * free["sim_efficiency"]


def test_rows_wait_where_as_many_executions_run_as_may(monkeypatch: pytest.MonkeyPatch) -> None:
    quota(monkeypatch, step_functions_child_executions=1)
    simulation, told = simulated()
    assert told["ingested"] == told["sim_chunks"]
    assert simulation.time.now > simulation.worked_s, "one after the other"
