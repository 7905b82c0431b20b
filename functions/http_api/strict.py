"""Nothing is guessed about a request: unknown or repeated query parameters and bodies of other types are refused."""

from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from functions.core.errors import InvalidInput

Next = Callable[[ApiGatewayResolver], Response[Any]]


def strict(app: ApiGatewayResolver, next_middleware: Next) -> Response[Any]:
    """Comes after the resolver's own validation, which ignores what it does not know and reads `"5"` as a number."""
    wanted = app.context["_route"].dependant
    _check_query(
        app.current_event.raw_event.get("rawQueryString") or "", {field.alias for field in wanted.query_params}
    )
    text = app.current_event.decoded_body
    for field in wanted.body_params if text else ():
        _check_body(field.type_, text or "")
    return next_middleware(app)


def _check_query(raw: str, known: set[str]) -> None:
    """Raises InvalidInput. A parameter given twice would be read once here and perhaps otherwise by a proxy."""
    seen = set()
    for name, _ in parse_qsl(raw, keep_blank_values=True, errors="replace"):
        if name not in known:
            raise InvalidInput(name[:100] or "query", "there is no such query parameter here")
        if name in seen:
            raise InvalidInput(name, "this query parameter is given twice")
        seen.add(name)


def _check_body(kind: Any, text: str) -> None:
    """Raises RequestValidationError where only a conversion made the body fit its schema."""
    try:
        _adapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
