"""Why a port is said to be open, closed or unknown."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.model import Protocol
from functions.http_api.caller import Asset, PathId, Port, ProtocolName, Services
from functions.http_api.models import Why
from functions.usecases.explain_cell import cell_of

router = APIGatewayHttpRouter()


@router.get(
    "/v1/projects/<project>/why",
    tags=["inventory"],
    summary="Say when a cell was last probed, how, what it answered, and by which scan",
)
def explain_cell(
    project: PathId, services: Services, asset: Asset, port: Port, protocol: ProtocolName = Protocol.TCP
) -> Why:
    cell = cell_of(asset, protocol, port)
    stories = services.explain_cell.in_project(project=project, cell=cell)
    return Why(asset=cell.asset, protocol=cell.protocol, port=cell.port, networks=stories)
