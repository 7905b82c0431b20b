"""What a route is handed about its request: who calls, for which cause, with which services."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from aws_lambda_powertools.event_handler.request import Request

from functions.core.errors import InvalidInput
from functions.core.ids import PATTERN, derived_id
from functions.core.model import Protocol
from functions.core.roles import Permissions
from functions.core.token import Principal
from functions.http_api.problems import PreconditionRequired
from functions.wiring import http_api as wiring

MAX_LIMIT = 200


@dataclass(frozen=True)
class RequestCause:
    """`time` and `key` are the same for every repeat of one POST by one caller with one Idempotency-Key."""

    time: datetime
    key: str

    def identifier(self, *parts: str) -> str:
        """The id of what this request creates."""
        return derived_id(self.time, *parts, self.key)


def _services() -> wiring.HttpApi:
    return wiring.http_api()


def _principal(request: Request) -> Principal:
    principal: Principal = request.context["principal"]
    return principal


def _permissions(request: Request) -> Permissions:
    permissions: Permissions = request.context["permissions"]
    return permissions


def _cause(request: Request) -> RequestCause:
    cause: RequestCause = request.context["cause"]
    return cause


def expected_version(if_match: str) -> int:
    """The version in an If-Match header. Raises PreconditionRequired, InvalidInput."""
    if not if_match:
        raise PreconditionRequired("send If-Match with the ETag of the version that you edit")
    number = if_match.removeprefix("W/").strip('"')
    if not number.isdecimal() or len(number) > 12:
        raise InvalidInput("If-Match", 'give the ETag as it was read, e.g. "3"')
    return int(number)


Caller = Annotated[Principal, Depends(_principal)]
Allowed = Annotated[Permissions, Depends(_permissions)]
"""All that the caller may do in the project of the path, or, where it names none, in the organisation."""
Cause = Annotated[RequestCause, Depends(_cause)]
Services = Annotated[wiring.HttpApi, Depends(_services)]

PathId = Annotated[str, Path(pattern=PATTERN)]
QueryId = Annotated[str, Query(pattern=f"{PATTERN}|^$")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most so many items; a page may be shorter.")]
Cursor = Annotated[str, Query(max_length=4096, description="`next_cursor` of the page before.")]
IfMatch = Annotated[str, Header(alias="If-Match", description="The ETag of the version that is edited.")]
Asset = Annotated[str, Query(min_length=1, max_length=300, description="An address or a hostname.")]
PathAsset = Annotated[str, Path(min_length=1, max_length=300, description="An address or a hostname.")]
Port = Annotated[int, Query(ge=1, le=65535)]
SomePort = Annotated[int | None, Query(ge=0, le=65535)]
ProtocolName = Annotated[Protocol, Query()]
