"""Alerts: what somebody should look at."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.alert import Alert, AlertType, Severity
from functions.core.alert_filter import AlertFilter
from functions.core.alert_group import AlertGroup, GroupFilter
from functions.core.alert_life import as_of
from functions.core.model import Protocol, Time
from functions.http_api.alert_models import AlertCounts
from functions.http_api.caller import Cursor, Limit, PathId, QueryId, Services
from functions.http_api.models import ListOf, Reconciled, ReconcileRequest
from functions.http_api.paging import Walk, listed

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/alerts"
_TAGS = ["alerts"]


@router.get(_ALL, tags=_TAGS, summary="List the alerts, newest first; a network's unresolved ones by address")
def list_alerts(
    *,
    project: PathId,
    services: Services,
    type: Annotated[AlertType | None, Query()] = None,  # noqa: A002 - the parameter's public name
    severity: Annotated[Severity | None, Query(description="As shown: what is acknowledged is info.")] = None,
    status: Annotated[Literal["open", "in_progress", "resolved", "unresolved", ""], Query()] = "",
    assignee: Annotated[str, Query(max_length=128)] = "",
    acknowledged: Annotated[bool | None, Query()] = None,
    network: QueryId = "",
    address: Annotated[str, Query(max_length=300, description="An address or a hostname.")] = "",
    cidr: Annotated[str, Query(max_length=64)] = "",
    port: Annotated[int | None, Query(ge=0, le=65535)] = None,
    protocol: Annotated[Protocol | None, Query()] = None,
    group: QueryId = "",
    since: Annotated[Time | None, Query(description="Raised then or later.")] = None,
    before: Annotated[Time | None, Query(description="Raised before then.")] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ListOf[Alert]:
    asked = {
        "type": type,
        "severity": severity,
        "status": status or None,
        "assignee": assignee,
        "acknowledged": acknowledged,
        "network": network,
        "address": address,
        "cidr": cidr,
        "port": port,
        "protocol": protocol,
        "group": group,
        "since": since,
        "before": before,
    }
    wanted = AlertFilter.model_validate(asked)
    return listed(services.alert_lists.page(project, wanted, now=services.now(), limit=limit, cursor=cursor))


@router.get(f"{_ALL}/groups", tags=_TAGS, summary="List the groups: one cause across many hosts is one line")
def list_groups(
    *,
    project: PathId,
    services: Services,
    type: Annotated[AlertType | None, Query()] = None,  # noqa: A002 - the parameter's public name
    status: Annotated[Literal["unresolved", "resolved", ""], Query()] = "unresolved",
    network: QueryId = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ListOf[AlertGroup]:
    wanted = GroupFilter(type=type, status=status, network=network)
    return listed(services.alert_groups.page(project, wanted, limit=limit, cursor=cursor))


@router.get(f"{_ALL}/counts", tags=_TAGS, summary="Count the alerts by type, severity and status")
def count_alerts(project: PathId, services: Services, network: QueryId = "") -> AlertCounts:
    return AlertCounts.of(network, services.counters.total(project, network))


@router.get(f"{_ALL}/<alert>", tags=_TAGS, summary="Read an alert")
def read_alert(project: PathId, alert: PathId, services: Services) -> Alert:
    return as_of(services.alerts.get(project, alert), services.now())


@router.post(
    f"{_ALL}/reconcile", tags=_TAGS, summary="Raise the alerts that are missing, one page of exposures or hosts a call"
)
def reconcile_alerts(project: PathId, body: ReconcileRequest, services: Services) -> Reconciled:
    walk = Walk(services.networks, project, body.cursor)
    network, inner = walk.position()
    if not network:
        return Reconciled(examined=0, created=0)
    page = services.reconcile(project=project, network=network, cursor=inner)
    following = walk.following(network, page.next_cursor)
    return Reconciled(examined=page.checked, created=page.raised, next_cursor=following)
