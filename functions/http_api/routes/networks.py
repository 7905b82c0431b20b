"""Networks: what may be scanned, how and when."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.estimate import Estimate, PricedPreview
from functions.core.network import CloneDraft, Network, NetworkDraft, NetworkPatch
from functions.core.prices import Architecture
from functions.http_api.caller import Caller, Cause, Cursor, IfMatch, Limit, PathId, Services, expected_version
from functions.http_api.models import AcceptedBaseline, BaselineRequest, ListOf, ScheduleSwitch
from functions.http_api.paging import listed
from functions.usecases.networks import draft_of

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/networks"
_ONE = f"{_ALL}/<network>"
_TAGS = ["networks"]
Region = Annotated[
    str, Query(pattern="^[a-z0-9-]{0,32}$", description="Where it would run, if not where this stage does.")
]


@router.post(_ALL, status_code=201, tags=_TAGS, summary="Create a network")
def create_network(project: PathId, body: NetworkDraft, services: Services, cause: Cause) -> Network:
    services.projects.get(project)
    identifier = cause.identifier("network", project)
    return services.manage_networks.create(project=project, identifier=identifier, draft=body, now=services.now())


@router.get(_ALL, tags=_TAGS, summary="List the networks")
def list_networks(project: PathId, services: Services, limit: Limit = 50, cursor: Cursor = "") -> ListOf[Network]:
    return listed(services.networks.list(project, limit=limit, cursor=cursor))


@router.post(f"{_ALL}/preview", tags=_TAGS, summary="Say what a scan of such a network would be; nothing is kept")
def preview_draft(project: PathId, body: NetworkDraft, services: Services) -> PricedPreview:
    return services.estimate_scan.preview(body, project=project, now=services.now())


@router.get(_ONE, tags=_TAGS, summary="Read a network")
def read_network(project: PathId, network: PathId, services: Services) -> Network:
    return services.networks.get(project, network)


@router.get(f"{_ONE}/preview", tags=_TAGS, summary="Say what a scan of the network would be")
def preview_network(project: PathId, network: PathId, services: Services) -> PricedPreview:
    draft = draft_of(services.networks.get(project, network))
    return services.estimate_scan.preview(draft, project=project, network=network, now=services.now())


@router.get(
    f"{_ONE}/estimate", tags=_TAGS, summary="Say what a scan of the network will take and cost; nothing is sent"
)
def estimate_network(
    *,
    project: PathId,
    network: PathId,
    services: Services,
    region: Region = "",
    architecture: Annotated[Architecture | None, Query(description="Of the tasks.")] = None,
) -> Estimate:
    """By the plan's own chunks, what is known of the network, and a dated list of AWS's prices."""
    return services.estimate_scan(
        project=project, network=network, region=region, architecture=architecture, now=services.now()
    )


@router.put(_ONE, tags=_TAGS, summary="Replace a network's settings")
def update_network(
    project: PathId, network: PathId, body: NetworkDraft, services: Services, if_match: IfMatch = ""
) -> Network:
    expected = expected_version(if_match)
    return services.manage_networks.update(
        project=project, identifier=network, draft=body, expected=expected, now=services.now()
    )


@router.patch(_ONE, tags=_TAGS, summary="Change some of its settings; what is left out stays")
def patch_network(
    project: PathId, network: PathId, body: NetworkPatch, services: Services, if_match: IfMatch = ""
) -> Network:
    expected = expected_version(if_match)
    return services.manage_networks.patch(
        project=project, identifier=network, patch=body, expected=expected, now=services.now()
    )


@router.post(f"{_ONE}/clone", status_code=201, tags=_TAGS, summary="Make a network like it, with its schedule off")
def clone_network(project: PathId, network: PathId, body: CloneDraft, services: Services, cause: Cause) -> Network:
    identifier = cause.identifier("network", project)
    return services.manage_networks.clone(
        project=project, source=network, identifier=identifier, draft=body, now=services.now()
    )


@router.post(f"{_ONE}/baseline", tags=_TAGS, summary="Take the state as it is for the baseline, a page at a time")
def accept_baseline(
    project: PathId, network: PathId, body: BaselineRequest, services: Services, caller: Caller
) -> AcceptedBaseline:
    page = services.accept_baseline(
        project=project, network=network, cursor=body.cursor, by=caller.id, now=services.now()
    )
    return AcceptedBaseline(
        examined=page.examined, accepted=page.accepted, hosts=page.hosts, next_cursor=page.next_cursor or None
    )


@router.patch(f"{_ONE}/schedule", tags=_TAGS, summary="Turn the schedule on or off")
def switch_schedule(
    project: PathId, network: PathId, body: ScheduleSwitch, services: Services, if_match: IfMatch = ""
) -> Network:
    expected = expected_version(if_match)
    return services.manage_networks.switch_schedule(
        project=project, identifier=network, enabled=body.enabled, expected=expected, now=services.now()
    )


@router.delete(_ONE, status_code=204, tags=_TAGS, summary="Delete a network; its history stays")
def delete_network(project: PathId, network: PathId, services: Services, if_match: IfMatch = "") -> Response[Any]:
    services.manage_networks.delete(project=project, identifier=network, expected=expected_version(if_match))
    return Response(status_code=204, body="")
