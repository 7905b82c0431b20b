"""A deployed stage as an operator reaches it: AWS clients with the caller's credentials, and the stacks' outputs."""

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from infra.local.aws import DIRECT, root_session
from infra.local.emulator import DEFAULT_PORT

STACKS = ("VedetteStateful", "VedettePlatform")


class StackMissing(Exception):
    """The stage is not deployed in this account and region; the text says what to run."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """`endpoint_url` is None on AWS."""

    session: boto3.Session
    endpoint_url: str | None = None

    def client(self, service: Any) -> Any:
        if self.endpoint_url is None:
            return self.session.client(service)
        return self.session.client(service, endpoint_url=self.endpoint_url, config=DIRECT)


def account_of(stage: str) -> Account:
    """The caller's own account, or for the local stage the embedded AWS with its root key."""
    if stage == "local":
        return Account(session=root_session(), endpoint_url=f"http://127.0.0.1:{DEFAULT_PORT}")
    return Account(session=boto3.Session())


def read_outputs(account: Account, stage: str) -> dict[str, str]:
    """Output name to value, over both stacks. Raises StackMissing."""
    cloudformation = account.client("cloudformation")
    outputs: dict[str, str] = {}
    for name in STACKS:
        try:
            found = cloudformation.describe_stacks(StackName=f"{name}-{stage}")["Stacks"][0]
        except ClientError as error:
            mend = "vedette up" if stage == "local" else f"make deploy STAGE={stage}"
            raise StackMissing(f"stack {name}-{stage} is not deployed here: run `{mend}`") from error
        outputs |= {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    return outputs
