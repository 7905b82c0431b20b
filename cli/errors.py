"""What the command can fail with, each with its exit code.

CommandError            1  something failed
|-- UsageError          2  the command line or its input is wrong
|-- ApiError            1  the API refused; carries the problem document (2 where the input is at fault)
`-- Unreachable         1  no answer from the endpoint
"""

from collections.abc import Mapping
from typing import Any

DONE, FAILED, USAGE, PARTIAL = 0, 1, 2, 3

_INPUT_AT_FAULT = frozenset({400, 413, 422, 428})


class CommandError(Exception):
    exit_code = FAILED


class UsageError(CommandError):
    exit_code = USAGE


class Unreachable(CommandError):
    pass


class ApiError(CommandError):
    """`problem` is the RFC 9457 document; `slug` the last part of its `type`."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        self.slug = str(problem.get("type", "")).rsplit(":", 1)[-1].rsplit("/", 1)[-1]
        field = problem.get("field")
        detail = str(problem.get("detail") or problem.get("title") or f"the API answered {status}")
        faults = [f"{each['field']}: {each['detail']}" for each in problem.get("errors") or ()]
        super().__init__("\n".join(faults) or (f"{field}: {detail}" if field else detail))
        self.exit_code = USAGE if status in _INPUT_AT_FAULT else FAILED
