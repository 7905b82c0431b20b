"""Which roles of other accounts may be assumed, to read what they show to the world."""

from aws_cdk import Stack
from constructs import Construct

ROLE_NAMES = "vedette-*"


def inventory_roles(scope: Construct) -> str:
    """Each of them must trust this account and ask for the external id of its authority."""
    return Stack.of(scope).format_arn(service="iam", region="", account="*", resource="role", resource_name=ROLE_NAMES)
