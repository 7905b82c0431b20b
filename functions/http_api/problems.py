"""Every failure as an RFC 9457 problem document: the one map from errors to HTTP."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic import Field

from functions.core.errors import Conflict, Faults, InvalidInput, TooManyRequests, VedetteError
from functions.core.model import Model

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:vedette:error:"

STATUS: Mapping[str, HTTPStatus] = {
    "invalid-input": HTTPStatus.BAD_REQUEST,
    "out-of-scope": HTTPStatus.BAD_REQUEST,
    "unauthenticated": HTTPStatus.UNAUTHORIZED,
    "forbidden": HTTPStatus.FORBIDDEN,
    "not-found": HTTPStatus.NOT_FOUND,
    "method-not-allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "conflict": HTTPStatus.CONFLICT,
    "already-exists": HTTPStatus.CONFLICT,
    "scan-in-progress": HTTPStatus.CONFLICT,
    "unproven": HTTPStatus.CONFLICT,
    "illegal-transition": HTTPStatus.CONFLICT,
    "halted": HTTPStatus.CONFLICT,
    "stale-version": HTTPStatus.PRECONDITION_FAILED,
    "body-too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported-media-type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "precondition-required": HTTPStatus.PRECONDITION_REQUIRED,
    "too-many-requests": HTTPStatus.TOO_MANY_REQUESTS,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Slug of the error to its status; any other error is a defect of ours: 500."""


class Problem(Model):
    """What every refusal and failure looks like."""

    type: str = Field(description="Stable: `urn:vedette:error:` and the slug of the error.")
    title: str
    status: int
    detail: str
    field: str | None = Field(default=None, description="The dotted path of the input at fault.")
    errors: tuple[dict[str, str], ...] | None = Field(
        default=None, description="Where several inputs are at fault: each field with its detail."
    )
    current: dict[str, Any] | None = Field(default=None, description="The item as it stands, for a conflict.")


class BodyTooLarge(VedetteError):
    slug = "body-too-large"


class UnsupportedMediaType(VedetteError):
    slug = "unsupported-media-type"


class MethodNotAllowed(VedetteError):
    slug = "method-not-allowed"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"this path answers {', '.join(allowed)}")
        self.allowed = tuple(allowed)


class PreconditionRequired(VedetteError):
    slug = "precondition-required"


def problem(slug: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> Response[str]:
    status = STATUS.get(slug, HTTPStatus.INTERNAL_SERVER_ERROR)
    document = Problem(type=TYPE_PREFIX + slug, title=status.phrase, status=status, detail=detail, **members)
    return Response(
        status_code=status,
        content_type=CONTENT_TYPE,
        body=json.dumps(document.model_dump(mode="json", exclude_none=True)),
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def of_error(error: VedetteError) -> Response[str]:
    if error.slug not in STATUS:
        return of_defect()
    return problem(
        error.slug,
        error.message,
        headers=_headers(error),
        field=error.field if isinstance(error, InvalidInput) else None,
        errors=_faults(error) if isinstance(error, Faults) else None,
        current=(error.current or None) if isinstance(error, Conflict) else None,
    )


def _headers(error: VedetteError) -> dict[str, str]:
    match error:
        case MethodNotAllowed():
            return {"Allow": ", ".join(error.allowed)}
        case TooManyRequests():
            return {"Retry-After": str(error.retry_after)}
    return {}


def _faults(error: Faults) -> tuple[dict[str, str], ...]:
    return tuple({"field": field, "detail": message} for field, message in error.faults)


def of_validation(errors: Sequence[Mapping[str, Any]]) -> Response[str]:
    """`errors` as pydantic tells them: `loc` starts with where the input was (body, query, path, header)."""
    faults = tuple({"field": _path(error["loc"]), "detail": str(error["msg"])} for error in errors)
    return problem("invalid-input", faults[0]["detail"], field=faults[0]["field"], errors=faults)


def of_defect() -> Response[str]:
    return problem("internal", "something failed on our side; the log has the request's id")


def _path(location: Sequence[str | int]) -> str:
    parts = [str(part) for part in location if part != "function-after"]
    return ".".join(parts[1:] or parts)
