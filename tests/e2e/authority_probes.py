"""A role of an account that lets its inventory be read, as its owner would grant it; and what needs it."""

import json
from datetime import timedelta

from functions.core.authority import Authority, AuthorityKind, AuthorityStatus
from functions.core.ids import new_id
from functions.store.authorities import Authorities
from tests.e2e.platform import Json, Platform
from tests.e2e.stage_hand import StageHand

REGION = "us-east-1"
_READS = (
    "ec2:DescribeAddresses",
    "ec2:DescribeNetworkInterfaces",
    "elasticloadbalancing:DescribeLoadBalancers",
)


def inventory_role(platform: Platform, *, external_id: str) -> str:
    """Its ARN; it asks for this external id."""
    iam, name = platform.aws("iam"), f"vedette-{external_id[-20:]}"
    account = platform.aws("sts").get_caller_identity()["Account"]
    asked: Json = {"StringEquals": {"sts:ExternalId": external_id}}
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    trust = _policy({"Principal": principal, "Action": "sts:AssumeRole", "Condition": asked})
    arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])
    reading = _policy({"Action": list(_READS), "Resource": "*"})
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=reading)
    return arn


def _policy(statement: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def account_to_read(hand: StageHand) -> Authority:
    """An authority whose evidence was not seen yet."""
    now = hand.now
    identifier = new_id(now)
    external_id = f"vedette-{identifier}"
    made = Authority(
        id=identifier,
        project=hand.project,
        kind=AuthorityKind.AWS,
        role=inventory_role(hand.operator.platform, external_id=external_id),
        regions=(REGION,),
        authorized_by="the account's owner",
        starts=now,
        until=now + timedelta(days=1),
        status=AuthorityStatus.PENDING,
        external_id=external_id,
        recorded_by="test",
        created=now,
    )
    Authorities(hand.table).create(made)
    return made
