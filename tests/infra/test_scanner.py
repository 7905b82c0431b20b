import json

import aws_cdk as cdk
import pytest

from infra.scanner import Scanner
from infra.settings import STAGES, OwnNetwork, Stage
from infra.stateful import Stateful
from tests.infra.templates import Synthesised

ANYWHERE = ("0.0.0.0/0", "::/0")


def test_no_nat_gateway_stands_idle(stage: Synthesised) -> None:
    assert not stage.resources("AWS::EC2::NatGateway")
    assert len(stage.resources("AWS::EC2::Subnet")) == 2
    assert all(each["MapPublicIpOnLaunch"] for each in stage.resources("AWS::EC2::Subnet").values())


def test_tables_and_bucket_are_reached_by_free_gateway_endpoints(stage: Synthesised) -> None:
    endpoints = stage.resources("AWS::EC2::VPCEndpoint").values()
    assert {each["VpcEndpointType"] for each in endpoints} == {"Gateway"}
    assert len(endpoints) == 2


def test_the_scanners_group_allows_everything_both_ways(stage: Synthesised) -> None:
    group = stage.one("AWS::EC2::SecurityGroup")
    for rules in (group["SecurityGroupIngress"], group["SecurityGroupEgress"]):
        assert {rule.get("CidrIp") or rule.get("CidrIpv6") for rule in rules} == set(ANYWHERE)
        assert {rule["IpProtocol"] for rule in rules} == {"-1"}


def test_only_the_workflow_wears_the_scanners_group(stage: Synthesised) -> None:
    (name,) = stage.resources("AWS::EC2::SecurityGroup")
    wearers = {
        resource["Type"]
        for logical_id, resource in stage.platform["Resources"].items()
        if logical_id != name and f'"{name}"' in json.dumps(resource)
    }
    assert wearers == {"AWS::StepFunctions::StateMachine"}


def test_the_task_saves_its_work_within_what_fargate_gives(stage: Synthesised) -> None:
    (container,) = stage.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert container["Name"] == "scanner"
    assert container["StopTimeout"] == 120
    assert container["LogConfiguration"]["LogDriver"] == "awslogs"
    assert not container.get("PortMappings")


def test_the_task_writes_nowhere_but_to_its_scratch_volume(stage: Synthesised) -> None:
    (container,) = stage.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert container["ReadonlyRootFilesystem"] is True
    assert [each["ContainerPath"] for each in container["MountPoints"] if not each["ReadOnly"]] == ["/tmp"]


def test_aws_runs_the_image_built_here_and_the_local_stage_one_that_is_there(
    prod: Synthesised, local: Synthesised
) -> None:
    def image(stage: Synthesised) -> str:
        (container,) = stage.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
        return json.dumps(container["Image"])

    assert image(local) == '"vedette-scanner:local"'
    assert "/vedette-scanner-prod:" in image(prod)


@pytest.mark.parametrize(
    ("public", "ip"),
    [(True, "ENABLED"), (False, "DISABLED")],
)
def test_an_own_network_is_used_as_it_is(public: bool, ip: str) -> None:
    own = OwnNetwork(
        vpc_id="vpc-1", availability_zones=("x-1a", "x-1b"), subnet_ids=("subnet-1", "subnet-2"), public=public
    )
    scanner = _scanner(Stage(name="own", own_network=own, scanner_image="image"))
    template = cdk.assertions.Template.from_stack(cdk.Stack.of(scanner))
    template.resource_count_is("AWS::EC2::VPC", 0)
    assert scanner.subnet_ids == ["subnet-1", "subnet-2"]
    assert scanner.assign_public_ip == ip


def test_dual_stack_gives_the_subnets_ipv6() -> None:
    scanner = _scanner(Stage(name="dual", dual_stack=True, scanner_image="image"))
    template = cdk.assertions.Template.from_stack(cdk.Stack.of(scanner))
    template.resource_count_is("AWS::EC2::VPCCidrBlock", 1)
    template.all_resources_properties("AWS::EC2::Subnet", {"AssignIpv6AddressOnCreation": True})


def test_a_task_on_aws_has_its_network_to_itself(local: Synthesised, prod: Synthesised) -> None:
    told = {}
    for name, stage in {"local": local, "prod": prod}.items():
        (container,) = stage.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
        told[name] = {each["Name"]: each["Value"] for each in container["Environment"]}["VEDETTE_SHARED_NETWORK"]
    assert told == {"local": "true", "prod": "false"}


def test_size_and_architecture_are_settings() -> None:
    scanner = _scanner(
        Stage(name="big", task_cpu=2048, task_memory=4096, task_architecture="arm64", scanner_image="image")
    )
    cdk.assertions.Template.from_stack(cdk.Stack.of(scanner)).has_resource_properties(
        "AWS::ECS::TaskDefinition",
        {"Cpu": "2048", "Memory": "4096", "RuntimePlatform": {"CpuArchitecture": "ARM64"}},
    )


def test_spare_capacity_is_there_only_where_it_is_asked_for() -> None:
    for spot in (False, True):
        scanner = _scanner(Stage(name="spare", spot=spot, scanner_image="image"))
        template = cdk.assertions.Template.from_stack(cdk.Stack.of(scanner))
        template.resource_count_is("AWS::ECS::ClusterCapacityProviderAssociations", int(spot))
        if spot:
            template.has_resource_properties(
                "AWS::ECS::ClusterCapacityProviderAssociations", {"CapacityProviders": ["FARGATE", "FARGATE_SPOT"]}
            )


def _scanner(stage: Stage) -> Scanner:
    assert stage.name not in STAGES
    app = cdk.App(analytics_reporting=False)
    data = Stateful(app, "Stateful", stage=stage)
    return Scanner(cdk.Stack(app, "Platform"), "Scanner", stage=stage, data=data)
