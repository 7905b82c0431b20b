"""Projects: the tenants."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.project import Project
from functions.http_api.caller import Caller, Cause, Cursor, Limit, PathId, Services
from functions.http_api.models import ListOf, ProjectDraft
from functions.http_api.paging import listed
from functions.usecases.projects import create_project_once

router = APIGatewayHttpRouter()


@router.post("/v1/projects", status_code=201, tags=["projects"], summary="Create a project")
def create_project(body: ProjectDraft, services: Services, cause: Cause) -> Project:
    project = Project(id=cause.identifier("project"), name=body.name, created=cause.time)
    return create_project_once(services.projects, project)


@router.get("/v1/projects", tags=["projects"], summary="List the projects that the caller reaches")
def list_projects(services: Services, caller: Caller, limit: Limit = 50, cursor: Cursor = "") -> ListOf[Project]:
    if caller.project:
        return ListOf(items=(services.projects.get(caller.project),))
    return listed(services.projects.list(limit=limit, cursor=cursor))


@router.get("/v1/projects/<project>", tags=["projects"], summary="Read a project")
def read_project(project: PathId, services: Services) -> Project:
    return services.projects.get(project)
