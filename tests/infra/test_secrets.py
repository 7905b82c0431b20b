"""No secret is in an environment, nor anywhere else in a template: secrets are items that a role must be let read."""

import json
import re
from collections.abc import Iterator

import pytest

from functions import settings
from tests.infra.templates import Synthesised

SECRET_NAMES = re.compile(
    r"secret|passw|passphrase|credential|private|api_?key|access_?key|_token\b|^token|bearer|signing", re.IGNORECASE
)
SECRET_SHAPES = re.compile(
    r"AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|vdt_[0-9A-Z]{26}_|-----BEGIN|xox[abp]-|gh[pousr]_[A-Za-z0-9]{20}|eyJ[\w-]{10,}\.eyJ"
)
PLAIN = re.compile(r"\S{0,19}|Vedette\w+|https?://[^@\s]+|arn:aws:\S+")
"""What stands in an environment by its letters and is no reference: numbers, switches, names, addresses."""
DYNAMIC = re.compile(r"\{\{resolve:(secretsmanager|ssm-secure|ssm)")


def environments(stage: Synthesised) -> Iterator[tuple[str, str, object]]:
    """Of each function and of the task: whose, name, value."""
    for handler, function in stage.functions().items():
        for name, value in function.get("Environment", {}).get("Variables", {}).items():
            yield handler, name, value
    for container in stage.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]:
        for each in container["Environment"]:
            yield "task", each["Name"], each["Value"]


def test_no_variable_is_named_like_a_secret_or_looks_like_one(stage: Synthesised) -> None:
    seen = list(environments(stage))
    assert seen
    for whose, name, value in seen:
        assert not SECRET_NAMES.search(name), (whose, name)
        assert not SECRET_SHAPES.search(json.dumps(value)), (whose, name)
        assert not isinstance(value, str) or PLAIN.fullmatch(value), (whose, name)


def test_no_model_of_an_environment_has_a_field_for_a_secret() -> None:
    models = [
        each for each in vars(settings).values() if isinstance(each, type) and issubclass(each, settings.Environment)
    ]
    named = [(model.__name__, name) for model in models for name in model.model_fields if SECRET_NAMES.search(name)]
    assert len(models) > 10
    assert named == []


def test_the_task_is_handed_no_secret_as_a_variable(stage: Synthesised) -> None:
    for container in stage.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]:
        assert not container.get("Secrets")
        assert not container.get("EnvironmentFiles")


def test_no_template_resolves_or_holds_a_secret(stage: Synthesised) -> None:
    for template in (stage.stateful, stage.platform):
        text = json.dumps(template)
        assert not DYNAMIC.search(text)
        assert not SECRET_SHAPES.search(text)
        assert not [name for name, each in template.get("Parameters", {}).items() if each.get("NoEcho")]


@pytest.mark.parametrize(
    "secret", ["AKIAIOSFODNN7EXAMPLE", "vdt_01KAJ00000000000000000ADM0_x", "-----BEGIN PRIVATE KEY-----"]
)
def test_the_shapes_of_secrets_are_known(secret: str) -> None:
    assert SECRET_SHAPES.search(secret)
    assert not PLAIN.fullmatch(secret)
