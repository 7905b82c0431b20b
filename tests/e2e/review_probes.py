"""Probes of the role that looks at networks, scans and ends of exceptions as a whole."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from functions.core.alert import Alert, Mark
from functions.core.model import Protocol
from functions.core.scan import CellRef, Scan, ScanEvent
from functions.store.waiting import Waiting
from infra.grants import On
from tests.e2e.outcome import Outcome, Probe
from tests.e2e.platform import Json
from tests.e2e.roles import Pair, Roles
from tests.e2e.stage_hand import ADDRESS, FAR_AWAY, StageHand, message
from tests.store.examples import alert

SO_LONG_AGO = timedelta(days=3)


def _asked(prepare: Callable[[StageHand], Json]) -> Probe:
    def probe(hand: StageHand, _roles: Roles) -> Outcome:
        said = hand.invoke("Review", message(prepare(hand)))
        return Outcome.of(said, done=not said.said["batchItemFailures"])

    return probe


def _ended(hand: StageHand, event: ScanEvent) -> Scan:
    scan = hand.scan(running=True)
    return hand.stores.scans.transition(scan, event, ended=hand.now)


def _of_scan(scan: Scan, cursor: str = "") -> Json:
    return {"kind": "scan", "project": scan.project, "network": scan.network, "scan": scan.id, "cursor": cursor}


def _failed(hand: StageHand) -> Json:
    """An alert, and another message that looks at the rest."""
    return _of_scan(_ended(hand, ScanEvent.FAIL))


def _comebacks(hand: StageHand) -> Json:
    return _of_scan(_ended(hand, ScanEvent.FAIL), "comebacks/")


def _watches(hand: StageHand) -> Json:
    hand.network(schedule=FAR_AWAY)
    return {"kind": "watches", "project": hand.project}


def _ending(hand: StageHand) -> Json:
    """An acknowledgement of which an hour less than a day is left."""
    raised: Alert = alert(project=hand.project, network=hand.network().id)
    hand.stores.alerts.create(raised)
    mark = Mark(by="somebody", at=hand.now - SO_LONG_AGO, until=hand.now + timedelta(hours=23))
    hand.stores.alerts.change(raised, by="somebody", event="acknowledged", text="", now=hand.now, acknowledged=mark)
    return {"kind": "due"}


def _confirmation(hand: StageHand, _roles: Roles) -> Outcome:
    scan = _ended(hand, ScanEvent.COMPLETE)
    cell = CellRef(asset=ADDRESS, protocol=Protocol.TCP, port=1)
    Waiting(hand.table).add(scan.project, scan.id, cell, now=hand.now)
    said = hand.invoke("Review", message(_of_scan(scan)))
    # Without its network the workflow has nothing to do but to end the scan.
    hand.stores.networks.delete(scan.project, scan.network, expected=1)
    return Outcome.of(said, done=not said.said["batchItemFailures"])


REVIEW: Mapping[Pair, Probe] = {
    Pair("Review", on, action): probe
    for on, action, probe in (
        (On.TABLE, "dynamodb:GetItem", _asked(_failed)),
        (On.TABLE, "dynamodb:BatchGetItem", _asked(_failed)),
        (On.TABLE, "dynamodb:Query", _asked(_failed)),
        (On.TABLE, "dynamodb:PutItem", _asked(_failed)),
        (On.TABLE, "dynamodb:UpdateItem", _asked(_failed)),
        (On.TABLE, "dynamodb:DeleteItem", _asked(_ending)),
        (On.GSI1, "dynamodb:Query", _asked(_watches)),
        (On.GSI2, "dynamodb:Query", _asked(_comebacks)),
        (On.LIVE_TABLE, "dynamodb:PutItem", _asked(_ending)),
        (On.BUS, "events:PutEvents", _asked(_ending)),
        (On.REVIEW_INBOX, "sqs:SendMessage", _asked(_failed)),
        (On.STATE_MACHINE, "states:StartExecution", _confirmation),
    )
}
