"""Hosts: the assets that answered."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.host import Host
from functions.http_api.caller import Cursor, Limit, PathId, QueryId, Services
from functions.http_api.models import ListOf
from functions.http_api.paging import Walk, across_networks, listed
from functions.store.cursor import Page

router = APIGatewayHttpRouter()


@router.get("/v1/projects/<project>/hosts", tags=["inventory"], summary="List the hosts, network after network")
def list_hosts(
    project: PathId, services: Services, network: QueryId = "", limit: Limit = 50, cursor: Cursor = ""
) -> ListOf[Host]:
    def list_one(one: str, position: str) -> Page[Host]:
        return services.hosts.list(project, one, limit=limit, cursor=position)

    if network:
        return listed(list_one(network, cursor))
    return across_networks(Walk(services.networks, project, cursor), list_one)
