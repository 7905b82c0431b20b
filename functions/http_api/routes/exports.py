"""Exports: ask for a document, look whether it is done, and get a link to it."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.export import Export, ExportDraft
from functions.http_api.caller import Caller, Cause, Cursor, Limit, PathId, Services
from functions.http_api.export_models import ExportView
from functions.http_api.models import ListOf
from functions.http_api.paging import listed

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/exports"
_TAGS = ["exports"]


@router.post(_ALL, status_code=202, tags=_TAGS, summary="Ask for an export of records, or of a scan as nmap's XML")
def ask_for_export(project: PathId, body: ExportDraft, services: Services, caller: Caller, cause: Cause) -> Export:
    return services.ask_for_export(
        project=project, identifier=cause.identifier("export", project), draft=body, by=caller.id, now=services.now()
    )


@router.get(_ALL, tags=_TAGS, summary="List the exports that are kept, newest first")
def list_exports(project: PathId, services: Services, limit: Limit = 50, cursor: Cursor = "") -> ListOf[Export]:
    return listed(services.exports.list(project, now=services.now(), limit=limit, cursor=cursor))


@router.get(
    f"{_ALL}/<export>", tags=_TAGS, summary="Read an export; once it is done, with a link that is good for minutes"
)
def read_export(project: PathId, export: PathId, services: Services) -> ExportView:
    return ExportView.of(services.exports.get(project, export, now=services.now()), services.export_objects.link)
