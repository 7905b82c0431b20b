"""Probes of the roles behind the two APIs and their authorizer: the functions are called as API Gateway calls them."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from functions.core.ids import new_id
from functions.core.rule import PROJECT_SCOPE, RuleSet
from functions.core.scan import Scan
from functions.core.ticket import Ticket
from functions.core.token import Principal
from functions.store.rules import Rules
from functions.store.tickets import Tickets
from functions.store.tokens import Tokens
from functions.usecases.authenticate import context_of
from functions.usecases.tickets import door_context, make_ticket
from functions.usecases.tokens import ALL_SCOPES, create_token
from infra.grants import On
from tests.e2e import authority_probes, delivery_probes, export_probes
from tests.e2e.outcome import Outcome, Probe
from tests.e2e.platform import Json
from tests.e2e.roles import Pair, Roles
from tests.e2e.stage_hand import ADDRESS, FAR_AWAY, StageHand

Request = tuple[str, str, Json | None, Mapping[str, str]]
"""Method, path below the project, body, query."""


def authorise(hand: StageHand, _roles: Roles) -> Outcome:
    """A token that was never used before."""
    made = create_token(
        Tokens(hand.table),
        identifier=new_id(hand.now),
        project=hand.project,
        name="fresh",
        scopes=ALL_SCOPES,
        expires=None,
        now=hand.now,
    )
    said = hand.invoke("Authorizer", {"version": "2.0", "headers": {"authorization": f"Bearer {made.text}"}})
    return Outcome.of(said, done=said.said.get("isAuthorized") is True)


def asked(prepare: Callable[[StageHand], Request], *, status: int = 0) -> Probe:
    """A request to the HTTP API; `status`: the answer that shows it done, any success by default."""

    def probe(hand: StageHand, _roles: Roles) -> Outcome:
        method, path, body, query = prepare(hand)
        said = hand.invoke("HttpApi", _request(hand, method, path, body, query))
        answered = int(said.said.get("statusCode", 500))
        return Outcome.of(said, done=answered == status if status else answered < 400)

    return probe


def _request(hand: StageHand, method: str, path: str, body: Json | None, query: Mapping[str, str]) -> Json:
    whole = f"/v1/projects/{hand.project}/{path}".rstrip("/")
    principal = Principal(id="test", scopes=("read", "scan", "triage", "admin"))
    return {
        "version": "2.0",
        "routeKey": "ANY /{proxy+}",
        "rawPath": whole,
        "rawQueryString": "&".join(f"{name}={value}" for name, value in query.items()),
        "queryStringParameters": dict(query),
        "headers": {"content-type": "application/json", "if-match": '"1"'},
        "requestContext": {
            "http": {"method": method, "path": whole, "sourceIp": "192.0.2.1"},
            "stage": "$default",
            "requestId": uuid.uuid4().hex,
            "authorizer": {"lambda": context_of(principal)},
        },
        "body": json.dumps(body) if body is not None else None,
        "isBase64Encoded": False,
    }


def _get(path: str, **query: str) -> Request:
    return "GET", path, None, query


def _draft(**fields: Any) -> Json:
    return {"name": "probe", "targets": [ADDRESS], "ports": "1", **fields}


_EXPOSURES = {"kind": "exposures", "format": "csv"}
_SCHEDULED = _draft(schedule={"expression": FAR_AWAY, "enabled": False})


def _saved(hand: StageHand, *, expired: bool = False) -> Scan:
    scan = hand.scan(running=True)
    chunk = hand.saved_chunk(scan)
    if expired:
        hand.results.client.delete_object(Bucket=hand.results.bucket, Key=chunk.result_key)
    return scan


def _log(hand: StageHand) -> Request:
    return _get(f"scans/{hand.scan().id}/log")


def _coverage(hand: StageHand) -> Request:
    scan = hand.scan(running=True)
    hand.waiting_chunk(scan)
    return _get(f"scans/{scan.id}/coverage", asset=ADDRESS, port="1")


def _revoke(hand: StageHand) -> Request:
    return "DELETE", f"tokens/{hand.principal().id}", None, {}


def _delete_network(hand: StageHand) -> Request:
    return "DELETE", f"networks/{hand.network(schedule=FAR_AWAY, schedule_on=False).id}", None, {}


def _cancel(hand: StageHand) -> Request:
    return "POST", f"scans/{hand.scan().id}/cancel", None, {}


def _delete_scan(hand: StageHand) -> Request:
    """One with a result, a checkpoint and an event."""
    scan = hand.ended_scan()
    hand.results.put_checkpoint(b"", project=scan.project, scan=scan.id, chunk="00000")
    hand.saved_chunk(scan)
    hand.stores.live.publish(hand.event(f"scan:{scan.id}"))
    return "DELETE", f"scans/{scan.id}", None, {}


def _raw(hand: StageHand) -> Request:
    scan = _saved(hand)
    return _get(f"scans/{scan.id}/chunks/00000/raw")


def _test_channel(hand: StageHand) -> Request:
    return "POST", f"channels/{delivery_probes.channel(hand).id}/test", {}, {}


def start_scan(hand: StageHand, roles: Roles) -> Outcome:
    network = hand.network()
    outcome = asked(lambda _: ("POST", "scans", {"network": network.id}, {}))(hand, roles)
    # Without its network the workflow has nothing to do but to end the scan.
    hand.stores.networks.delete(network.project, network.id, expected=1)
    return outcome


def _read_export(hand: StageHand, _roles: Roles) -> Outcome:
    """The link has the rights of the function that made it."""
    said = hand.invoke("HttpApi", _request(hand, *_get(f"exports/{export_probes.done_export(hand).id}")))
    status, text = export_probes.linked(hand, json.loads(said.said["body"]))
    outcome = Outcome.of(said, done=(status, text) == (200, "one"))
    return Outcome(outcome.done, f"{outcome.log}\n{text}")


def _reconcile(hand: StageHand) -> Request:
    """An open port whose alert is missing."""
    hand.stores.exposures.save(hand.opened(hand.network()))
    return "POST", "alerts/reconcile", {}, {}


def _publish_rules(hand: StageHand) -> Request:
    """The second version; the project's network is to be looked at again."""
    project = hand.network().project
    made = {"project": project, "scope": PROJECT_SCOPE, "version": 1, "created": hand.now, "created_by": "test"}
    Rules(hand.table).publish(RuleSet.model_validate(made), expected=0)
    return "PUT", "rules", {"rules": [{"name": "web", "action": "allow", "ports": "80"}]}, {}


def _verify(hand: StageHand, _roles: Roles) -> Outcome:
    account = authority_probes.account_to_read(hand)
    hand.invoke("HttpApi", _request(hand, "POST", f"authorities/{account.id}/verify", {}, {}))
    return authority_probes.proved(hand, account)


HTTP_API: Mapping[Pair, Probe] = {
    Pair("HttpApi", on, action): probe
    for on, action, probe in (
        (On.TABLE, "dynamodb:GetItem", asked(lambda _: _get(""))),
        (On.TABLE, "dynamodb:Query", asked(lambda _: _get("networks"))),
        (On.TABLE, "dynamodb:PutItem", asked(lambda _: ("POST", "networks", _draft(), {}))),
        (On.TABLE, "dynamodb:UpdateItem", asked(_revoke)),
        (On.TABLE, "dynamodb:DeleteItem", asked(_delete_network)),
        (On.TABLE, "dynamodb:BatchGetItem", asked(_reconcile)),
        (On.REVIEW_INBOX, "sqs:SendMessage", asked(_publish_rules)),
        (On.GSI1, "dynamodb:Query", asked(lambda _: _get("tokens"))),
        (On.GSI2, "dynamodb:Query", asked(lambda hand: _get("alerts", network=hand.project, status="unresolved"))),
        (On.LIVE_TABLE, "dynamodb:Query", asked(_log)),
        (On.LIVE_TABLE, "dynamodb:PutItem", asked(lambda _: ("POST", "tickets", {}, {}))),
        (On.TABLE, "dynamodb:BatchWriteItem", asked(_delete_scan)),
        (On.LIVE_TABLE, "dynamodb:BatchWriteItem", asked(_delete_scan)),
        (On.PLANS, "s3:DeleteObject", asked(_delete_scan)),
        (On.RESULTS, "s3:DeleteObject", asked(_delete_scan)),
        (On.CHECKPOINTS, "s3:DeleteObject", asked(_delete_scan)),
        (On.BUCKET, "s3:ListBucket", asked(_raw)),
        (On.PLANS, "s3:GetObject", asked(_coverage)),
        (On.RESULTS, "s3:GetObject", asked(lambda hand: _get(f"scans/{_saved(hand).id}/ports"))),
        (On.EXPORTS, "s3:GetObject", _read_export),
        (On.INVENTORY_ROLES, "sts:AssumeRole", _verify),
        (On.EXPORT_INBOX, "sqs:SendMessage", asked(lambda _: ("POST", "exports", _EXPOSURES, {}))),
        (On.STATE_MACHINE, "states:StartExecution", start_scan),
        (On.EXECUTIONS, "states:DescribeExecution", asked(_cancel)),
        (On.DELIVER_INBOX, "sqs:SendMessage", asked(_test_channel)),
        (On.SCHEDULES, "scheduler:UpdateSchedule", asked(lambda _: ("POST", "networks", _SCHEDULED, {}))),
        (On.SCHEDULES, "scheduler:CreateSchedule", asked(lambda _: ("POST", "networks", _SCHEDULED, {}))),
        (On.SCHEDULES, "scheduler:DeleteSchedule", asked(_delete_network)),
    )
}


def expired_result(hand: StageHand, roles: Roles) -> Outcome:
    """A result whose time is over is missing, not forbidden."""
    return asked(lambda _: _get(f"scans/{_saved(hand, expired=True).id}/ports"), status=404)(hand, roles)


def _frame(
    hand: StageHand, connection: str, action: str = "", *, kind: str = "MESSAGE", user: Principal | None = None
) -> Outcome:
    principal = user or hand.principal()
    if action:
        hand.stores.listeners.connect(connection, principal, project=hand.project, now=hand.now)
    door = door_context(Ticket(principal=principal, project=hand.project))
    context = {"eventType": kind, "connectionId": connection, "authorizer": door}
    body = json.dumps({"action": action} | ({} if action == "ping" else {"topic": f"project:{hand.project}"}))
    return Outcome.of(hand.invoke("Websocket", {"requestContext": context, "body": body}))


def _nobody() -> str:
    return uuid.uuid4().hex


def _connected(hand: StageHand, _roles: Roles) -> Outcome:
    return _frame(hand, _nobody(), kind="CONNECT")


def _left(hand: StageHand, _roles: Roles) -> Outcome:
    connection = _nobody()
    hand.stores.listeners.connect(connection, hand.principal(), project=hand.project, now=hand.now)
    hand.stores.listeners.subscribe(connection, hand.project, f"project:{hand.project}")
    return _frame(hand, connection, kind="DISCONNECT")


def _pinged(hand: StageHand, _roles: Roles) -> Outcome:
    return _frame(hand, _nobody(), "ping")


def _unsubscribed(hand: StageHand, _roles: Roles) -> Outcome:
    return _frame(hand, _nobody(), "unsubscribe")


def _unsubscribed_user(hand: StageHand, _roles: Roles) -> Outcome:
    """Whose role in the project is read first."""
    return _frame(hand, _nobody(), "unsubscribe", user=Principal(id="u_" + _nobody(), kind="user", owner=True))


def _subscribed(hand: StageHand, _roles: Roles) -> Outcome:
    with a_connection(hand) as connection:
        return _frame(hand, connection, "subscribe")


@contextmanager
def a_connection(hand: StageHand) -> Iterator[str]:
    """The id of a connection that somebody holds open."""
    live, table = hand.operator.aws("dynamodb"), hand.operator.outputs["LiveTableName"]

    def known() -> set[str]:
        items = live.scan(TableName=table, ProjectionExpression="pk")["Items"]
        return {item["pk"]["S"] for item in items if item["pk"]["S"].startswith("CON#")}

    before = known()
    with hand.operator.platform.live(hand.project):
        (connection,) = known() - before
        yield connection.removeprefix("CON#")


def taken(hand: StageHand, _roles: Roles) -> Outcome:
    """A ticket, at the door."""
    tickets, now = Tickets(hand.live_table), hand.now
    ticket = make_ticket(tickets, hand.principal(), project=hand.project, now=now).text
    event = {"methodArn": "arn:aws:execute-api:x", "queryStringParameters": {"ticket": ticket}}
    said = hand.invoke("WebsocketAuthorizer", event)
    done = not said.error and said.said["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    return Outcome.of(said, done=done)


WEBSOCKET: Mapping[Pair, Probe] = {
    Pair("Websocket", on, action): probe
    for on, action, probe in (
        (On.TABLE, "dynamodb:GetItem", _unsubscribed),
        (On.TABLE, "dynamodb:BatchGetItem", _unsubscribed_user),
        (On.TABLE, "dynamodb:Query", _subscribed),
        (On.LIVE_TABLE, "dynamodb:GetItem", _subscribed),
        (On.LIVE_TABLE, "dynamodb:Query", _left),
        (On.LIVE_TABLE, "dynamodb:PutItem", _connected),
        (On.LIVE_TABLE, "dynamodb:UpdateItem", _subscribed),
        (On.LIVE_TABLE, "dynamodb:BatchWriteItem", _left),
        (On.LIVE_TABLE, "dynamodb:DeleteItem", _unsubscribed),
        (On.CONNECTIONS, "execute-api:ManageConnections", _pinged),
    )
}
