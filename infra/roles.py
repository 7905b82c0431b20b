"""Writes grants into roles, and how long every log group keeps what is logged."""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from infra.acknowledge import acknowledge
from infra.customer_key import uses
from infra.grants import PATTERNS, Grant, On
from infra.settings import Stage

Arns = Mapping[On, tuple[str, ...]]


def allow(holder: iam.Role | iam.Policy, grants: Iterable[Grant], arns: Arns) -> None:
    """As few statements as say it, in one policy; a target that is not in `arns` is an error.

    Where there is a customer's key, what the grants need of it comes with them.
    """
    few = compact(grants)
    for grant in few:
        resources = ("*",) if grant.on is On.ANYTHING else arns[grant.on]
        statement = iam.PolicyStatement(
            actions=list(grant.actions),
            resources=list(resources),
            conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(grant.keys)}} if grant.keys else None,
        )
        _add(holder, statement)
        for resource in resources:
            _acknowledge_pattern(holder, grant.on, resource)
    for key in arns.get(On.KEY, ()):
        for statement in uses(few, key):
            _add(holder, statement)


def _add(holder: iam.Role | iam.Policy, statement: iam.PolicyStatement) -> None:
    if isinstance(holder, iam.Policy):
        holder.add_statements(statement)
    else:
        holder.add_to_policy(statement)


def compact(grants: Iterable[Grant]) -> list[Grant]:
    """The same rights in fewer grants: IAM takes 10,240 characters of a role's own policies."""
    keys: dict[tuple[On, str, bool], set[str]] = {}
    for grant in grants:
        for action in grant.actions:
            keys.setdefault((grant.on, action, bool(grant.keys)), set()).update(grant.keys)
    actions: dict[tuple[On, tuple[str, ...]], list[str]] = {}
    for (on, action, _), families in keys.items():
        actions.setdefault((on, tuple(sorted(families))), []).append(action)
    return [Grant(on, tuple(sorted(named)), families) for (on, families), named in actions.items()]


def _acknowledge_pattern(holder: iam.Role | iam.Policy, on: On, resource: str) -> None:
    text = _flat(Stack.of(holder).resolve(resource))
    if "*" in text:
        acknowledge(holder, {f"AwsSolutions-IAM5[Resource::{text}]": PATTERNS[on]})


def _flat(value: Any) -> str:
    """A CloudFormation value as cdk-nag spells it in a finding."""
    match value:
        case {"Fn::Join": [delimiter, items]}:
            return str(delimiter).join(_flat(item) for item in items)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{resource}.{attribute}>"
        case {"Fn::ImportValue": name}:
            return _flat(name)
        case {"Ref": name}:
            return f"<{name}>"
        case _:
            return str(value)


def retention(stage: Stage) -> logs.RetentionDays:
    return {
        1: logs.RetentionDays.ONE_DAY,
        7: logs.RetentionDays.ONE_WEEK,
        30: logs.RetentionDays.ONE_MONTH,
        90: logs.RetentionDays.THREE_MONTHS,
        365: logs.RetentionDays.ONE_YEAR,
    }[stage.log_days]
