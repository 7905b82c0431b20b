"""Did you scan me? Which scan sent what somebody saw, who asked for it, and on whose word."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.addresses import parse_address
from functions.core.errors import InvalidInput
from functions.core.model import Protocol, Time
from functions.core.sending import Probing
from functions.http_api.caller import PathId, Services
from functions.http_api.models import ListOf
from functions.usecases.explain_cell import cell_of

router = APIGatewayHttpRouter()
_TAGS = ["audit"]

Source = Annotated[str, Query(max_length=64, description="The address of ours that they saw.")]
Target = Annotated[str, Query(max_length=300, description="Their address or hostname.")]
At = Annotated[
    Time | None, Query(description="When they saw it, give or take a quarter of an hour; now when left out.")
]


@router.get(
    "/v1/projects/<project>/probes", tags=_TAGS, summary="Say which scans of the project may have sent what was seen"
)
def find_probes(
    project: PathId, services: Services, source: Source = "", target: Target = "", at: At = None
) -> ListOf[Probing]:
    """By the source, the target, or both."""
    when, whom = at or services.now(), _target(target)
    if source:
        found = services.find_probes.by_source(project=project, source=_source(source), target=whom, at=when)
    elif target:
        found = services.find_probes.by_target(project=project, target=whom, at=when)
    else:
        raise InvalidInput("source", "give the address that was seen as the source, or the target, or both")
    return ListOf(items=found)


@router.get("/v1/probes", tags=_TAGS, summary="Say which scans of any project may have sent what was seen")
def find_all_probes(services: Services, source: Source = "", target: Target = "", at: At = None) -> ListOf[Probing]:
    if not source:
        raise InvalidInput("source", "give the address that was seen as the source; by target alone a project is asked")
    found = services.find_probes.by_source(source=_source(source), target=_target(target), at=at or services.now())
    return ListOf(items=found)


def _source(text: str) -> str:
    return str(parse_address(text, "source"))


def _target(text: str) -> str:
    return cell_of(text, Protocol.TCP, 0).asset if text else ""
