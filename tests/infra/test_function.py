from importlib import import_module

import pytest
from pydantic import ValidationError

from functions import settings
from functions.wiring.clock import INJECTED
from infra.function import variables
from tests.infra.templates import Synthesised

MODELS: dict[str, type[settings.Environment]] = {
    "functions.http_api.app.handler": settings.HttpApiSettings,
    "functions.http_api.authorizer.handler": settings.AuthorizerSettings,
    "functions.websocket.app.handler": settings.WebsocketSettings,
    "functions.websocket.authorizer.handler": settings.WebsocketAuthorizerSettings,
    "functions.scan_workflow.plan.handler": settings.PlanSettings,
    "functions.scan_workflow.admit.handler": settings.AdmitSettings,
    "functions.scan_workflow.judge.handler": settings.JudgeSettings,
    "functions.scan_workflow.ingest.handler": settings.IngestSettings,
    "functions.scan_workflow.record_failure.handler": settings.RecordFailureSettings,
    "functions.scan_workflow.finish.handler": settings.FinishSettings,
    "functions.scheduling.tick.handler": settings.TickSettings,
    "functions.auditing.source.handler": settings.SourceSettings,
    "functions.auditing.seal.handler": settings.SealSettings,
    "functions.scheduling.sweep.handler": settings.SweepSettings,
    "functions.alerting.evaluate.handler": settings.EvaluateSettings,
    "functions.alerting.review.handler": settings.ReviewSettings,
    "functions.alerting.publish.handler": settings.PublishSettings,
    "functions.exporting.export.handler": settings.ExportSettings,
    "functions.alerting.broadcast.handler": settings.BroadcastSettings,
    "functions.delivery.deliver.handler": settings.DeliverSettings,
}


def _texts(environment: dict[str, object]) -> dict[str, str]:
    """References stand for what they will be: some text."""
    return {name: value if isinstance(value, str) else "resolved" for name, value in environment.items()}


def test_every_function_has_a_model_of_its_environment(stage: Synthesised) -> None:
    assert set(stage.functions()) == set(MODELS)


@pytest.mark.parametrize("handler", sorted(MODELS))
def test_an_environment_is_what_its_model_reads_and_nothing_else(stage: Synthesised, handler: str) -> None:
    environment = _texts(stage.functions()[handler]["Environment"]["Variables"])
    MODELS[handler].from_environment(environment)
    assert set(environment) == {f"VEDETTE_{name.upper()}" for name in MODELS[handler].model_fields}


def test_no_stage_tells_its_functions_another_time_than_it_is(stage: Synthesised) -> None:
    told = [each["Environment"]["Variables"] for each in stage.functions().values()]
    assert told
    assert not any(INJECTED in variables for variables in told)
    assert INJECTED not in str(stage.one("AWS::ECS::TaskDefinition"))


def test_the_tasks_environment_and_the_workflows_overrides_make_the_workers(stage: Synthesised) -> None:
    (container,) = stage.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    own = {each["Name"]: each["Value"] for each in container["Environment"]}
    overrides = dict.fromkeys(("VEDETTE_PROJECT", "VEDETTE_SCAN", "VEDETTE_CHUNK"), "text") | {"VEDETTE_RUN": "1"}
    worker = settings.WorkerSettings.from_environment(_texts(own) | overrides)
    assert not set(own) & set(overrides)
    assert set(own) | set(overrides) == {f"VEDETTE_{name.upper()}" for name in settings.WorkerSettings.model_fields}
    assert worker.run == 1


def test_a_missing_variable_is_refused() -> None:
    with pytest.raises(ValidationError):
        settings.TickSettings.from_environment({"VEDETTE_TABLE": "t"})


def test_what_is_rendered_is_read_back() -> None:
    model = settings.IngestSettings(table="t", bucket="b", admit_loopback=True)
    assert settings.IngestSettings.from_environment(variables(model)) == model


@pytest.mark.parametrize("handler", sorted(MODELS))
def test_the_code_of_a_handler_exists(handler: str) -> None:
    module, _, name = handler.rpartition(".")
    assert import_module(module).__spec__ is not None
    assert name == "handler"


def test_functions_trace_and_log_to_their_own_group(stage: Synthesised) -> None:
    groups = [str(each["LoggingConfig"]["LogGroup"]) for each in stage.functions().values()]
    assert len(groups) == len(set(groups))
    assert all(each["TracingConfig"] == {"Mode": "Active"} for each in stage.functions().values())
    assert all(each["RetentionInDays"] for each in stage.resources("AWS::Logs::LogGroup").values())


def test_no_function_of_the_local_stage_is_cut_off_while_it_is_loaded(local: Synthesised, prod: Synthesised) -> None:
    on_aws = {handler: each["Timeout"] for handler, each in prod.functions().items()}
    assert min(on_aws.values()) < 30
    assert {handler: each["Timeout"] for handler, each in local.functions().items()} == {
        handler: max(30, seconds) for handler, seconds in on_aws.items()
    }
