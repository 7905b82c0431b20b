"""Projects: the tenants."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.project import Limits, Project
from functions.core.roles import Permission
from functions.http_api.caller import Allowed, Caller, Cause, Cursor, IfMatch, Limit, PathId, Services, expected_version
from functions.http_api.models import ListOf, ProjectDraft
from functions.http_api.paging import listed
from functions.usecases.projects import create_project_once

router = APIGatewayHttpRouter()


@router.post("/v1/projects", status_code=201, tags=["projects"], summary="Create a project")
def create_project(body: ProjectDraft, services: Services, cause: Cause) -> Project:
    project = Project(id=cause.identifier("project"), name=body.name, created=cause.time)
    return create_project_once(services.projects, project)


@router.get("/v1/projects", tags=["projects"], summary="List the projects that the caller reaches")
def list_projects(
    services: Services, caller: Caller, allowed: Allowed, limit: Limit = 50, cursor: Cursor = ""
) -> ListOf[Project]:
    if caller.project:
        return ListOf(items=(services.projects.get(caller.project),))
    if caller.kind == "user" and Permission.ORGANISATION_WRITE not in allowed:
        page = services.members.of_user(caller.id, limit=limit, cursor=cursor)
        found = services.projects.those(member.project for member in page.items)
        return ListOf(items=found, next_cursor=page.next_cursor or None)
    return listed(services.projects.list(limit=limit, cursor=cursor))


@router.get("/v1/projects/<project>", tags=["projects"], summary="Read a project")
def read_project(project: PathId, services: Services) -> Project:
    return services.projects.get(project)


@router.put("/v1/projects/<project>/limits", tags=["projects"], summary="Set what all scans of the project share")
def limit_project(project: PathId, body: Limits, services: Services, if_match: IfMatch = "") -> Project:
    """Packets a second and tasks at once, over all of its networks; chunks that start from now on keep to it."""
    return services.projects.limit(project, body, expected=expected_version(if_match))
