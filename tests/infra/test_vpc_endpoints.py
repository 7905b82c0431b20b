"""Private ways to AWS, each for what a task may do and nothing else. Absent unless asked for."""

import json
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest

from infra.permissions import PERMISSIONS
from infra.scanner import Scanner
from infra.settings import STAGES, OwnNetwork, Stage
from infra.stateful import Stateful
from tests.infra.templates import Synthesised, listed

ENDPOINT = "AWS::EC2::VPCEndpoint"


def _resources(stage: Stage) -> dict[str, Any]:
    app = cdk.App(analytics_reporting=False)
    data = Stateful(app, "Stateful", stage=stage)
    scanner = Scanner(cdk.Stack(app, "Platform"), "Scanner", stage=stage, data=data)
    found: dict[str, Any] = cdk.assertions.Template.from_stack(cdk.Stack.of(scanner)).to_json()["Resources"]
    return found


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return _resources(Stage(name="private", vpc_endpoints=True))


@pytest.fixture(scope="module")
def endpoints(resources: dict[str, Any]) -> dict[str, Any]:
    """By the service's own name."""
    return _endpoints(resources)


def _endpoints(resources: dict[str, Any]) -> dict[str, Any]:
    made = [each["Properties"] for each in resources.values() if each["Type"] == ENDPOINT]
    return {each["ServiceName"]["Fn::Join"][1][-1].strip("."): each for each in made}


def _statements(endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = endpoint["PolicyDocument"]["Statement"]
    return statements


def _actions(endpoint: dict[str, Any]) -> set[str]:
    return {action for each in _statements(endpoint) for action in listed(each["Action"])}


def test_no_stage_pays_for_endpoints_unless_it_asks(stage: Synthesised) -> None:
    assert {each["VpcEndpointType"] for each in stage.resources(ENDPOINT).values()} == {"Gateway"}
    assert not [name for name, each in STAGES.items() if each.vpc_endpoints]


def test_a_task_reaches_data_images_and_logs_and_no_other_service(endpoints: dict[str, Any]) -> None:
    kinds = {name: each["VpcEndpointType"] for name, each in endpoints.items()}
    assert kinds == {
        "s3": "Gateway",
        "dynamodb": "Gateway",
        "ecr.api": "Interface",
        "ecr.dkr": "Interface",
        "logs": "Interface",
    }


def test_every_endpoint_has_a_policy_of_exact_actions(endpoints: dict[str, Any]) -> None:
    for name, endpoint in endpoints.items():
        assert _statements(endpoint), name
        assert not [action for action in _actions(endpoint) if "*" in action], name


def test_the_gateways_are_open_for_what_the_tasks_role_may_do(endpoints: dict[str, Any]) -> None:
    granted = {action for grant in PERMISSIONS["Scanner"] for action in grant.actions}
    assert _actions(endpoints["s3"]) | _actions(endpoints["dynamodb"]) == granted
    for name in ("s3", "dynamodb"):
        for statement in _statements(endpoints[name]):
            assert "*" not in listed(statement["Resource"])
            if statement.get("Sid") != "LayersOfImages":
                who = statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]["Fn::GetAtt"][0]
                assert who.startswith("ScannerRole")


def test_layers_of_images_are_read_from_the_registrys_bucket(endpoints: dict[str, Any]) -> None:
    (layers,) = (each for each in _statements(endpoints["s3"]) if each.get("Sid") == "LayersOfImages")
    assert layers["Action"] == "s3:GetObject"
    assert json.dumps(layers["Resource"]).endswith('"-starport-layer-bucket/*"]]}')


def test_images_are_pulled_from_the_one_repository_by_the_role_that_starts_tasks(endpoints: dict[str, Any]) -> None:
    for name in ("ecr.api", "ecr.dkr"):
        for statement in _statements(endpoints[name]):
            assert statement["Principal"]["AWS"]["Fn::GetAtt"][0].startswith("ScannerExecutionRole")
            if statement["Resource"] == "*":
                assert statement["Action"] == "ecr:GetAuthorizationToken"
            else:
                assert ":repository/vedette-scanner-private" in json.dumps(statement["Resource"])
        assert not [action for action in _actions(endpoints[name]) if "Put" in action or "Upload" in action]


def test_logs_are_written_to_the_tasks_group_alone(endpoints: dict[str, Any]) -> None:
    (statement,) = _statements(endpoints["logs"])
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"]["Fn::GetAtt"][0].startswith("ScannerLogs")
    assert statement["Principal"]["AWS"]["Fn::GetAtt"][0].startswith("ScannerExecutionRole")


def test_private_names_lead_to_interfaces_that_take_tls_from_tasks_alone(resources: dict[str, Any]) -> None:
    interfaces = [each for each in _endpoints(resources).values() if each["VpcEndpointType"] == "Interface"]
    assert all(each["PrivateDnsEnabled"] for each in interfaces)
    assert all(len(each["SubnetIds"]) == 2 for each in interfaces)
    (group,) = {json.dumps(each["SecurityGroupIds"]) for each in interfaces}
    assert "ScannerEndpointsSecurityGroup" in group
    ingress = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::EC2::SecurityGroupIngress"]
    assert [(each["FromPort"], each["ToPort"], each["IpProtocol"]) for each in ingress] == [(443, 443, "tcp")]
    assert ingress[0]["SourceSecurityGroupId"]["Fn::GetAtt"][0].startswith("ScannerSecurityGroup")


def test_an_image_from_elsewhere_needs_no_way_to_the_registry() -> None:
    endpoints = _endpoints(_resources(Stage(name="elsewhere", vpc_endpoints=True, scanner_image="image")))
    assert set(endpoints) == {"s3", "dynamodb", "logs"}
    assert "starport" not in json.dumps(endpoints["s3"])


def test_a_network_of_somebody_elses_is_left_as_it_is() -> None:
    own = OwnNetwork(vpc_id="vpc-1", availability_zones=("x-1a",), subnet_ids=("subnet-1",))
    with pytest.raises(ValueError, match="make them there"):
        Stage(name="own", vpc_endpoints=True, own_network=own)


def test_the_embedded_aws_is_not_asked_for_endpoints() -> None:
    with pytest.raises(ValueError, match="embedded"):
        replace(STAGES["local"], vpc_endpoints=True)
