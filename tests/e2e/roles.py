"""The deployed roles, one for each row of the table of permissions: what is taken from them, and what they are refused."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

from infra.grants import On
from infra.local.aws import DIRECT, root_session
from infra.permissions import PERMISSIONS
from tests.e2e.platform import Json
from tests.e2e.stage_hand import Operator


class Pair(NamedTuple):
    """One action that a row grants on one kind of resource."""

    row: str
    on: On
    action: str

    def __str__(self) -> str:
        return f"{self.row} {self.action} {self.on.name.lower()}"


def granted() -> frozenset[Pair]:
    """The table of permissions, pair by pair."""
    return frozenset(
        Pair(row, grant.on, action)
        for row, grants in PERMISSIONS.items()
        for grant in grants
        for action in grant.actions
    )


class Roles:
    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._iam = operator.aws("iam")
        self._clients: dict[tuple[str, str], Any] = {}
        self._names = [str(role["RoleName"]) for role in self._iam.list_roles(MaxItems=1000)["Roles"]]

    def name(self, row: str) -> str:
        """CloudFormation makes a name of the construct's path, cut to fit, and a hash; one row's name may end as another's."""
        longer = "".join(
            f"(?<!{other.removesuffix(row)})" for other in PERMISSIONS if other != row and other.endswith(row)
        )
        (found,) = (name for name in self._names if re.search(rf"{longer}{row}R(?:o|ol|ole)?[0-9A-F]{{3,}}", name))
        return found

    @contextmanager
    def without(self, pair: Pair) -> Iterator[None]:
        """The role as it is without this one action on this kind of resource; whole again afterwards, whatever happens."""
        role = self.name(pair.row)
        (policy,) = self._iam.list_role_policies(RoleName=role)["PolicyNames"]
        whole: Json = self._iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        reduced = _without(whole, pair.action, self._resources[pair.on])
        assert reduced != whole, f"the deployed role has no {pair.action} on {pair.on.name}"
        self._put(role, policy, reduced)
        try:
            yield
        finally:
            self._put(role, policy, whole)

    def client(self, row: str, service: str) -> Any:
        """A client that has the role's own credentials."""
        if (row, service) not in self._clients:
            self._clients[row, service] = self._client(row, service)
        return self._clients[row, service]

    def _client(self, row: str, service: str) -> Any:
        account = self._operator.aws("sts").get_caller_identity()["Account"]
        arn = f"arn:aws:iam::{account}:role/{self.name(row)}"
        given = self._operator.aws("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        client: Any = root_session().client  # the name of the service is known only at run time
        return client(
            service,
            endpoint_url=self._operator.platform.running.endpoints.endpoint_url,
            config=DIRECT,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    def _put(self, role: str, policy: str, document: Json) -> None:
        self._iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))

    @cached_property
    def _resources(self) -> Mapping[On, str]:
        """Patterns of the ARNs that each kind of resource has in the deployed policies."""
        outputs = self._operator.outputs
        table, live, bucket = (re.escape(outputs[name]) for name in ("TableName", "LiveTableName", "ResultsBucketName"))
        seals = re.escape(outputs["SealsBucketName"])
        return {
            On.SEALS: rf"{seals}/seals/\*$",
            On.SEALS_BUCKET: rf"{seals}$",
            On.ANYTHING: r"^\*$",
            On.TABLE: f"table/{table}$",
            On.GSI1: f"table/{table}/index/gsi1$",
            On.GSI2: f"table/{table}/index/gsi2$",
            On.LIVE_TABLE: f"table/{live}$",
            On.PLANS: rf"{bucket}/plans/\*$",
            On.RESULTS: rf"{bucket}/results/\*$",
            On.CHECKPOINTS: rf"{bucket}/checkpoints/\*$",
            On.EXPORTS: rf"{bucket}/exports/\*$",
            On.EXPORT_INBOX: "ExportInboxQueue",
            On.FAILED: rf"{bucket}/failed/\*$",
            On.BUCKET: rf"{bucket}$",
            On.STATE_MACHINE: ":stateMachine:",
            On.EXECUTIONS: ":execution:",
            On.SCHEDULES: ":schedule/",
            On.BUS: ":event-bus/",
            On.CONNECTIONS: ":execute-api:",
            On.FINISH_INBOX: "FinishInboxQueue",
            On.DELIVER_INBOX: "DeliverInboxQueue",
            On.REVIEW_INBOX: "ReviewInboxQueue",
            On.TOPICS: r":vedette-\*$",
            On.INVENTORY_ROLES: r":role/vedette-\*$",
        }


def _without(document: Json, action: str, resource: str) -> Json:
    statements = []
    for statement in document["Statement"]:
        actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
        spared = [each for each in resources if not re.search(resource, each)]
        if action not in actions or spared == resources:
            statements.append(statement)
            continue
        if others := [each for each in actions if each != action]:
            statements.append({**statement, "Action": others})
        if spared:
            statements.append({**statement, "Action": action, "Resource": spared})
    return {**document, "Statement": statements}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
