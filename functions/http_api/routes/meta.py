"""What needs no token: health, version, and how people log in."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.identity import LoginOffer
from functions.http_api.caller import Services
from functions.http_api.models import Health, Version

router = APIGatewayHttpRouter()


@router.get("/v1/health", tags=["meta"], summary="Say whether the table answers")
def read_health(services: Services) -> Health:
    services.check_table()
    return Health()


@router.get("/v1/identity", tags=["meta"], summary="Say how people log in")
def read_identity(services: Services) -> LoginOffer:
    return services.login


@router.get("/v1/version", tags=["meta"], summary="Say which version runs")
def read_version(services: Services) -> Version:
    return Version(version=services.version)
