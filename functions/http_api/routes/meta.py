"""What needs no token: health and version."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.http_api.caller import Services
from functions.http_api.models import Health, Version

router = APIGatewayHttpRouter()


@router.get("/v1/health", tags=["meta"], summary="Say whether the table answers")
def read_health(services: Services) -> Health:
    services.check_table()
    return Health()


@router.get("/v1/version", tags=["meta"], summary="Say which version runs")
def read_version(services: Services) -> Version:
    return Version(version=services.version)
