import json

from infra.queue import ATTEMPTS
from tests.infra.templates import Synthesised, listed


def test_an_inbox_tries_a_few_times_and_then_keeps_the_message(stage: Synthesised) -> None:
    queues = stage.resources("AWS::SQS::Queue")
    inboxes = {name: each for name, each in queues.items() if "RedrivePolicy" in each}
    assert len(inboxes) == 8
    assert len(queues) == 16
    for name, inbox in inboxes.items():
        assert inbox["RedrivePolicy"]["maxReceiveCount"] == ATTEMPTS, name
        (letters,) = (each for each in queues if each in json.dumps(inbox["RedrivePolicy"]))
        assert queues[letters]["MessageRetentionPeriod"] > inbox["MessageRetentionPeriod"]
    assert all(each["SqsManagedSseEnabled"] for each in queues.values())


def test_a_message_is_hidden_for_as_long_as_its_function_may_run(stage: Synthesised) -> None:
    functions = stage.resources("AWS::Lambda::Function")
    queues = stage.resources("AWS::SQS::Queue")
    sources = [each for name, each in stage.resources("AWS::Lambda::EventSourceMapping").items() if "Inbox" in name]
    assert len(sources) == 8
    for source in sources:
        function = functions[source["FunctionName"]["Ref"]]
        queue = queues[source["EventSourceArn"]["Fn::GetAtt"][0]]
        assert queue["VisibilityTimeout"] >= function["Timeout"]
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_scheduler_may_put_ticks_and_lost_ticks_into_queues_and_nothing_else(stage: Synthesised) -> None:
    assert stage.actions("SchedulingRoleDefaultPolicy") == {"sqs:SendMessage"}


def test_schedules_are_made_in_the_one_group_under_the_one_role(prod: Synthesised) -> None:
    for name, statement in prod.statements():
        if any(action.startswith("scheduler:") for action in listed(statement["Action"])):
            assert name.startswith("HttpApiRole")
            group = prod.one("AWS::Scheduler::ScheduleGroup")["Name"]
            assert f"schedule/{group}/*" in json.dumps(statement["Resource"])


def test_the_sweep_runs_every_two_minutes(stage: Synthesised) -> None:
    rule = stage.one("AWS::Events::Rule", "SweepRule")
    assert rule["ScheduleExpression"] == "rate(2 minutes)"
    assert rule["Targets"][0]["DeadLetterConfig"]
