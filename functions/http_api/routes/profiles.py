"""The profiles that there are, and which engine asks which targets under each."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.engine import ProfileEngines, profiles_told
from functions.http_api.models import ListOf

router = APIGatewayHttpRouter()


@router.get("/v1/profiles", tags=["meta"], summary="List the profiles, with who asks which targets, and why")
def list_profiles() -> ListOf[ProfileEngines]:
    """By the table that workers choose by. The engine of a target is the one of its kind."""
    return ListOf(items=profiles_told())
