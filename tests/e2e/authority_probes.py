"""A role of an account that lets its inventory be read, as its owner would grant it; and what needs it."""

import json
from datetime import timedelta

from functions.core.authority import Authority, AuthorityKind, AuthorityStatus, LeanedOn
from functions.core.ids import new_id
from functions.core.scan import Scan
from functions.store.authorities import Authorities
from tests.e2e.outcome import Outcome
from tests.e2e.platform import Json, Platform
from tests.e2e.stage_hand import StageHand

REGION = "us-east-1"
_READS = (
    "ec2:DescribeAddresses",
    "ec2:DescribeNetworkInterfaces",
    "elasticloadbalancing:DescribeLoadBalancers",
)


def inventory_role(platform: Platform, *, external_id: str, name: str = "") -> str:
    """Its ARN; it asks for this external id."""
    iam, name = platform.aws("iam"), name or f"vedette-{external_id[-20:]}"
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


def account_to_read(hand: StageHand, *, held: str = "") -> Authority:
    """An authority whose evidence was not looked at for an hour, or never, where the account `held` nothing then."""
    now, external_id = hand.now, f"vedette-{hand.project}"
    before = now - timedelta(hours=1)
    made = Authority(
        id=new_id(now),
        project=hand.project,
        kind=AuthorityKind.AWS,
        role=inventory_role(hand.operator.platform, external_id=external_id),
        regions=(REGION,),
        authorized_by="the account's owner",
        starts=before,
        until=now + timedelta(days=1),
        status=AuthorityStatus.ACTIVE if held else AuthorityStatus.PENDING,
        external_id=external_id,
        addresses=(held,) if held else (),
        proved=before if held else None,
        looked=before if held else None,
        recorded_by="test",
        created=before,
    )
    Authorities(hand.table).create(made)
    return made


def proved(hand: StageHand, authority: Authority) -> Outcome:
    """Whether its evidence was looked at and found."""
    found = Authorities(hand.table).get(authority.project, authority.id)
    looked = found.looked is not None and found.looked != authority.looked
    return Outcome(done=looked and found.status is AuthorityStatus.ACTIVE, log=found.why)


def leaning(hand: StageHand, scan: Scan, authority: Authority) -> Scan:
    leaned = (LeanedOn(id=authority.id, until=authority.until),)
    return hand.stores.scans.update(scan, snapshot=scan.snapshot.model_copy(update={"authorities": leaned}))
