"""The smallest call that needs each action of each role, as far as the embedded AWS checks it."""

import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from botocore.exceptions import ClientError

from functions.adapters.results import Results
from functions.core.chunk import Chunk
from functions.core.errors import NotFound
from functions.core.exposure import ChangeKind, ExposureState
from functions.core.halt import Halt
from functions.core.scan import Scan, ScanStatus
from functions.core.stop import Stop
from functions.core.trends import alert_counts
from functions.store import keys
from functions.store.counters import Counters
from functions.store.ledger import Ledger
from functions.store.live import Live
from functions.store.table import Table
from functions.usecases.sweep import GIVE_UP_AFTER, START_AFTER, STOP_AFTER
from infra.grants import On
from tests.e2e import api_probes, audit_probes, authority_probes, delivery_probes, export_probes, review_probes
from tests.e2e.outcome import Outcome, Probe
from tests.e2e.platform import Json, eventually
from tests.e2e.roles import Pair, Roles
from tests.e2e.stage_hand import FAR_AWAY, StageHand, message, record
from tests.store.examples import alert

A_MINUTE = timedelta(minutes=1)
OUTSIDE = "203.0.113.77"


def _run(scan: Scan, chunk: Chunk | None = None) -> Json:
    of_chunk = {"chunk": chunk.chunk} if chunk else {}
    return {"project": scan.project, "scan": scan.id, "run": scan.run, **of_chunk}


def _plan(hand: StageHand, _roles: Roles) -> Outcome:
    return Outcome.of(hand.invoke("PlanChunks", _run(hand.scan())))


def _plan_without_network(hand: StageHand, _roles: Roles) -> Outcome:
    network = hand.network()
    scan = hand.scan(network)
    hand.stores.networks.delete(network.project, network.id, expected=1)
    return Outcome.of(hand.invoke("PlanChunks", _run(scan)))


def _admit(hand: StageHand, _roles: Roles) -> Outcome:
    scan = hand.scan(running=True)
    said = hand.invoke("AdmitChunk", _run(scan, hand.waiting_chunk(scan)))
    return Outcome.of(said, done=said.said.get("decision") == "go")


def _plan_by_account(hand: StageHand, _roles: Roles) -> Outcome:
    """The account holds nothing that is asked for: what comes of the scan is that it fails."""
    hand.stores.forbid()
    account = authority_probes.account_to_read(hand, held=OUTSIDE)
    scan = authority_probes.leaning(hand, hand.scan(hand.network(targets=(OUTSIDE,))), account)
    hand.invoke("PlanChunks", _run(scan))
    return authority_probes.proved(hand, account)


def _admit_by_account(hand: StageHand, _roles: Roles) -> Outcome:
    account = authority_probes.account_to_read(hand, held=OUTSIDE)
    scan = authority_probes.leaning(hand, hand.scan(running=True), account)
    hand.invoke("AdmitChunk", _run(scan, hand.waiting_chunk(scan)))
    return authority_probes.proved(hand, account)


def _judge(hand: StageHand, _roles: Roles) -> Outcome:
    scan = hand.scan(running=True)
    return Outcome.of(hand.invoke("JudgeAttempt", _run(scan, hand.claimed_chunk(scan))))


def _ingest(hand: StageHand, _roles: Roles) -> Outcome:
    scan = hand.scan(running=True)
    return Outcome.of(hand.invoke("IngestChunk", _run(scan, hand.saved_chunk(scan))))


def _give_up(hand: StageHand, _roles: Roles) -> Outcome:
    scan = hand.scan(running=True)
    return Outcome.of(hand.invoke("RecordFailure", _run(scan, hand.waiting_chunk(scan))))


def _finish(hand: StageHand, _roles: Roles) -> Outcome:
    scan = hand.scan(running=True)
    hand.saved_chunk(scan)
    said = hand.invoke("FinishScan", _run(scan))
    return Outcome.of(said, done=said.said.get("status") == "completed")


def _tick(hand: StageHand, _roles: Roles) -> Outcome:
    """A tick whose schedule is off is recorded, and that is all."""
    network = hand.network()
    body = {"project": network.project, "network": network.id, "scheduled_time": hand.now.isoformat()}
    said = hand.invoke("Tick", message(body))
    return Outcome.of(said, done=not said.said["batchItemFailures"])


def _tick_that_starts(hand: StageHand, _roles: Roles) -> Outcome:
    network = hand.network(schedule=FAR_AWAY)
    body = {"project": network.project, "network": network.id, "scheduled_time": hand.now.isoformat()}
    said = hand.invoke("Tick", message(body))
    # Without its network the workflow has nothing to do but to end the scan.
    hand.stores.networks.delete(network.project, network.id, expected=1)
    return Outcome.of(said, done=not said.said["batchItemFailures"])


def _swept(prepare: Callable[[StageHand], Scan], mended: Callable[[StageHand, Scan], bool]) -> Probe:
    def probe(hand: StageHand, _roles: Roles) -> Outcome:
        scan = prepare(hand)
        said = hand.invoke("Sweep", message({}))
        return Outcome.of(said, done=not said.said["batchItemFailures"] and mended(hand, scan))

    return probe


def _abandoned(hand: StageHand) -> Scan:
    """Recorded a while ago and never started; its network is gone, so that its workflow ends it at once."""
    network = hand.network()
    scan = hand.scan(network, age=START_AFTER + A_MINUTE)
    hand.stores.networks.delete(network.project, network.id, expected=1)
    return scan


def _halted(hand: StageHand) -> Scan:
    """A scan at work whose project is halted, and that nobody has asked to stop."""
    hand.stores.halts.set(Halt(scope=hand.project, by="a test", why="to see who is asked", at=hand.now))
    return hand.scan(running=True)


def _is_asked_to_stop(hand: StageHand, scan: Scan) -> bool:
    return hand.stores.reread(scan).stop == Stop.HALT


def _given_up(hand: StageHand) -> Scan:
    return hand.scan(age=GIVE_UP_AFTER + A_MINUTE)


def _has_begun(hand: StageHand, scan: Scan) -> bool:
    return hand.execution(scan) != ""


def _ends(hand: StageHand, scan: Scan) -> bool:
    def failed() -> bool:
        return hand.stores.reread(scan).status is ScanStatus.FAILED

    return eventually(failed, seconds=120, what="the scan was handed to finish")


def _stop(hand: StageHand, roles: Roles) -> Outcome:
    """A workflow that was asked to cancel long ago and still tries to plan."""
    # Its first call starts the function, which may take longer than the workflow tries to plan.
    hand.invoke("Sweep", message({}))
    scan = hand.scan(age=STOP_AFTER + A_MINUTE)
    hand.stores.scans.request_stop(scan, Stop.CANCEL, now=hand.now - STOP_AFTER - A_MINUTE)
    with roles.without(Pair("PlanChunks", On.TABLE, "dynamodb:GetItem")):
        hand.operator.aws("stepfunctions").start_execution(
            stateMachineArn=hand.operator.outputs["StateMachineArn"],
            name=f"{scan.id}-{scan.run}",
            input=f'{{"project": "{scan.project}", "scan": "{scan.id}", "run": {scan.run}}}',
        )
        said = hand.invoke("Sweep", message({}))
        stopped = hand.execution(scan) == "ABORTED"
    return Outcome.of(said, done=stopped)


def _evaluate(hand: StageHand, _roles: Roles) -> Outcome:
    exposure = hand.opened(hand.network())
    pk = keys.exposures(exposure.project, exposure.network, keys.bucket_of(exposure.asset))
    return _streamed(hand, "Evaluate", record(exposure, pk, keys.exposure(exposure.asset, exposure.protocol, 1)))


def _evaluate_closed(hand: StageHand, _roles: Roles) -> Outcome:
    """What may have been raised for it is looked up."""
    before = hand.opened(hand.network())
    change = before.change.model_copy(update={"kind": ChangeKind.CLOSED})
    after = before.model_copy(update={"state": ExposureState.CLOSED, "change": change, "version": 2})
    pk = keys.exposures(after.project, after.network, keys.bucket_of(after.asset))
    told = record(after, pk, keys.exposure(after.asset, after.protocol, 1), before=before)
    return _streamed(hand, "Evaluate", told)


def _evaluate_ended(hand: StageHand, _roles: Roles) -> Outcome:
    """A scan that has ended is sent to review."""
    running = hand.scan(running=True)
    ended = running.model_copy(update={"status": ScanStatus.FAILED, "ended": hand.now})
    return _streamed(hand, "Evaluate", record(ended, keys.scans(ended.project), ended.id, before=running))


def _publish(hand: StageHand, _roles: Roles) -> Outcome:
    """A first coverage: whether it is told of depends on the network's settings."""
    planned = hand.scan()
    counts = planned.counts.model_copy(update={"baseline": 1})
    ended = planned.model_copy(update={"status": ScanStatus.COMPLETED, "ended": hand.now, "counts": counts})
    return _streamed(hand, "Publish", record(ended, keys.scans(ended.project), ended.id, before=planned))


def _counted(hand: StageHand, _roles: Roles) -> Outcome:
    """An alert that was raised: beside being told of, it is counted."""
    raised = alert(project=hand.project, network=hand.network().id)
    outcome = _streamed(hand, "Publish", record(raised, keys.alerts(raised.project), raised.id))
    counted = sum(each.count for each in alert_counts(Counters(hand.table).total(hand.project)))
    return Outcome(outcome.done and counted == 1, outcome.log)


def _broadcast(hand: StageHand, _roles: Roles) -> Outcome:
    """To a listener that has left, who is forgotten."""
    event = hand.event(f"project:{hand.project}")
    gone = event.id
    hand.stores.listeners.connect(gone, hand.principal(), project=hand.project, now=hand.now)
    hand.stores.listeners.subscribe(gone, event.project, event.topic, pending=False)
    outcome = _streamed(hand, "Broadcast", record(event, keys.events(event.project, event.topic), event.id))
    forgotten = not hand.stores.listeners.subscribers(event.project, event.topic)
    return Outcome(outcome.done and forgotten, outcome.log)


def _streamed(hand: StageHand, row: str, given: Json) -> Outcome:
    said = hand.invoke(row, {"Records": [given]})
    return Outcome.of(said, done=not said.error and not said.said["kept"])


def _poisoned(row: str, family: str) -> Probe:
    """A record that cannot be read is kept in the bucket."""

    def probe(hand: StageHand, _roles: Roles) -> Outcome:
        event = hand.event("nobody")
        given = record(event, f"{family}#{hand.project}", event.id)
        del given["dynamodb"]["NewImage"]["project"]
        said = hand.invoke(row, {"Records": [given]})
        kept = [] if said.error else said.said["kept"]
        for key in kept:
            hand.results.client.delete_object(Bucket=hand.results.bucket, Key=key)
        return Outcome.of(said, done=bool(kept))

    return probe


def _as_task(act: Callable[[StageHand, Roles, Chunk], object], *, claimed: bool = True) -> Probe:
    """One of the calls that a worker makes, under the task's role."""

    def probe(hand: StageHand, roles: Roles) -> Outcome:
        scan = hand.scan(running=True)
        chunk = hand.claimed_chunk(scan) if claimed else hand.waiting_chunk(scan)
        try:
            act(hand, roles, chunk)
        except ClientError as error:
            return Outcome(done=False, log=str(error))
        return Outcome(done=True, log="")

    return probe


def _task_table(hand: StageHand, roles: Roles, name: str) -> Table:
    return Table(roles.client("Scanner", "dynamodb"), hand.operator.outputs[name])


def _task_results(hand: StageHand, roles: Roles) -> Results:
    return Results(roles.client("Scanner", "s3"), hand.results.bucket)


def _claim(hand: StageHand, roles: Roles, chunk: Chunk) -> None:
    ledger = Ledger(_task_table(hand, roles, "TableName"))
    ledger.claim(chunk.project, chunk.scan, chunk.chunk, run=1, now=hand.now, lease_s=1)


def _see_stops(hand: StageHand, roles: Roles, chunk: Chunk) -> None:
    Ledger(_task_table(hand, roles, "TableName")).stop_requested(chunk.project, chunk.scan, run=1)


def _tell(hand: StageHand, roles: Roles, _chunk: Chunk) -> None:
    Live(_task_table(hand, roles, "LiveTableName")).publish(hand.event("nobody"))


def _read_spec(hand: StageHand, roles: Roles, chunk: Chunk) -> None:
    _task_results(hand, roles).get_spec(chunk.project, chunk.scan, chunk.chunk)


def _save(hand: StageHand, roles: Roles, chunk: Chunk) -> None:
    where = {"project": chunk.project, "scan": chunk.scan, "chunk": chunk.chunk}
    with tempfile.NamedTemporaryFile() as file:
        _task_results(hand, roles).put_result(Path(file.name), **where, attempt=1)


def _remember(hand: StageHand, roles: Roles, chunk: Chunk) -> None:
    where = {"project": chunk.project, "scan": chunk.scan, "chunk": chunk.chunk}
    _task_results(hand, roles).put_checkpoint(b"", **where)


def _recall(hand: StageHand, roles: Roles, chunk: Chunk) -> None:
    hand.results.put_checkpoint(b"", project=chunk.project, scan=chunk.scan, chunk=chunk.chunk)
    try:
        _task_results(hand, roles).get_checkpoint(chunk.project, chunk.scan, chunk.chunk, most=1)
    except NotFound as error:
        raise error.__cause__ or error from error


def _on_table(row: str, probe: Probe, *actions: str, on: On = On.TABLE) -> dict[Pair, Probe]:
    return {Pair(row, on, f"dynamodb:{action}"): probe for action in actions}


PROBES: Mapping[Pair, Probe] = {
    Pair("Authorizer", On.TABLE, "dynamodb:GetItem"): api_probes.authorise,
    Pair("Authorizer", On.TABLE, "dynamodb:UpdateItem"): api_probes.authorise,
    Pair("Authorizer", On.LIVE_TABLE, "dynamodb:UpdateItem"): api_probes.authorise,
    **api_probes.HTTP_API,
    Pair("WebsocketAuthorizer", On.LIVE_TABLE, "dynamodb:DeleteItem"): api_probes.taken,
    **api_probes.WEBSOCKET,
    **export_probes.EXPORT,
    **audit_probes.AUDIT,
    **_on_table("PlanChunks", _plan, "BatchGetItem", "GetItem", "Query", "PutItem", "UpdateItem"),
    **_on_table("PlanChunks", _plan_without_network, "DeleteItem"),
    Pair("PlanChunks", On.INVENTORY_ROLES, "sts:AssumeRole"): _plan_by_account,
    Pair("AdmitChunk", On.INVENTORY_ROLES, "sts:AssumeRole"): _admit_by_account,
    Pair("PlanChunks", On.PLANS, "s3:GetObject"): _plan,
    Pair("PlanChunks", On.PLANS, "s3:PutObject"): _plan,
    **_on_table("AdmitChunk", _admit, "BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem"),
    **_on_table("JudgeAttempt", _judge, "BatchGetItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem"),
    **_on_table("IngestChunk", _ingest, "GetItem", "Query", "PutItem", "UpdateItem"),
    Pair("IngestChunk", On.PLANS, "s3:GetObject"): _ingest,
    Pair("IngestChunk", On.RESULTS, "s3:GetObject"): _ingest,
    **_on_table("RecordFailure", _give_up, "GetItem", "UpdateItem"),
    **_on_table("RecordFailure", _give_up, "PutItem", on=On.LIVE_TABLE),
    **_on_table("FinishScan", _finish, "GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"),
    Pair("FinishScan", On.PLANS, "s3:GetObject"): _finish,
    Pair("FinishScan", On.RESULTS, "s3:GetObject"): _finish,
    **_on_table("Tick", _tick, "GetItem", "PutItem"),
    Pair("Tick", On.STATE_MACHINE, "states:StartExecution"): _tick_that_starts,
    **_on_table("Tick", _tick_that_starts, "BatchGetItem", "Query"),
    **_on_table("Sweep", _swept(_given_up, _ends), "BatchGetItem", "GetItem"),
    **_on_table("Sweep", _swept(_halted, _is_asked_to_stop), "PutItem", "UpdateItem"),
    **_on_table("Sweep", _swept(_given_up, _ends), "Query", on=On.GSI2),
    Pair("Sweep", On.EXECUTIONS, "states:DescribeExecution"): _swept(_given_up, _ends),
    Pair("Sweep", On.FINISH_INBOX, "sqs:SendMessage"): _swept(_given_up, _ends),
    Pair("Sweep", On.STATE_MACHINE, "states:StartExecution"): _swept(_abandoned, _has_begun),
    Pair("Sweep", On.EXECUTIONS, "states:StopExecution"): _stop,
    **_on_table("Evaluate", _evaluate, "BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
    **_on_table("Evaluate", _evaluate_closed, "BatchGetItem"),
    Pair("Evaluate", On.REVIEW_INBOX, "sqs:SendMessage"): _evaluate_ended,
    **review_probes.REVIEW,
    Pair("Evaluate", On.FAILED, "s3:PutObject"): _poisoned("Evaluate", "EXP"),
    **_on_table("Publish", _publish, "GetItem"),
    **_on_table("Publish", _counted, "Query", "UpdateItem"),
    **_on_table("Publish", _publish, "PutItem", on=On.LIVE_TABLE),
    Pair("Publish", On.BUS, "events:PutEvents"): _publish,
    Pair("Publish", On.FAILED, "s3:PutObject"): _poisoned("Publish", "SCN"),
    **_on_table("Broadcast", _broadcast, "Query", "BatchWriteItem", on=On.LIVE_TABLE),
    Pair("Broadcast", On.CONNECTIONS, "execute-api:ManageConnections"): _broadcast,
    Pair("Broadcast", On.FAILED, "s3:PutObject"): _poisoned("Broadcast", "EVT"),
    **delivery_probes.DELIVER,
    **_on_table("Scanner", _as_task(_claim, claimed=False), "GetItem", "UpdateItem"),
    **_on_table("Scanner", _as_task(_see_stops), "BatchGetItem"),
    **_on_table("Scanner", _as_task(_tell), "PutItem", on=On.LIVE_TABLE),
    Pair("Scanner", On.PLANS, "s3:GetObject"): _as_task(_read_spec),
    Pair("Scanner", On.RESULTS, "s3:PutObject"): _as_task(_save),
    Pair("Scanner", On.CHECKPOINTS, "s3:PutObject"): _as_task(_remember),
    Pair("Scanner", On.CHECKPOINTS, "s3:GetObject"): _as_task(_recall),
}
