"""Counters on the deployed stack: written by the streams' consumers, once for each record, and told as trends."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from functions.core.alert import AlertStatus, AlertType, Severity
from functions.core.counting import Changes
from functions.core.exposure import ExposureState
from functions.core.network import Network
from functions.core.trends import alert_counts
from functions.store.counters import Counters
from functions.store.hosts import Hosts
from tests.e2e.platform import Json, Platform, eventually
from tests.e2e.stage_hand import ADDRESS, Operator, StageHand
from tests.store.examples import alert, host

pytestmark = [pytest.mark.e2e, pytest.mark.long]

PORTS = range(1, 31)
Alerts = Counter[tuple[AlertType, Severity, AlertStatus]]


@pytest.fixture(scope="module")
def operator(platform: Platform) -> Operator:
    return Operator(platform)


@pytest.fixture
def hand(operator: Operator) -> Iterator[StageHand]:
    hands = StageHand(operator)
    yield hands
    hands.leave()


def an_estate(hand: StageHand) -> Network:
    """Thirty open ports of one host, ten of which are closed again; two alerts, one of them resolved."""
    network, now = hand.network(), hand.now
    Hosts(hand.table).save(host(ADDRESS, project=hand.project, network=network.id, first_seen=now, last_changed=now))
    for port in PORTS:
        opened = hand.opened(network, port)
        hand.stores.exposures.save(opened)
        if port <= 10:
            closing = {"state": ExposureState.CLOSED, "answering": False, "version": 2}
            hand.stores.exposures.save(opened.model_copy(update=closing))
    for name in ("stays", "goes"):
        raised = alert(name, project=hand.project, network=network.id, raised=now, updated=now)
        hand.stores.alerts.create(raised)
        if name == "goes":
            hand.stores.alerts.resolve_by_itself(raised, reason="mended", now=hand.now)
    return network


def trend(hand: StageHand, network: str = "") -> Json:
    words = ("trends", "--json", "--days", "1", "--project", hand.project)
    done = hand.operator.platform.command(*words, *(("--network", network) if network else ()))
    assert done.returncode == 0, done.stderr
    told: Json = json.loads(done.stdout)
    last: Json = told["points"][-1]
    return last


def test_what_changes_is_counted_once_however_often_it_is_told_and_goes_with_its_network(hand: StageHand) -> None:
    network = an_estate(hand)
    counters = Counters(hand.table)
    counted = {"open": 20, "opened": 30, "closed": 10, "hosts": 1}

    def whole() -> bool:
        now = counters.total(hand.project)
        time.sleep(3)
        same = counters.total(hand.project) == now
        return same and counted.items() <= now.items() and standing(now) == listed(hand)

    eventually(whole, seconds=240, what="all of it is counted")
    before = counters.total(hand.project)
    point = trend(hand, network.id)
    assert (point["open_ports"], point["opened"], point["closed"], point["hosts"]) == (20, 30, 10, 1)
    unresolved = sum(number for (_, _, status), number in listed(hand).items() if status is not AlertStatus.RESOLVED)
    assert point["alerts"] == unresolved >= 1
    assert point["resolved"] >= 1

    records = of_project(hand)
    assert grows(records), "sequence numbers grow in every partition key"
    for row, families in {"Evaluate": ("EXP#", "HST#"), "Publish": ("ALR#",)}.items():
        own = [each for each in records if each["dynamodb"]["Keys"]["pk"]["S"].startswith(families)]
        assert own
        for batch in (own, own[: len(own) // 2], own[len(own) // 2 :]):
            assert not hand.invoke(row, {"Records": batch}).error
    assert counters.total(hand.project) == before

    hand.stores.networks.delete(hand.project, network.id, expected=1)
    emptied = "the network's ports leave the project"
    eventually(lambda: "open" not in counters.total(hand.project), seconds=120, what=emptied)
    point = trend(hand)
    assert (point["open_ports"], point["hosts"], point["opened"]) == (0, 0, 30)
    gone = hand.operator.platform.command("trends", "--network", network.id, "--project", hand.project)
    assert gone.returncode == 2


def standing(counters: Changes) -> Alerts:
    return Counter({(each.type, each.severity, each.status): each.count for each in alert_counts(counters)})


def listed(hand: StageHand) -> Alerts:
    """The same by reading every alert."""
    alerts = hand.stores.alerts.list(hand.project, limit=1000).items
    return Counter((each.type, each.severity, each.status) for each in alerts)


def of_project(hand: StageHand) -> list[Json]:
    """The records of the real stream that tell of this project, as Lambda gives them to a consumer."""
    streams = hand.operator.aws("dynamodbstreams")
    table = hand.operator.aws("dynamodb").describe_table(TableName=hand.table.name)["Table"]
    arn = table["LatestStreamArn"]
    found: list[Json] = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        iterator: str | None = start["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator, Limit=1000)
            found += [each for each in page["Records"] if hand.project in each["dynamodb"]["Keys"]["pk"]["S"]]
            iterator = page.get("NextShardIterator") if page["Records"] else None
    plain: list[Json] = json.loads(json.dumps(found, default=_plain))
    return plain


def _plain(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value.decode()


def grows(records: list[Json]) -> bool:
    last: dict[str, int] = defaultdict(int)
    for each in records:
        pk, sequence = each["dynamodb"]["Keys"]["pk"]["S"], int(each["dynamodb"]["SequenceNumber"])
        if sequence <= last[pk]:
            return False
        last[pk] = sequence
    return bool(records)
