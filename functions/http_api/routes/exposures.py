"""Exposures: the inventory of open ports."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.exposure import Exposure, ExposureState
from functions.core.model import Protocol
from functions.http_api.caller import Cursor, Limit, PathId, QueryId, Services
from functions.http_api.models import ListOf
from functions.http_api.paging import Walk, across_networks, listed
from functions.store.cursor import Page

router = APIGatewayHttpRouter()


@router.get("/v1/projects/<project>/exposures", tags=["inventory"], summary="List the exposures, network after network")
def list_exposures(
    *,
    project: PathId,
    services: Services,
    network: QueryId = "",
    address: Annotated[str, Query(max_length=300, description="An address or a hostname.")] = "",
    cidr: Annotated[str, Query(max_length=64)] = "",
    port: Annotated[int | None, Query(ge=0, le=65535)] = None,
    protocol: Annotated[Protocol | None, Query()] = None,
    service: Annotated[str, Query(max_length=128, description="The service's name, e.g. http.")] = "",
    state: Annotated[ExposureState | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ListOf[Exposure]:
    def list_one(one: str, position: str) -> Page[Exposure]:
        return services.exposures.list(
            project,
            one,
            address=address,
            cidr=cidr,
            port=port,
            protocol=protocol,
            service=service,
            state=state,
            limit=limit,
            cursor=position,
        )

    if network:
        return listed(list_one(network, cursor))
    return across_networks(Walk(services.networks, project, cursor), list_one)
