"""Alerts: what somebody should look at."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.alert import Alert, AlertStatus
from functions.core.alert_life import Action, Wish, act
from functions.http_api.caller import Caller, Cursor, Limit, PathId, QueryId, Services
from functions.http_api.models import ListOf, Reconciled, ReconcileRequest
from functions.http_api.paging import Walk, listed

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/alerts"
_TAGS = ["alerts"]


@router.get(_ALL, tags=_TAGS, summary="List the alerts, newest first")
def list_alerts(
    *,
    project: PathId,
    services: Services,
    status: Annotated[AlertStatus | None, Query()] = None,
    network: QueryId = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ListOf[Alert]:
    page = listed(services.alerts.list(project, status=status or "", limit=limit, cursor=cursor))
    wanted = tuple(alert for alert in page.items if not network or alert.network == network)
    return ListOf(items=wanted, next_cursor=page.next_cursor)


@router.get(f"{_ALL}/<alert>", tags=_TAGS, summary="Read an alert")
def read_alert(project: PathId, alert: PathId, services: Services) -> Alert:
    return services.alerts.get(project, alert)


@router.post(f"{_ALL}/<alert>/acknowledge", tags=_TAGS, summary="Acknowledge an alert")
def acknowledge_alert(project: PathId, alert: PathId, body: Wish, services: Services, caller: Caller) -> Alert:
    found, now = services.alerts.get(project, alert), services.now()
    step = act(found, Action.ACKNOWLEDGE, body, by=caller.id, now=now)
    return services.alerts.change(found, by=caller.id, event=step.event, text=step.text, now=now, **step.fields)


@router.post(f"{_ALL}/reconcile", tags=_TAGS, summary="Raise the alerts that are missing, one page of exposures a call")
def reconcile_alerts(project: PathId, body: ReconcileRequest, services: Services) -> Reconciled:
    walk = Walk(services.networks, project, body.cursor)
    network, inner = walk.position()
    if not network:
        return Reconciled(examined=0, created=0)
    page = services.reconcile(project=project, network=network, cursor=inner)
    following = walk.following(network, page.next_cursor)
    return Reconciled(examined=page.checked, created=page.raised, next_cursor=following)
