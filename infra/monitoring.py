"""What tells an operator: an alarm on every failure destination, and one dashboard."""

from constructs import Construct

from infra.alerting import Alerting
from infra.http_api import HttpApi
from infra.scan_workflow import ScanWorkflow
from infra.scheduling import Scheduling
from infra.settings import Stage
from infra.stateful import Stateful
from infra.websocket import Websocket


class Monitoring(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        data: Stateful,
        workflow: ScanWorkflow,
        scheduling: Scheduling,
        http_api: HttpApi,
        websocket: Websocket,
        alerting: Alerting,
    ) -> None:
        super().__init__(scope, construct_id)
