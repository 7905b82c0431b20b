"""Exclusions: what no project may scan."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.exclusion import Exclusion, ExclusionDraft
from functions.http_api.caller import Caller, Cause, Cursor, IfMatch, Limit, PathId, Services, expected_version
from functions.http_api.models import ListOf
from functions.http_api.paging import listed

router = APIGatewayHttpRouter()
_ALL = "/v1/exclusions"
_ONE = f"{_ALL}/<exclusion>"
_TAGS = ["exclusions"]


@router.post(_ALL, status_code=201, tags=_TAGS, summary="Exclude for every project, live scans included")
def create_exclusion(body: ExclusionDraft, services: Services, caller: Caller, cause: Cause) -> Exclusion:
    identifier = cause.identifier("exclusion")
    return services.manage_exclusions.create(identifier=identifier, draft=body, by=caller.id, now=services.now())


@router.get(_ALL, tags=_TAGS, summary="List what no project may scan")
def list_exclusions(services: Services, limit: Limit = 50, cursor: Cursor = "") -> ListOf[Exclusion]:
    return listed(services.exclusions.list(limit=limit, cursor=cursor))


@router.get(_ONE, tags=_TAGS, summary="Read an exclusion")
def read_exclusion(exclusion: PathId, services: Services) -> Exclusion:
    return services.exclusions.get(exclusion)


@router.delete(_ONE, status_code=204, tags=_TAGS, summary="Lift an exclusion; scans that are live keep to it")
def delete_exclusion(exclusion: PathId, services: Services, if_match: IfMatch = "") -> Response[Any]:
    services.exclusions.delete(exclusion, expected=expected_version(if_match))
    return Response(status_code=204, body="")
