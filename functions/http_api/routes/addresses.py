"""Addresses: what was seen at one of them, across the networks of a project."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.history import HistoryEntry
from functions.core.model import Protocol
from functions.http_api.asset import asset_in
from functions.http_api.caller import Cursor, Limit, PathAsset, PathId, ProtocolName, Services, SomePort
from functions.http_api.models import ListOf
from functions.http_api.paging import Walk, first_of_networks
from functions.store.cursor import Page
from functions.usecases.inventory import Sighting, Subject

router = APIGatewayHttpRouter()
_TAGS = ["inventory"]
_ONE = "/v1/projects/<project>/addresses/<asset>"
NETWORKS_AT_ONCE = 25


@router.get(_ONE, tags=_TAGS, summary="Say which networks saw an address or hostname, and what is open there")
def read_address(project: PathId, asset: PathAsset, services: Services, cursor: Cursor = "") -> ListOf[Sighting]:
    networks = services.networks.list(project, limit=NETWORKS_AT_ONCE, cursor=cursor)
    found = services.inventory.sightings(networks.items, asset_in(asset))
    return ListOf(items=found, next_cursor=networks.next_cursor or None)


@router.get(f"{_ONE}/history", tags=_TAGS, summary="What was seen at an address, network after network; newest first")
def read_address_history(
    *,
    project: PathId,
    asset: PathAsset,
    services: Services,
    port: SomePort = None,
    protocol: ProtocolName = Protocol.TCP,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ListOf[HistoryEntry]:
    subject = Subject(asset_in(asset), protocol, port)

    def list_one(network: str, position: str) -> Page[HistoryEntry]:
        return services.inventory.history_of(project, network, subject, limit=limit, cursor=position)

    return first_of_networks(Walk(services.networks, project, cursor), list_one, at_most=NETWORKS_AT_ONCE)
