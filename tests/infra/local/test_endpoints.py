import pytest

from infra.local.endpoints import Endpoints

OUTPUTS = {
    "HttpApiId": "aaaa1111",
    "WebSocketApiId": "bbbb2222",
    "WebSocketStage": "live",
    "TableName": "table",
    "LiveTableName": "live-table",
    "ResultsBucketName": "bucket",
    "ClusterName": "cluster",
    "StateMachineArn": "arn:machine",
    "EventBusName": "bus",
    "ScheduleGroupName": "group",
    "Further": "kept",
}


def test_the_apis_are_reached_by_path_because_names_under_localhost_need_not_resolve() -> None:
    found = Endpoints.from_outputs(OUTPUTS, endpoint_url="http://127.0.0.1:4566")
    assert found.http_url == "http://127.0.0.1:4566/_aws/execute-api/aaaa1111"
    assert found.websocket_url == "ws://127.0.0.1:4566/_aws/execute-api/bbbb2222/live"
    assert found.callback_url == "http://127.0.0.1:4566/_aws/execute-api/bbbb2222/live"


def test_every_output_is_kept_by_name() -> None:
    assert Endpoints.from_outputs(OUTPUTS, endpoint_url="http://127.0.0.1:1").outputs["Further"] == "kept"


@pytest.mark.parametrize("name", sorted(set(OUTPUTS) - {"Further"}))
def test_a_stack_without_one_of_its_outputs_is_an_error(name: str) -> None:
    outputs = {key: value for key, value in OUTPUTS.items() if key != name}
    with pytest.raises(KeyError, match=name):
        Endpoints.from_outputs(outputs, endpoint_url="http://127.0.0.1:1")
