import json
from collections.abc import Iterator
from typing import Any

from infra.scan_workflow import DEFINITION, HEAVY_SECONDS, LIGHT_SECONDS, definition
from infra.settings import STAGES, Stage
from tests.infra.templates import Synthesised, workflow

Machine = dict[str, Any]


def _machines(machine: Machine) -> Iterator[Machine]:
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from _machines(state["ItemProcessor"])


def _next(state: dict[str, Any]) -> Iterator[str]:
    for step in (state, *state.get("Choices", ()), *state.get("Catch", ())):
        if "Next" in step:
            yield step["Next"]
    if "Default" in state:
        yield state["Default"]


def _states(definition: Machine) -> Iterator[tuple[str, dict[str, Any]]]:
    for machine in _machines(definition):
        yield from machine["States"].items()


def _tasks(definition: Machine) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, state) for name, state in _states(definition) if state["Type"] == "Task")


def test_the_file_is_json_before_any_substitution() -> None:
    assert json.loads(DEFINITION.read_text())["StartAt"] == "Plan chunks"


def test_every_target_exists_and_every_state_is_reached(prod: Synthesised) -> None:
    for machine in _machines(workflow(prod)):
        reached, waiting = set(), [machine["StartAt"]]
        while waiting:
            name = waiting.pop()
            assert name in machine["States"]
            if name not in reached:
                reached.add(name)
                waiting.extend(_next(machine["States"][name]))
        assert reached == set(machine["States"])


def test_every_path_ends(prod: Synthesised) -> None:
    for name, state in _states(workflow(prod)):
        assert state.get("End") or list(_next(state)) or state["Type"] in {"Succeed", "Fail"}, name


def test_every_task_has_a_timeout_retries_and_a_catch_of_everything(stage: Synthesised) -> None:
    tasks = dict(_tasks(workflow(stage)))
    assert set(tasks) == {
        "Plan chunks",
        "Admit chunk",
        "Scan chunk",
        "Judge attempt",
        "Ingest chunk",
        "Record failure",
        "Finish scan",
    }
    for name, task in tasks.items():
        assert isinstance(task["TimeoutSeconds"], int), name
        assert task["Retry"], name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_no_task_starts_but_through_the_gate(prod: Synthesised) -> None:
    chunks = workflow(prod)["States"]["Every lane"]["ItemProcessor"]["States"]["Every chunk"]["ItemProcessor"]
    to_the_task = {name for name, state in chunks["States"].items() if "Scan chunk" in _next(state)}
    assert chunks["StartAt"] == "Admit chunk"
    assert to_the_task == {"May it go"}


def test_a_chunk_that_is_held_is_left_waiting(prod: Synthesised) -> None:
    choices = dict(_states(workflow(prod)))["May it go"]["Choices"]
    assert {each["StringEquals"]: each["Next"] for each in choices} == {
        "go": "Scan chunk",
        "wait": "Wait for its turn",
        "hold": "Chunk done",
    }


def test_no_task_that_started_is_started_again_by_a_retry(prod: Synthesised) -> None:
    scan = dict(_tasks(workflow(prod)))["Scan chunk"]
    retried = {error for retry in scan["Retry"] for error in retry["ErrorEquals"]}
    assert not retried & {"States.ALL", "States.TaskFailed", "States.Timeout"}


def test_the_gate_says_on_what_capacity_a_task_runs_where_there_is_a_choice() -> None:
    tasks = {spot: dict(_tasks(json.loads(definition(Stage(name="spare", spot=spot))))) for spot in (False, True)}
    asked = {spot: each["Scan chunk"]["Parameters"] for spot, each in tasks.items()}
    assert asked[True]["CapacityProviderStrategy.$"] == "$.admission.capacity"
    assert asked[False]["LaunchType"] == "FARGATE"
    assert [set(each) & {"LaunchType", "CapacityProviderStrategy.$"} for each in asked.values()] == [
        {"LaunchType"},
        {"CapacityProviderStrategy.$"},
    ], "ECS refuses both together"


def test_the_judge_hears_of_every_task_how_it_ended(prod: Synthesised) -> None:
    states = dict(_states(workflow(prod)))
    task, judge = states["Scan chunk"], states["Judge attempt"]
    assert task["ResultPath"] == task["Catch"][0]["ResultPath"] == judge["Parameters"]["Payload"]["task.$"] == "$.task"
    assert states["Every chunk"]["ItemSelector"]["task"] == {}, "where no task was run"


def test_timeouts_leave_room_for_what_they_wait_for() -> None:
    for name, task in _tasks(json.loads(DEFINITION.read_text())):
        if "lambda:invoke" in task["Resource"]:
            heavy = name in {"Plan chunks", "Ingest chunk", "Finish scan"}
            assert task["TimeoutSeconds"] > (HEAVY_SECONDS if heavy else LIGHT_SECONDS), name


def test_the_workflow_outwaits_the_lease_and_the_lease_the_worker(stage: Synthesised) -> None:
    seconds = dict(_tasks(workflow(stage)))["Scan chunk"]["TimeoutSeconds"]
    variables = stage.functions()["functions.scan_workflow.plan.handler"]["Environment"]["Variables"]
    assert int(variables["VEDETTE_DEADLINE_S"]) < int(variables["VEDETTE_LEASE_S"]) < seconds


def test_a_run_has_an_end(prod: Synthesised) -> None:
    assert workflow(prod)["TimeoutSeconds"] == STAGES["prod"].scan_hours * 3600


def test_the_map_bears_every_failure_and_hands_back_nothing(prod: Synthesised) -> None:
    lanes = workflow(prod)["States"]["Every lane"]
    assert lanes["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert lanes["ToleratedFailurePercentage"] == 100
    assert lanes["MaxConcurrencyPath"] == "$.max_concurrency"
    assert lanes["ResultPath"] is None
    chunks = lanes["ItemProcessor"]["States"]["Every chunk"]
    assert chunks["OutputPath"] is None
    assert chunks["ItemProcessor"]["States"]["Chunk done"] == {"Type": "Succeed", "OutputPath": None}


def test_a_lane_scans_one_chunk_at_a_time_and_goes_on_after_any_failure(prod: Synthesised) -> None:
    chunks = workflow(prod)["States"]["Every lane"]["ItemProcessor"]["States"]["Every chunk"]
    assert chunks["MaxConcurrency"] == 1
    assert not [name for name, state in chunks["ItemProcessor"]["States"].items() if state["Type"] == "Fail"]


def test_whatever_happens_the_scan_is_finished(prod: Synthesised) -> None:
    states = workflow(prod)["States"]
    for name in ("Plan chunks", "Every lane"):
        assert [each["Next"] for each in states[name]["Catch"]] == ["Finish scan"]


def test_every_substitution_has_a_value(stage: Synthesised) -> None:
    machine = stage.one("AWS::StepFunctions::StateMachine")
    named = {part.split("}")[0] for part in machine["DefinitionString"].split("${")[1:]}
    assert named == set(machine["DefinitionSubstitutions"])


def test_ends_that_ran_no_finish_run_one(stage: Synthesised) -> None:
    rule = stage.one("AWS::Events::Rule", "AbnormalEnd")
    assert rule["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    (target,) = rule["Targets"]
    assert target["DeadLetterConfig"]["Arn"]


def test_the_machine_logs_and_traces(stage: Synthesised) -> None:
    machine = stage.one("AWS::StepFunctions::StateMachine")
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["TracingConfiguration"] == {"Enabled": True}
