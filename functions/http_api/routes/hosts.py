"""Hosts: the assets that answered."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.history import HistoryEntry
from functions.core.host import Host, HostPatch
from functions.core.model import Protocol
from functions.http_api.asset import asset_in
from functions.http_api.caller import (
    Caller,
    Cursor,
    IfMatch,
    Limit,
    PathAsset,
    PathId,
    ProtocolName,
    QueryId,
    Services,
    SomePort,
    expected_version,
)
from functions.http_api.models import HostView, ListOf
from functions.http_api.paging import Walk, across_networks, listed
from functions.store.cursor import Page
from functions.usecases.inventory import Subject

router = APIGatewayHttpRouter()
_TAGS = ["inventory"]
_ONE = "/v1/projects/<project>/networks/<network>/hosts/<asset>"


@router.get("/v1/projects/<project>/hosts", tags=_TAGS, summary="List the hosts, network after network")
def list_hosts(
    *,
    project: PathId,
    services: Services,
    network: QueryId = "",
    address: Annotated[str, Query(max_length=300, description="An address or a hostname.")] = "",
    cidr: Annotated[str, Query(max_length=64)] = "",
    tag: Annotated[str, Query(max_length=64)] = "",
    up: Annotated[bool | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ListOf[Host]:
    def list_one(one: str, position: str) -> Page[Host]:
        return services.hosts.list(
            project, one, address=address, cidr=cidr, tag=tag, up=up, limit=limit, cursor=position
        )

    if network:
        return listed(list_one(network, cursor))
    return across_networks(Walk(services.networks, project, cursor), list_one)


@router.get(_ONE, tags=_TAGS, summary="Read a host of a network")
def read_host(project: PathId, network: PathId, asset: PathAsset, services: Services) -> HostView:
    host = services.hosts.get(project, network, asset_in(asset))
    return HostView(**dict(host), last_seen=services.inventory.last_seen(host))


@router.patch(_ONE, tags=_TAGS, summary="Give a host a name, a comment or tags")
def patch_host(
    *,
    project: PathId,
    network: PathId,
    asset: PathAsset,
    body: HostPatch,
    services: Services,
    caller: Caller,
    if_match: IfMatch = "",
) -> Host:
    expected = expected_version(if_match)
    host = services.hosts.get(project, network, asset_in(asset))
    return services.inventory.edit_host(host, body, expected=expected, by=caller.id, now=services.now())


@router.get(
    f"{_ONE}/history", tags=_TAGS, summary="What happened to a host and its ports, or to one port; newest first"
)
def read_history(
    *,
    project: PathId,
    network: PathId,
    asset: PathAsset,
    services: Services,
    port: SomePort = None,
    protocol: ProtocolName = Protocol.TCP,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ListOf[HistoryEntry]:
    """That of a network that is gone stays; of one that never was there is none."""
    subject = Subject(asset_in(asset), protocol, port)
    page = services.inventory.history_of(project, network, subject, limit=limit, cursor=cursor)
    if not page.items and not page.next_cursor:
        services.networks.get(project, network)
    return listed(page)
