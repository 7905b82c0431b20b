"""Every asynchronous consumer is poisoned once: what is beside the poison is done, somebody is told, and once the cause is
mended what failed is given again, takes effect, and does so once.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from functions.core.alert import Alert, Delivery
from functions.core.exposure import Exposure
from functions.core.network import Network
from functions.core.scan import Scan, ScanEvent, ScanStatus
from functions.core.tick import TickOutcome
from functions.store import keys
from functions.store.attributes import to_item
from functions.store.conditions import EXISTS
from functions.usecases.sweep import GIVE_UP_AFTER
from tests.e2e import delivery_probes
from tests.e2e.failures import Failures
from tests.e2e.platform import PATIENCE_S, Json, Platform, eventually
from tests.e2e.stage_hand import FAR_AWAY, Operator, StageHand

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def operator(platform: Platform) -> Operator:
    return Operator(platform)


@pytest.fixture
def hand(operator: Operator) -> Iterator[StageHand]:
    hands = StageHand(operator)
    yield hands
    hands.leave()


@pytest.fixture
def failures(operator: Operator, hand: StageHand) -> Iterator[Failures]:
    seen = Failures(operator)
    yield seen
    for consumer in ("evaluate", "publish", "broadcast"):
        for key in seen.kept(consumer, about=hand.project):
            hand.results.client.delete_object(Bucket=hand.results.bucket, Key=key)


def broken(hand: StageHand, network: Network) -> None:
    """Its item says what no network can."""
    hand.table.update(keys.networks(network.project), network.id, {"rate": "much"}, EXISTS)


def mended(hand: StageHand, network: Network) -> None:
    hand.table.update(keys.networks(network.project), network.id, {"rate": network.rate}, EXISTS)


def write(hand: StageHand, exposure: Exposure) -> None:
    pk = keys.exposures(exposure.project, exposure.network, keys.bucket_of(exposure.asset))
    sk = keys.exposure(exposure.asset, exposure.protocol, exposure.port)
    hand.table.put(to_item(exposure, pk, sk))


def alerted(hand: StageHand) -> list[str]:
    """The networks that have an alert, as often as they have one."""
    return sorted(alert.network for alert in hand.stores.alerts.list(hand.project, limit=100).items)


def told(hand: StageHand, kind: str) -> list[str]:
    """The networks of the live events of this kind that the project's watchers can read."""
    events = hand.stores.live.replay(hand.project, f"project:{hand.project}").items
    return sorted(str(event.data["network"]) for event in events if event.type == kind)


def test_evaluate(hand: StageHand, failures: Failures) -> None:
    good, bad = hand.network(), hand.network()
    broken(hand, bad)
    since = time.time()
    for network, port in ((good, 1), (bad, 2), (good, 3)):
        write(hand, hand.opened(network, port))
    eventually(lambda: failures.kept("evaluate", about=bad.id), what="the poisoned record is kept")
    eventually(lambda: alerted(hand) == [good.id, good.id], what="those beside it raise their alerts")
    eventually(lambda: failures.told_of_records("Evaluate", since=since), what="somebody is told")

    failures.redrive()
    assert failures.kept("evaluate", about=bad.id), "what fails again is kept"
    mended(hand, bad)
    assert failures.redrive().succeeded >= 1
    assert alerted(hand) == sorted((good.id, good.id, bad.id))
    assert not failures.kept("evaluate", about=bad.id)
    failures.redrive()
    assert len(alerted(hand)) == 3
    eventually(lambda: len(told(hand, "alert.raised")) == 3, what="the alert given again is told of like the others")


def test_publish(hand: StageHand, failures: Failures) -> None:
    """Two kinds of poison: a cause that lies elsewhere, and a record that is itself not readable."""
    good, bad = hand.network(), hand.network()
    since = time.time()
    broken(hand, bad)
    for network in (bad, good):
        ended_first_coverage(hand, network)
    eventually(lambda: len(failures.kept("publish", about=bad.id)) == 2, what="network and scan are kept")
    eventually(lambda: told(hand, "scan.finished") == [good.id], what="the scan beside them is told of")
    eventually(lambda: told(hand, "baseline.recorded") == [good.id], what="so is its network's baseline")
    eventually(lambda: failures.told_of_records("Publish", since=since), what="somebody is told")

    mended(hand, bad)
    assert failures.redrive().succeeded >= 1
    assert told(hand, "scan.finished") == told(hand, "baseline.recorded") == sorted((good.id, bad.id))
    (unreadable,) = failures.kept("publish", about='"much"')
    failures.mend_record(unreadable, rate={"N": str(bad.rate)})
    assert failures.redrive().succeeded >= 1
    assert not failures.kept("publish", about=hand.project)
    assert told(hand, "scan.finished") == sorted((good.id, bad.id))


def ended_first_coverage(hand: StageHand, network: Network) -> None:
    scan = hand.scan(network)
    counts = scan.counts.model_dump(mode="json") | {"baseline": 1}
    ended = {"status": "completed", "ended": hand.now, "counts": counts}
    pk = keys.scans(scan.project)
    hand.table.update(pk, scan.id, ended, EXISTS, remove=(keys.GSI2_PK, keys.GSI2_SK))


def test_broadcast(hand: StageHand, failures: Failures) -> None:
    topic = f"project:{hand.project}"
    first, poisoned, last = (hand.event(topic) for _ in range(3))
    since = time.time()
    with listening(hand, topic) as socket:
        for event in (first, poisoned, last):
            item = to_item(event, keys.events(event.project, topic), event.id)
            hand.live_table.put(item | ({"type": "no such type"} if event is poisoned else {}))
        assert [received(socket), received(socket)] == [first.id, last.id]
        (key,) = eventually(lambda: failures.kept("broadcast", about=poisoned.id), what="the poisoned event is kept")
        eventually(lambda: failures.told_of_records("Broadcast", since=since), what="somebody is told")

        failures.redrive()
        assert failures.kept("broadcast", about=poisoned.id) == [key], "what fails again is kept"
        failures.mend_record(key, type={"S": poisoned.type})
        assert failures.redrive().succeeded >= 1
        assert received(socket) == poisoned.id
        assert not failures.kept("broadcast", about=poisoned.id)
        failures.redrive()
        with pytest.raises(TimeoutError):
            socket.recv(timeout=1)


@contextmanager
def listening(hand: StageHand, topic: str) -> Iterator[ClientConnection]:
    with hand.operator.platform.live(hand.project) as socket:
        socket.send(json.dumps({"action": "subscribe", "topic": topic, "project": hand.project}))
        assert json.loads(socket.recv(timeout=PATIENCE_S))["type"] == "snapshot"
        audience = hand.stores.listeners.audience
        eventually(lambda: audience(hand.project, topic).now, what="the subscription is active")
        yield socket


def received(socket: ClientConnection) -> str:
    event: Json = json.loads(socket.recv(timeout=PATIENCE_S))
    return str(event["id"])


def test_tick(hand: StageHand, failures: Failures) -> None:
    good, bad = hand.network(), hand.network(schedule=FAR_AWAY)
    broken(hand, bad)
    due = hand.now
    with failures.impatient("Tick"):
        for network in (bad, good):
            body = {"project": network.project, "network": network.id, "scheduled_time": due.isoformat()}
            failures.send("Tick", body)
        eventually(lambda: ticked(hand, good, due) == [TickOutcome.OFF], what="the tick beside it is done")
        eventually(lambda: failures.dead("Tick", about=bad.id), what="the poisoned tick is a dead letter")
    assert ticked(hand, bad, due) == []
    failures.carry_depth("Tick")
    assert failures.alarmed("TickInboxDeadLetters")

    mended(hand, bad)
    assert failures.redrive().succeeded >= 1
    eventually(lambda: ticked(hand, bad, due) == [TickOutcome.STARTED], what="the tick starts its scan")
    eventually(lambda: failures.cleared("Tick"), what="no letter is dead any more")
    assert [scan.cause.key for scan in scans(hand, bad)] == [due.isoformat()]


def ticked(hand: StageHand, network: Network, due: Any) -> list[TickOutcome]:
    """What became of this tick; nothing yet is an empty list."""
    found = hand.operator.aws("dynamodb").query(
        TableName=hand.table.name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": keys.ticks(network.project, network.id)}},
    )["Items"]
    assert len(found) <= 1, due
    return [TickOutcome(item["outcome"]["S"]) for item in found]


def scans(hand: StageHand, network: Network) -> tuple[Scan, ...]:
    return hand.stores.scans.list(network.project, network=network.id).items


def test_finish(hand: StageHand, failures: Failures) -> None:
    good, bad = hand.scan(running=True), hand.scan(running=True)
    hand.saved_chunk(good)
    chunk = hand.saved_chunk(bad)
    pk = keys.chunks(chunk.project, chunk.scan)
    hand.table.update(pk, chunk.chunk, {"status": "no such status"}, EXISTS)
    with failures.impatient("Finish"):
        for scan in (bad, good):
            failures.send("Finish", {"project": scan.project, "scan": scan.id, "run": scan.run})
        completed = ScanStatus.COMPLETED
        eventually(lambda: hand.stores.reread(good).status is completed, what="the scan beside it ends")
        eventually(lambda: failures.dead("Finish", about=bad.id), what="the poisoned end is a dead letter")
    assert hand.stores.reread(bad).status is ScanStatus.RUNNING
    failures.carry_depth("Finish")
    assert failures.alarmed("FinishInboxDeadLetters")

    hand.table.update(pk, chunk.chunk, {"status": chunk.status}, EXISTS)
    assert failures.redrive().succeeded >= 1
    eventually(lambda: hand.stores.reread(bad).status is completed, what="the scan ends")
    eventually(lambda: failures.cleared("Finish"), what="no letter is dead any more")
    assert hand.stores.reread(bad).counts.open_ports == 1
    eventually(lambda: told(hand, "scan.finished") == sorted((good.network, bad.network)), what="each end is told once")


def test_review(hand: StageHand, failures: Failures) -> None:
    good, bad = hand.network(), hand.network()
    broken(hand, bad)
    with failures.impatient("Review"):
        poisoned, beside = (
            hand.stores.scans.transition(hand.scan(network), ScanEvent.FAIL, ended=hand.now) for network in (bad, good)
        )
        assert poisoned.status is beside.status is ScanStatus.FAILED
        eventually(lambda: alerted(hand) == [good.id], what="the scan beside it raises its alert")
        eventually(lambda: failures.dead("Review", about=poisoned.id), what="the review is a dead letter")
    failures.carry_depth("Review")
    assert failures.alarmed("ReviewInboxDeadLetters")

    mended(hand, bad)
    assert failures.redrive().succeeded >= 1
    eventually(lambda: alerted(hand) == sorted((good.id, bad.id)), what="the alert is raised")
    eventually(lambda: failures.cleared("Review"), what="no letter is dead any more")


def test_deliver(hand: StageHand, failures: Failures) -> None:
    """What was given up is asked for again, and one of the two cannot be read."""
    to = delivery_probes.channel(hand)
    good, bad = (delivery_probes.given_up(hand, to) for _ in range(2))
    entry = (keys.outbox(to.project, to.id), bad.id)
    hand.table.update(*entry, {"attempts": "many"}, EXISTS)
    with failures.impatient("Deliver"):
        for alert in (bad, good):
            failures.send("Deliver", delivery_probes.again(to, alert))
        eventually(lambda: delivered(hand, good), what="the delivery beside it is done")
        eventually(lambda: failures.dead("Deliver", about=bad.id), what="the other is a dead letter")
    assert not delivered(hand, bad)
    failures.carry_depth("Deliver")
    assert failures.alarmed("DeliverInboxDeadLetters")

    hand.table.update(*entry, {"attempts": 0}, EXISTS)
    assert failures.redrive().succeeded >= 1
    eventually(lambda: delivered(hand, bad), what="it is delivered")
    eventually(lambda: failures.cleared("Deliver"), what="no letter is dead any more")
    assert [state.turn for alert in (good, bad) for state in deliveries(hand, alert)] == [1, 1]


def deliveries(hand: StageHand, alert: Alert) -> list[Delivery]:
    return list(hand.stores.alerts.get(alert.project, alert.id).deliveries.values())


def delivered(hand: StageHand, alert: Alert) -> bool:
    return [state.status for state in deliveries(hand, alert)] == ["sent"]


def test_sweep(hand: StageHand, failures: Failures) -> None:
    good, bad = (hand.scan(age=GIVE_UP_AFTER + timedelta(minutes=1)) for _ in range(2))
    hand.table.update(keys.scans(bad.project), bad.id, {"run": "first"}, EXISTS)
    with failures.impatient("Sweep"):
        failures.send("Sweep", {})
        eventually(lambda: hand.stores.reread(good).status is ScanStatus.FAILED, what="the scan beside it is ended")
        eventually(lambda: failures.depth("SweepDeadLetterUrl") >= 1, what="the sweep is a dead letter")
    failures.carry_depth("Sweep")
    assert failures.alarmed("SweepInboxDeadLetters")

    hand.table.update(keys.scans(bad.project), bad.id, {"run": bad.run}, EXISTS)
    assert failures.redrive().succeeded >= 1
    eventually(lambda: hand.stores.reread(bad).status is ScanStatus.FAILED, what="the scan is ended")
    eventually(lambda: failures.cleared("Sweep"), what="no letter is dead any more")
    eventually(lambda: told(hand, "scan.finished") == sorted((good.network, bad.network)), what="each end is told once")
