"""A key of the customer's own: everything that keeps is under it, and who may use it for what. Absent unless asked for."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.app import build
from infra.grants import Grant, On
from infra.permissions import PERMISSIONS
from infra.settings import STAGES
from tests.infra.templates import Synthesised, listed
from tests.infra.test_permissions import sizes_of_roles
from tests.infra.test_transport import POLICIES, refuses_plain_http

KEY = "AWS::KMS::Key"
USING = {"kms:Decrypt", "kms:GenerateDataKey"}


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """With endpoints too, so that the rules that stop a synthesis are held for both."""
    directory = tmp_path_factory.mktemp("keyed")
    app = cdk.App(analytics_reporting=False, outdir=str(directory))
    build(replace(STAGES["prod"], name="keyed", customer_key=True, vpc_endpoints=True), app=app)
    app.synth()
    return Synthesised.read(Path(directory), "keyed")


def _under_the_key(value: object) -> bool:
    return "CustomerKey" in json.dumps(value)


def _policy(keyed: Synthesised) -> dict[str, dict[str, Any]]:
    return {each["Sid"]: each for each in keyed.one(KEY)["KeyPolicy"]["Statement"]}


def _uses(keyed: Synthesised) -> Iterator[tuple[str, dict[str, Any]]]:
    """Statements of roles about the key, with the policy's logical id."""
    for name, statement in keyed.statements():
        if any(action.startswith("kms:") for action in listed(statement["Action"])):
            yield name, statement


def _services(statement: dict[str, Any]) -> set[str]:
    through = statement["Condition"]["StringEquals"]["kms:ViaService"]
    return {json.dumps(each).split('"')[5].split(".")[0] for each in through}


def test_no_stage_has_a_key_unless_it_asks_for_one(stage: Synthesised) -> None:
    assert not stage.resources(KEY)
    assert "kms:" not in json.dumps([stage.stateful["Resources"], stage.platform["Resources"]])
    assert not [name for name, each in STAGES.items() if each.customer_key]


def test_the_embedded_aws_is_not_asked_for_a_key() -> None:
    with pytest.raises(ValueError, match="embedded"):
        replace(STAGES["local"], customer_key=True)


def test_the_key_rotates_and_outlives_the_stack_as_the_data_does(keyed: Synthesised) -> None:
    (key,) = (each for each in keyed.stateful["Resources"].values() if each["Type"] == KEY)
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["DeletionPolicy"] == "Retain"


def test_tables_results_and_seals_are_under_the_key(keyed: Synthesised) -> None:
    for table in keyed.resources("AWS::DynamoDB::Table").values():
        assert table["SSESpecification"]["SSEType"] == "KMS"
        assert _under_the_key(table["SSESpecification"]["KMSMasterKeyId"])
    buckets = keyed.resources("AWS::S3::Bucket")
    for name, bucket in buckets.items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        # S3 itself writes access logs, and can do so under its own key alone.
        assert _under_the_key(rule) is not name.startswith("AccessLogs"), name
        assert rule.get("BucketKeyEnabled", False) is not name.startswith("AccessLogs"), name
    assert len(buckets) == 3


def test_every_queue_topic_and_log_group_is_under_the_key(keyed: Synthesised) -> None:
    for kind, field in (
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
    ):
        kept = keyed.resources(kind)
        assert kept
        assert not [name for name, each in kept.items() if not _under_the_key(each.get(field))]
    assert not any("SqsManagedSseEnabled" in each for each in keyed.resources("AWS::SQS::Queue").values())


def test_the_image_is_under_the_key_and_still_scanned(keyed: Synthesised) -> None:
    repository = keyed.one("AWS::ECR::Repository")
    assert repository["EncryptionConfiguration"]["EncryptionType"] == "KMS"
    assert _under_the_key(repository["EncryptionConfiguration"]["KmsKey"])
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}


def test_policies_still_refuse_plain_http_and_name_the_one_rule_that_may_send(keyed: Synthesised) -> None:
    for kind, of in POLICIES.items():
        policies = keyed.resources(of)
        assert len(policies) == len(keyed.resources(kind))
        assert all(refuses_plain_http(policy) for policy in policies.values())
    assert all(refuses_plain_http(each["ResourcePolicy"]) for each in _policied(keyed))
    for name, policy in keyed.resources("AWS::SQS::QueuePolicy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert "aws:SourceArn" in json.dumps(statement["Condition"]), name


def _policied(keyed: Synthesised) -> list[dict[str, Any]]:
    return [{"ResourcePolicy": each["ResourcePolicy"]} for each in keyed.resources("AWS::DynamoDB::Table").values()]


def test_nobody_uses_the_key_but_through_the_services_that_keep_data(keyed: Synthesised) -> None:
    policy = _policy(keyed)
    assert set(policy) == {
        *("Administration", "UseThroughServices", "GrantsToServices"),
        *("Logs", "EventsToQueues", "EventsAndAlarmsToTopics"),
    }
    actions = {sid: set(listed(each["Action"])) for sid, each in policy.items()}
    assert not [action for named in actions.values() for action in named if "*" in action]
    cryptographic = {*USING, "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:CreateGrant"}
    assert not actions["Administration"] & cryptographic
    assert _services(policy["UseThroughServices"]) == {"dynamodb", "ecr", "s3", "sqs"}
    assert policy["GrantsToServices"]["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_services_use_the_key_for_what_is_of_this_app_alone(keyed: Synthesised) -> None:
    policy = _policy(keyed)
    for sid, context, resource in (
        ("Logs", "aws:logs:arn", ":log-group:VedettePlatform-*"),
        ("EventsToQueues", "aws:sqs:arn", ":VedettePlatform-*"),
        ("EventsAndAlarmsToTopics", "aws:sns:topicArn", ":VedettePlatform-*"),
    ):
        ((name, arn),) = policy[sid]["Condition"]["ArnLike"].items()
        assert name == f"kms:EncryptionContext:{context}"
        assert arn["Fn::Join"][1][-1].endswith(resource)
    assert policy["EventsAndAlarmsToTopics"]["Principal"] == {
        "Service": ["events.amazonaws.com", "cloudwatch.amazonaws.com"]
    }


def test_a_role_has_of_the_key_what_its_grants_need_and_no_more(keyed: Synthesised) -> None:
    for name, statement in _uses(keyed):
        assert set(listed(statement["Action"])) <= USING, name
        assert _under_the_key(statement["Resource"]), name
        assert _services(statement), name


@pytest.mark.parametrize(
    ("policy", "row", "needed"),
    [
        ("ScannerRoleDefaultPolicy", "Scanner", {"kms:Decrypt": {"dynamodb", "s3"}, "kms:GenerateDataKey": {"s3"}}),
        ("SchedulingRoleDefaultPolicy", "Scheduler", {"kms:Decrypt": {"sqs"}, "kms:GenerateDataKey": {"sqs"}}),
        ("ScanWorkflowRoleDefaultPolicy", "StateMachine", {"kms:Decrypt": {"s3"}}),
        ("WebsocketAuthorizerRole", "WebsocketAuthorizer", {"kms:Decrypt": {"dynamodb"}}),
        ("ExportingExportRole", "Export", {"kms:Decrypt": {"dynamodb", "s3", "sqs"}, "kms:GenerateDataKey": {"s3"}}),
        ("AuditingSealRole", "Seal", {"kms:Decrypt": {"dynamodb", "s3", "sqs"}, "kms:GenerateDataKey": {"s3"}}),
    ],
)
def test_what_some_roles_need(keyed: Synthesised, policy: str, row: str, needed: dict[str, set[str]]) -> None:
    assert PERMISSIONS[row]
    given = {statement["Action"]: _services(statement) for name, statement in _uses(keyed) if name.startswith(policy)}
    assert given == needed


def test_who_reads_or_writes_what_is_kept_may_use_the_key(keyed: Synthesised) -> None:
    """By the templates alone: a role with a right on a table, object or queue, and no right on the key, would fail."""
    using = {name for name, _ in _uses(keyed)}
    kept = ("dynamodb:", "s3:GetObject", "s3:PutObject", "sqs:ReceiveMessage", "sqs:SendMessage")
    touching = {
        name
        for name, statement in keyed.statements()
        if any(action.startswith(kept) and action != "dynamodb:ListStreams" for action in listed(statement["Action"]))
    }
    assert touching == using


def test_nobody_is_granted_the_key_by_name() -> None:
    assert not [row for row, grants in PERMISSIONS.items() if Grant(On.KEY, ()) in grants or _kms(grants)]


def _kms(grants: tuple[Grant, ...]) -> list[str]:
    return [action for grant in grants for action in grant.actions if action.startswith("kms:")]


def test_no_role_outgrows_what_iam_takes(keyed: Synthesised) -> None:
    assert {role: size for role, size in sizes_of_roles(keyed).items() if size > 10_000} == {}
