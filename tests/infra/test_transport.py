"""Every way to what we keep is over TLS: the resource refuses plain HTTP, and so does each role of ours."""

from typing import Any

from tests.infra.templates import Synthesised

PLAIN = {"Bool": {"aws:SecureTransport": "false"}}
POLICIES = {
    "AWS::S3::Bucket": "AWS::S3::BucketPolicy",
    "AWS::SQS::Queue": "AWS::SQS::QueuePolicy",
    "AWS::SNS::Topic": "AWS::SNS::TopicPolicy",
}


def refuses_plain_http(policy: dict[str, Any]) -> bool:
    return any(
        each["Effect"] == "Deny" and each["Condition"] == PLAIN and each["Principal"] in ("*", {"AWS": "*"})
        for each in policy["PolicyDocument"]["Statement"]
    )


def test_buckets_queues_and_topics_refuse_plain_http(prod: Synthesised) -> None:
    for kind, of in POLICIES.items():
        policies = prod.resources(of)
        assert len(policies) == len(prod.resources(kind)) > 0, kind
        for name, policy in policies.items():
            assert refuses_plain_http(policy), name


def test_tables_refuse_plain_http(prod: Synthesised) -> None:
    for name, table in prod.resources("AWS::DynamoDB::Table").items():
        assert refuses_plain_http(table["ResourcePolicy"]), name


def test_every_function_and_the_task_speak_tls_alone_whatever_they_call(prod: Synthesised) -> None:
    refusing = {
        role["Ref"]
        for policy in prod.resources("AWS::IAM::Policy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Action"] == statement["Resource"] == "*"
        if statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
        for role in policy["Roles"]
    }
    worn = {each["Role"]["Fn::GetAtt"][0] for each in prod.resources("AWS::Lambda::Function").values()}
    worn.add(prod.one("AWS::ECS::TaskDefinition")["TaskRoleArn"]["Fn::GetAtt"][0])
    assert worn <= refusing


def test_the_local_stage_alone_may_speak_plain_http(local: Synthesised) -> None:
    assert not list(local.statements("Deny"))
