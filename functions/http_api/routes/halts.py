"""The kill switches: of a project and of the organisation; setting one is one act, releasing it another."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import Field

from functions.core.halt import ORGANISATION, Halt
from functions.core.model import Model
from functions.http_api.caller import Caller, PathId, Services

router = APIGatewayHttpRouter()
_PROJECT = "/v1/projects/<project>/halt"
_ORGANISATION = "/v1/halt"
_TAGS = ["halts"]
Why = Annotated[str, Query(min_length=1, max_length=256, description="Why it may go on.")]


class HaltRequest(Model):
    why: str = Field(min_length=1, max_length=256)


@router.put(_PROJECT, tags=_TAGS, summary="Stop every scan of the project at once, and let none begin")
def halt_project(project: PathId, body: HaltRequest, services: Services, caller: Caller) -> Halt:
    """No packet leaves within seconds; running tasks save and end. Set already, it stands as it was set."""
    services.projects.get(project)
    return services.set_halt(scope=project, by=caller.name or caller.id, why=body.why, now=services.now())


@router.get(_PROJECT, tags=_TAGS, summary="Read the halt that holds the project, its own or the organisation's")
def read_halt_of_project(project: PathId, services: Services) -> Halt:
    return services.halts.over(project) or services.halts.get(project)


@router.delete(_PROJECT, status_code=204, tags=_TAGS, summary="Release the project's halt; what it paused stays paused")
def release_project(project: PathId, why: Why, services: Services) -> Response[Any]:
    services.halts.release(project, why=why)
    return Response(status_code=204, body="")


@router.put(_ORGANISATION, tags=_TAGS, summary="Stop every scan of every project at once, and let none begin")
def halt_organisation(body: HaltRequest, services: Services, caller: Caller) -> Halt:
    return services.set_halt(scope=ORGANISATION, by=caller.name or caller.id, why=body.why, now=services.now())


@router.get(_ORGANISATION, tags=_TAGS, summary="Read the halt of the organisation")
def read_halt_of_organisation(services: Services) -> Halt:
    return services.halts.get(ORGANISATION)


@router.delete(_ORGANISATION, status_code=204, tags=_TAGS, summary="Release the organisation's halt")
def release_organisation(why: Why, services: Services) -> Response[Any]:
    services.halts.release(ORGANISATION, why=why)
    return Response(status_code=204, body="")
