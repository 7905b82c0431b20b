"""Tickets: a caller's way into the live view of a project."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.http_api.caller import Caller, PathId, Services
from functions.http_api.models import TicketView
from functions.usecases.tickets import make_ticket

router = APIGatewayHttpRouter()


@router.post(
    "/v1/projects/<project>/tickets",
    status_code=201,
    tags=["live view"],
    summary="Make a ticket: connect to the WebSocket API with ?ticket=, once, within a minute",
)
def create_ticket(project: PathId, services: Services, caller: Caller) -> TicketView:
    services.projects.get(project)
    made = make_ticket(services.tickets, caller, project=project, now=services.now())
    return TicketView(ticket=made.text, expires=made.expires)
