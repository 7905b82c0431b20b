"""What a deployed stack is reached by."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.local.aws import REGION


@dataclass(frozen=True)
class Endpoints:
    """Addresses and names of one deployed local stack; `outputs` has every CloudFormation output by name."""

    endpoint_url: str
    http_url: str
    websocket_url: str
    callback_url: str
    table: str
    live_table: str
    bucket: str
    cluster: str
    state_machine_arn: str
    event_bus: str
    schedule_group: str
    outputs: Mapping[str, str]
    region: str = REGION

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, str], *, endpoint_url: str) -> "Endpoints":
        # Paths, because names like {api}.execute-api.localhost need not resolve.
        apis = f"{endpoint_url}/_aws/execute-api"
        websocket = f"{apis}/{outputs['WebSocketApiId']}/{outputs['WebSocketStage']}"
        return cls(
            endpoint_url=endpoint_url,
            http_url=f"{apis}/{outputs['HttpApiId']}",
            websocket_url=websocket.replace("http://", "ws://", 1),
            callback_url=websocket,
            table=outputs["TableName"],
            live_table=outputs["LiveTableName"],
            bucket=outputs["ResultsBucketName"],
            cluster=outputs["ClusterName"],
            state_machine_arn=outputs["StateMachineArn"],
            event_bus=outputs["EventBusName"],
            schedule_group=outputs["ScheduleGroupName"],
            outputs=dict(outputs),
        )
