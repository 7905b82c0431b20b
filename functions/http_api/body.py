"""Request bodies: bounded, UTF-8 JSON objects, each name once."""

import json
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response

from functions.core.errors import InvalidInput
from functions.http_api.problems import BodyTooLarge, UnsupportedMediaType

MAX_BYTES = 256 * 1024
"""What a body makes must fit one DynamoDB item of 400 KB."""


def only_json(app: ApiGatewayResolver, next_middleware: Callable[[ApiGatewayResolver], Response[Any]]) -> Response[Any]:
    """A body says that it is JSON, or does not say what it is."""
    event = app.current_event.raw_event
    kind = str((event.get("headers") or {}).get("content-type", "")).partition(";")[0].strip().lower()
    if event.get("body") and kind not in ("", "application/json"):
        raise UnsupportedMediaType("send the body as application/json")
    return next_middleware(app)


def read_object(text: str) -> dict[str, Any]:
    """Raises BodyTooLarge, InvalidInput."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise BodyTooLarge(f"a body has at most {MAX_BYTES} bytes")
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        # Not only JSONDecodeError: Python refuses an integer of thousands of digits with a plain ValueError.
        raise InvalidInput("body", "the body is not JSON") from None
    if not isinstance(document, dict):
        raise InvalidInput("body", "the body must be a JSON object")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise InvalidInput("body", "a name is given twice in one object")
    return names


def _refuse_constant(name: str) -> None:
    raise InvalidInput("body", f"{name} is not JSON")
