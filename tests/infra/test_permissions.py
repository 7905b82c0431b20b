import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from infra.grants import Grant, On
from infra.permissions import PERMISSIONS
from infra.roles import compact
from tests.infra.templates import Synthesised, listed
from tests.infra.test_function import MODELS

# What the service has no resource for, and what CDK adds for a state machine's logs and for a private image.
WITHOUT_RESOURCE = {
    "dynamodb:ListStreams",
    "ec2:DescribeNetworkInterfaces",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
    "ecr:GetAuthorizationToken",
}


def test_no_action_is_a_pattern(stage: Synthesised) -> None:
    for name, statement in stage.statements():
        assert not [action for action in listed(statement["Action"]) if "*" in action], name


def test_only_actions_without_a_resource_are_allowed_on_everything(stage: Synthesised) -> None:
    for name, statement in stage.statements():
        if "*" in listed(statement["Resource"]):
            assert set(listed(statement["Action"])) <= WITHOUT_RESOURCE, name


def test_no_role_has_a_managed_policy(stage: Synthesised) -> None:
    assert not [name for name, role in stage.resources("AWS::IAM::Role").items() if role.get("ManagedPolicyArns")]


def test_every_item_access_is_held_to_key_families(stage: Synthesised) -> None:
    items = {f"dynamodb:{verb}Item" for verb in ("Get", "Put", "Update", "Delete", "BatchGet", "ConditionCheck")}
    for name, statement in stage.statements():
        if items.intersection(listed(statement["Action"])):
            keys = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            assert keys, name
            assert "*" not in keys, name


def test_no_role_may_read_a_table_whole(stage: Synthesised) -> None:
    assert "dynamodb:Scan" not in {action for _, each in stage.statements() for action in listed(each["Action"])}


def test_the_task_touches_the_ledger_halts_live_events_plans_results_and_checkpoints_only() -> None:
    assert {(grant.on, action, grant.keys) for grant in PERMISSIONS["Scanner"] for action in grant.actions} == {
        (On.TABLE, "dynamodb:GetItem", ("CHK#*",)),
        (On.TABLE, "dynamodb:UpdateItem", ("CHK#*",)),
        (On.TABLE, "dynamodb:BatchGetItem", ("CHK#*", "HLT#*")),
        (On.LIVE_TABLE, "dynamodb:PutItem", ("EVT#*",)),
        (On.PLANS, "s3:GetObject", ()),
        (On.RESULTS, "s3:PutObject", ()),
        (On.CHECKPOINTS, "s3:GetObject", ()),
        (On.CHECKPOINTS, "s3:PutObject", ()),
    }


def test_the_task_role_is_its_row_of_the_table(stage: Synthesised) -> None:
    granted = {action for grant in PERMISSIONS["Scanner"] for action in grant.actions}
    assert stage.actions("ScannerRoleDefaultPolicy") == granted


@pytest.mark.parametrize(
    "row", sorted(set(PERMISSIONS) - {"StateMachine", "StateMachineItself", "Scheduler", "TaskExecution"})
)
def test_no_row_names_an_action_twice_for_the_same_keys(row: str) -> None:
    seen = [
        (grant.on, action, key) for grant in PERMISSIONS[row] for action in grant.actions for key in grant.keys or ("",)
    ]
    assert len(seen) == len(set(seen))


def test_the_workflow_runs_tasks_invokes_functions_and_itself_and_no_more(stage: Synthesised) -> None:
    own = {
        action for row in ("StateMachine", "StateMachineItself") for each in PERMISSIONS[row] for action in each.actions
    }
    given = stage.actions("ScanWorkflowRoleDefaultPolicy") | stage.actions("ScanWorkflowRunChildren")
    assert given - WITHOUT_RESOURCE == own


def test_the_workflow_invokes_its_six_functions(stage: Synthesised) -> None:
    (invoke,) = (
        each
        for name, each in stage.statements()
        if name.startswith("ScanWorkflowRole") and "lambda:InvokeFunction" in listed(each["Action"])
    )
    assert len(invoke["Resource"]) == 6
    assert "*" not in json.dumps(invoke["Resource"])


def test_only_the_two_task_roles_can_be_passed_by_the_workflow(stage: Synthesised) -> None:
    (passing,) = (
        each
        for name, each in stage.statements()
        if name.startswith("ScanWorkflow") and "iam:PassRole" in listed(each["Action"])
    )
    assert len(listed(passing["Resource"])) == 2


def test_each_function_has_its_own_role(stage: Synthesised) -> None:
    roles = [json.dumps(each["Role"]) for each in stage.resources("AWS::Lambda::Function").values()]
    assert len(roles) == len(set(roles)) == len(MODELS)


def test_no_role_changes_or_deletes_what_the_audit_log_says(stage: Synthesised) -> None:
    adding = {"dynamodb:PutItem", "dynamodb:Query"}
    for name, statement in stage.statements():
        if any(key.startswith("AUD") for key in families(statement)):
            assert set(listed(statement["Action"])) <= adding, name


def test_nobody_deletes_a_seal_or_makes_one_but_the_sealer(stage: Synthesised) -> None:
    for name, statement in stage.statements():
        if "Seals" in json.dumps(statement["Resource"]):
            written = set(listed(statement["Action"])) - {"s3:GetObject", "s3:ListBucket"}
            assert written <= ({"s3:PutObject"} if "AuditingSeal" in name else set()), name


def families(statement: Mapping[str, Any]) -> list[str]:
    keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
    return list(listed(keys))


def _rights(grants: Iterable[Grant]) -> set[tuple[On, str, str]]:
    return {(grant.on, action, key) for grant in grants for action in grant.actions for key in grant.keys or ("",)}


@pytest.mark.parametrize("row", sorted(PERMISSIONS))
def test_fewer_statements_say_the_same(row: str) -> None:
    assert _rights(compact(PERMISSIONS[row])) == _rights(PERMISSIONS[row])


def test_no_role_has_more_than_iam_takes(prod: Synthesised) -> None:
    """Nothing overflows into a managed policy; a reference stands for the ARN that it will be."""
    assert not prod.resources("AWS::IAM::ManagedPolicy")
    assert {role: size for role, size in sizes_of_roles(prod).items() if size > 10_000} == {}


def sizes_of_roles(stage: Synthesised) -> dict[str, int]:
    """Characters of each role's own policies."""
    sizes: dict[str, int] = {}
    for policy in stage.resources("AWS::IAM::Policy").values():
        text = json.dumps(_resolved(policy["PolicyDocument"]), separators=(",", ":"))
        for role in policy["Roles"]:
            sizes[role["Ref"]] = sizes.get(role["Ref"], 0) + len(text)
    return sizes


def _resolved(value: object) -> object:
    match value:
        case {"Fn::GetAtt": _} | {"Fn::ImportValue": _} | {"Ref": _} | {"Fn::Sub": _}:
            return "x" * 100
        case {"Fn::Join": [_, list(parts)]}:
            return "x" * (60 + sum(len(part) for part in parts if isinstance(part, str)))
        case dict():
            return {name: _resolved(each) for name, each in value.items()}
        case list():
            return [_resolved(each) for each in value]
        case _:
            return value
