"""The repository of the scanner's image: what is pushed into it is scanned for known vulnerabilities."""

from aws_cdk import Fn, RemovalPolicy, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.settings import Stage

KEPT = 10
"""Images: a task pulls the one of its task definition, of which the newest few are in use."""
_PUSHING = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)


def repository_name(stage: Stage) -> str | None:
    """Known before there is one, since images are published by name; None where nothing is built.

    Under another key it is another repository: a key is chosen when a repository is made, and never after.
    """
    if stage.scanner_image:
        return None
    return f"vedette-scanner-{stage.name}{'-keyed' if stage.customer_key else ''}"


class Images(Construct):
    """In the place of the bootstrap's repository for all apps, which is not ours to set."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, key: kms.Key | None) -> None:
        super().__init__(scope, construct_id)
        self.repository = ecr.Repository(
            self,
            "Scanner",
            repository_name=name,
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            encryption=ecr.RepositoryEncryption.KMS if key else ecr.RepositoryEncryption.AES_256,
            encryption_key=key,
            lifecycle_rules=[ecr.LifecycleRule(max_image_count=KEPT)],
            # Whatever was in it is built again from the sources.
            removal_policy=RemovalPolicy.DESTROY,
            empty_on_delete=True,
        )
        # The bootstrap's role for images may push into the bootstrap's repository alone.
        self.repository.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Publish", principals=[iam.ArnPrincipal(_publishing_role(Stack.of(self)))], actions=list(_PUSHING)
            )
        )


def _publishing_role(stack: Stack) -> str:
    qualifier = stack.synthesizer.bootstrap_qualifier
    return Fn.sub(
        f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/cdk-{qualifier}-image-publishing-role-"
        "${AWS::AccountId}-${AWS::Region}"
    )
