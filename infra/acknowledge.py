"""A finding of a check that stands on its own construct, with the constraint that makes it right."""

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """`reasons`: the finding's whole id, e.g. `AwsSolutions-IAM5[Resource::*]`, to the reason."""
    cdk.Validations.of(construct).acknowledge(
        *(cdk.Acknowledgment(id=finding, reason=reason) for finding, reason in reasons.items())
    )
