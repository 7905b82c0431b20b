"""Golden files freeze what processes say to each other; changing one is changing the wire.

To change a message on purpose: raise its `version`, then write the files anew with `python -m tests.core.test_messages`.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from functions.core import messages
from functions.core.messages import CoverageLine, HostLine, ObservationLine, ResultHeader, ResultLine
from functions.core.model import Model
from tests.core.examples import EXAMPLES

GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = GOLDEN / "schemas.json"
LINES: TypeAdapter[ResultLine] = TypeAdapter(ResultLine)
EVERY = pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: type(each).__name__)


def golden(message: type[Model]) -> Path:
    return GOLDEN / f"{message.__name__}.json"


def written(example: Model) -> str:
    return example.model_dump_json(indent=2) + "\n"


def wordless(schema: Any) -> Any:
    """A JSON schema without its prose."""
    if isinstance(schema, dict):
        return {key: wordless(value) for key, value in sorted(schema.items()) if key not in ("description", "title")}
    return [wordless(each) for each in schema] if isinstance(schema, list) else schema


def schemas() -> str:
    return (
        json.dumps({type(each).__name__: wordless(type(each).model_json_schema()) for each in EXAMPLES}, indent=1)
        + "\n"
    )


def test_every_message_has_an_example() -> None:
    declared = {
        each for each in vars(messages).values()
        if isinstance(each, type) and issubclass(each, Model) and each.__module__ == messages.__name__
    }  # fmt: skip
    assert declared == {type(example) for example in EXAMPLES}


@EVERY
def test_a_message_is_written_as_its_golden_file(example: Model) -> None:
    assert written(example) == golden(type(example)).read_text()


@EVERY
def test_a_golden_file_is_read_and_written_back_to_the_byte(example: Model) -> None:
    text = golden(type(example)).read_text()
    message = type(example).model_validate_json(text)

    assert message == example
    assert written(message) == text


@EVERY
def test_an_example_sets_every_field(example: Model) -> None:
    fixed = {"version", "kind"}
    assert type(example).model_fields.keys() - fixed == example.model_fields_set


@EVERY
def test_a_field_that_nobody_knows_is_refused(example: Model) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        type(example).model_validate({**example.model_dump(), "unknown": 1})


def test_the_schemas_are_frozen() -> None:
    assert schemas() == SCHEMAS.read_text()


@EVERY
def test_a_result_line_is_known_by_its_kind(example: Model) -> None:
    if "kind" in type(example).model_fields:
        assert LINES.validate_json(example.model_dump_json()) == example


def test_a_result_of_another_version_is_refused() -> None:
    header = json.loads(golden(ResultHeader).read_text())

    with pytest.raises(ValidationError):
        LINES.validate_python({**header, "version": 2})


HEADER, HOST, OBSERVATION, COVERAGE = (
    json.loads(golden(kind).read_text()) for kind in (ResultHeader, HostLine, ObservationLine, CoverageLine)
)


@pytest.mark.parametrize(
    "line",
    [
        COVERAGE | {"ports": "22;id"},
        COVERAGE | {"ports": "80-22"},
        COVERAGE | {"ports": "1-99999999999999999999"},
        COVERAGE | {"ports": "\uff12\uff12"},
        COVERAGE | {"addresses": [{"first": "10.0.0.9", "last": "10.0.0.1"}]},
        COVERAGE | {"addresses": [{"first": "10.0.0.1", "last": "fd00::1"}]},
        COVERAGE | {"addresses": [{"first": "0x0a000001", "last": "10.0.0.1"}]},
        COVERAGE | {"addresses": [{"first": "fd00::1%eth0", "last": "fd00::1%eth0"}]},
        COVERAGE | {"answer": "surely open"},
        COVERAGE | {"at": "9999-12-31T23:59:59-12:00"},
        COVERAGE | {"at": 1e400},
        COVERAGE | {"at": "yesterday"},
        OBSERVATION | {"port": 65536},
        OBSERVATION | {"port": 10**400},
        OBSERVATION | {"service": {"product": "x" * 513}},
        HOST | {"names": ["x" * 254]},
        HOST | {"vendor": "x" * 129},
        HEADER | {"started": "0001-01-01T00:00:00+14:00"},
        {"kind": "shell", "run": "id"},
        {"__proto__": {}},
    ],
    ids=str,
)
def test_a_line_that_no_worker_of_ours_writes_is_none(line: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LINES.validate_json(json.dumps(line))


if __name__ == "__main__":
    for each in EXAMPLES:
        golden(type(each)).write_text(written(each))
    SCHEMAS.write_text(schemas())
