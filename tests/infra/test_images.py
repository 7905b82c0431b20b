"""The scanner's image is pushed into a repository of the app's own, which scans it; somebody is told of what is critical."""

import json

from infra.images import repository_name
from infra.settings import STAGES, Stage
from tests.infra.templates import Synthesised

REPOSITORY = "AWS::ECR::Repository"


def test_what_is_pushed_is_scanned_and_never_written_over(prod: Synthesised) -> None:
    repository = prod.one(REPOSITORY)
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert repository["ImageTagMutability"] == "IMMUTABLE"
    assert repository["RepositoryName"] == repository_name(STAGES["prod"]) == "vedette-scanner-prod"


def test_the_image_of_the_task_is_the_one_that_was_scanned_and_no_other_can_be_pulled(prod: Synthesised) -> None:
    (container,) = prod.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    assert "/vedette-scanner-prod:" in json.dumps(container["Image"])
    pulled = [
        json.dumps(each["Resource"])
        for name, each in prod.statements()
        if name.startswith("ScannerExecutionRole") and "ecr:BatchGetImage" in each["Action"]
    ]
    assert len(pulled) == 1
    assert ":repository/vedette-scanner-prod" in pulled[0]


def test_only_the_role_that_publishes_images_may_push(prod: Synthesised) -> None:
    (statement,) = prod.one(REPOSITORY)["RepositoryPolicyText"]["Statement"]
    assert "image-publishing-role" in json.dumps(statement["Principal"])
    assert not [action for action in statement["Action"] if "*" in action or "Delete" in action]


def test_the_image_is_published_when_the_repository_is_there(prod: Synthesised) -> None:
    """The stack whose image it is imports from the stack that makes the repository, and so comes after it."""
    assert not [each for each in prod.platform["Resources"].values() if each["Type"] == REPOSITORY]
    assert "VedetteStateful-prod:" in json.dumps(prod.platform)


def test_critical_findings_reach_the_topic(prod: Synthesised) -> None:
    rule = prod.one("AWS::Events::Rule", "VulnerableImage")
    assert rule["EventPattern"]["detail-type"] == ["ECR Image Scan"]
    assert rule["EventPattern"]["detail"] == {
        "repository-name": ["vedette-scanner-prod"],
        "finding-severity-counts": {"CRITICAL": [{"numeric": [">", 0]}]},
    }
    (topic,) = prod.resources("AWS::SNS::Topic")
    assert [each["Arn"] for each in rule["Targets"]] == [{"Ref": topic}]


def test_where_no_image_is_built_there_is_no_repository(local: Synthesised) -> None:
    assert not local.resources(REPOSITORY)
    assert not [name for name in local.resources("AWS::Events::Rule") if "Image" in name]


def test_another_key_is_another_repository() -> None:
    assert repository_name(Stage(name="dev", customer_key=True)) != repository_name(Stage(name="dev"))
    assert repository_name(Stage(name="dev", scanner_image="mine")) is None
