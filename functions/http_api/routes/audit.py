"""The audit log: who changed what, and the records that its seals are made over."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.adapters.seals import SealFile
from functions.core.audit import AuditEntry
from functions.core.model import Time
from functions.core.seal import hour_text
from functions.http_api.audit_models import AuditRecords, Hour, hour_in
from functions.http_api.caller import Cursor, Limit, PathId, Services
from functions.http_api.models import ListOf
from functions.http_api.paging import listed
from functions.store.cursor import read_cursor, write_cursor

router = APIGatewayHttpRouter()
_TAGS = ["audit"]
_OF_PROJECT = "/v1/projects/<project>/audit"
_OF_ALL = "/v1/audit"

By = Annotated[
    str, Query(max_length=200, description="Only changes by this principal: an id, or a name as entries tell it.")
]
On = Annotated[
    str, Query(max_length=400, description="Only changes of this kind of thing, or of the thing with this id.")
]
Since = Annotated[Time | None, Query()]
Until = Annotated[Time | None, Query()]


@router.get(_OF_PROJECT, tags=_TAGS, summary="List who changed what in the project, newest first")
def list_project_audit(
    *,
    project: PathId,
    services: Services,
    by: By = "",
    subject: On = "",
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ListOf[AuditEntry]:
    return listed(
        services.audit_log.list(
            project, principal=by, subject=subject, since=since, until=until, limit=limit, cursor=cursor
        )
    )


@router.get(_OF_ALL, tags=_TAGS, summary="List who changed what of the organisation itself, newest first")
def list_audit(
    *,
    services: Services,
    by: By = "",
    subject: On = "",
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ListOf[AuditEntry]:
    return listed(
        services.audit_log.list("", principal=by, subject=subject, since=since, until=until, limit=limit, cursor=cursor)
    )


@router.get(
    f"{_OF_ALL}/hours/<hour>", tags=_TAGS, summary="List the records of an hour, of every project, oldest first"
)
def list_audit_records(hour: Hour, services: Services, limit: Limit = 200, cursor: Cursor = "") -> AuditRecords:
    page = services.audit_log.records(hour_in(hour), limit=limit, cursor=cursor)
    return AuditRecords(items=page.items, next_cursor=page.next_cursor or None)


@router.get(f"{_OF_ALL}/seals", tags=_TAGS, summary="List the seals of the audit log, oldest first, each with a link")
def list_seals(services: Services, limit: Limit = 200, cursor: Cursor = "") -> ListOf[SealFile]:
    """A link is good for minutes."""
    position = read_cursor(cursor, "seals")
    seals = services.seals.list(after=hour_in(position) if position else None, limit=limit, now=services.now())
    more = write_cursor(hour_text(seals[-1].hour), "seals") if len(seals) == limit else ""
    return ListOf(items=seals, next_cursor=more or None)
