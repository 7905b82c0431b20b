"""Trends: how many ports were open, and what opened and closed, by day, week or month."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.trends import MAX_DAYS, Period, Trend, first_day, trend_points
from functions.http_api.caller import PathId, QueryId, Services

router = APIGatewayHttpRouter()


@router.get(
    "/v1/projects/<project>/trends",
    tags=["trends"],
    summary="Tell how open ports, hosts and alerts went, of the project or of one network",
)
def read_trend(
    *,
    project: PathId,
    services: Services,
    network: QueryId = "",
    by: Annotated[Period, Query()] = Period.DAY,
    days: Annotated[int, Query(ge=1, le=MAX_DAYS, description="So many days back, today included.")] = 30,
) -> Trend:
    if network:
        services.networks.get(project, network)
    today = services.now().date()
    since = first_day(today, days, by)
    window = services.counters.window(project, network, since)
    points = trend_points(total=window.total, days=window.days, since=since, today=today, by=by)
    return Trend(project=project, network=network, by=by, points=points)
