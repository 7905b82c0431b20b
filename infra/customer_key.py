"""The customer's own key for what is kept, and what each role needs of it to do what it is granted."""

from collections.abc import Iterable, Mapping

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.grants import Grant

_READ = ("kms:Decrypt",)
_WRITE = ("kms:GenerateDataKey",)
_BOTH = (*_READ, *_WRITE)
_OF_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "s3:GetObject": _READ,
    "s3:PutObject": _WRITE,
    # Only who writes in parts may give them up, and parts are put together by reading them.
    "s3:AbortMultipartUpload": _BOTH,
    "sqs:ReceiveMessage": _READ,
    "sqs:SendMessage": _BOTH,
}
_OF_TABLES = _READ
"""Whatever is done to an item or a stream, the service opens the table's own key for it and no more."""
_SERVICES = ("dynamodb", "ecr", "s3", "sqs")
_NAMES = "VedettePlatform-*"
"""CloudFormation names what is in a stack after the stack; the key is the older of the two."""


class CustomerKey(Construct):
    """Used by roles of this account through the services that keep our data, by nobody directly."""

    def __init__(self, scope: Construct, construct_id: str, *, removal: RemovalPolicy) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description="What Vedette keeps: tables, results, seals, queues, alarms, logs and the scanner's image.",
            enable_key_rotation=True,
            removal_policy=removal,
            policy=iam.PolicyDocument(statements=[*_by_the_account(), *_by_services()]),
        )

    @property
    def arn(self) -> str:
        return self.key.key_arn

    def keep(self, stack: Stack) -> None:
        """The queues, topics and log groups of `stack` are kept under this key.

        By their properties: told of the key, the constructs let whole services use it and drop the queues' conditions.
        """
        for each in stack.node.find_all():
            if isinstance(each, sqs.CfnQueue):
                each.kms_master_key_id = self.arn
                each.sqs_managed_sse_enabled = None
            elif isinstance(each, sns.CfnTopic):
                each.kms_master_key_id = self.arn
            elif isinstance(each, logs.CfnLogGroup):
                each.kms_key_id = self.arn


def uses(grants: Iterable[Grant], key: str) -> list[iam.PolicyStatement]:
    """What a role with `grants` needs of the key with this ARN, through the services that the grants are of."""
    services: dict[str, set[str]] = {}
    for grant in grants:
        for action in grant.actions:
            service = action.partition(":")[0]
            needed = _OF_TABLES if service == "dynamodb" else _OF_ACTIONS.get(action, ())
            for each in needed:
                services.setdefault(each, set()).add(service)
    return [
        iam.PolicyStatement(actions=[action], resources=[key], conditions=_through(*through))
        for action, through in sorted(services.items())
    ]


def _through(*services: str) -> dict[str, dict[str, list[str]]]:
    return {"StringEquals": {"kms:ViaService": [f"{each}.{Aws.REGION}.amazonaws.com" for each in sorted(services)]}}


def _by_the_account() -> Iterable[iam.PolicyStatement]:
    """Each still needs the right from a policy of its own role; that nobody is named here keeps the key manageable."""
    account = [iam.AccountRootPrincipal()]
    yield iam.PolicyStatement(
        sid="Administration",
        principals=account,
        actions=[
            *("kms:CancelKeyDeletion", "kms:DescribeKey", "kms:DisableKey", "kms:DisableKeyRotation", "kms:EnableKey"),
            *("kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListGrants"),
            *("kms:ListKeyPolicies", "kms:ListKeyRotations", "kms:ListResourceTags", "kms:PutKeyPolicy"),
            *("kms:RetireGrant", "kms:RevokeGrant", "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion"),
            *("kms:TagResource", "kms:UntagResource", "kms:UpdateKeyDescription"),
        ],
        resources=["*"],
    )
    yield iam.PolicyStatement(
        sid="UseThroughServices",
        principals=account,
        actions=[
            *("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),
            *("kms:ReEncryptFrom", "kms:ReEncryptTo"),
        ],
        resources=["*"],
        conditions=_through(*_SERVICES),
    )
    yield iam.PolicyStatement(
        sid="GrantsToServices",
        principals=account,
        actions=["kms:CreateGrant"],
        resources=["*"],
        # A table and a repository work on by themselves when whoever made them has gone.
        conditions={**_through("dynamodb", "ecr"), "Bool": {"kms:GrantIsForAWSResource": "true"}},
    )


def _by_services() -> Iterable[iam.PolicyStatement]:
    """Held to our resources by what each service says that it encrypts: EventBridge's requests carry no source."""

    def of_ours(context: str, service: str, prefix: str = "") -> dict[str, dict[str, str]]:
        arn = f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{prefix}{_NAMES}"
        return {"ArnLike": {f"kms:EncryptionContext:{context}": arn}}

    yield iam.PolicyStatement(
        sid="Logs",
        principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
        actions=[
            *("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),
            *("kms:ReEncryptFrom", "kms:ReEncryptTo"),
        ],
        resources=["*"],
        conditions=of_ours("aws:logs:arn", "logs", "log-group:"),
    )
    yield iam.PolicyStatement(
        sid="EventsToQueues",
        principals=[iam.ServicePrincipal("events.amazonaws.com")],
        actions=list(_BOTH),
        resources=["*"],
        conditions=of_ours("aws:sqs:arn", "sqs"),
    )
    yield iam.PolicyStatement(
        sid="EventsAndAlarmsToTopics",
        principals=[iam.ServicePrincipal("events.amazonaws.com"), iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=list(_BOTH),
        resources=["*"],
        conditions=of_ours("aws:sns:topicArn", "sns"),
    )
