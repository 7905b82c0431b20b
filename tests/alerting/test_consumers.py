"""The three consumers through their handlers: one poisoned record is kept whole and counted, and the others are handled."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from functions.adapters import clients
from functions.alerting import broadcast, evaluate, publish
from functions.core.ids import new_id
from functions.wiring import alerting as wiring
from tests.alerting.records import Record, a_record, poisoned
from tests.backend import BUCKET, NOW, Backend
from tests.scan_workflow.rehearsal import LambdaContext

Handler = Callable[[ModuleType, list[Record]], dict[str, Any]]


@pytest.fixture
def handle(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Handler:
    variables = {
        "TABLE": backend.table.name,
        "LIVE_TABLE": backend.live_table.name,
        "BUCKET": BUCKET,
        "BUS": "vedette",
        "CALLBACK_URL": "https://callback.example",
        "REVIEW_QUEUE_URL": "https://reviews.example",
        "SETTLING_S": "5",
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"VEDETTE_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for compose in (wiring.evaluate, wiring.publish, wiring.broadcast, clients.dynamodb, clients.s3):
        compose.cache_clear()

    def call(consumer: ModuleType, records: list[Record]) -> dict[str, Any]:
        answer: dict[str, Any] = consumer.handler({"Records": records}, LambdaContext())
        return answer

    return call


CONSUMERS = {"evaluate": (evaluate, "EXP"), "publish": (publish, "NET"), "broadcast": (broadcast, "EVT")}


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_poisoned_record_is_kept_whole_counted_and_can_be_sent_again(
    backend: Backend,
    handle: Handler,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    consumer, family = CONSUMERS[name]
    network = backend.network(id=new_id(NOW))
    bad, good = poisoned(a_record(family, 1, new=network)), a_record("CHK", 2, new=network)
    answer = handle(consumer, [bad, good])
    key = f"failed/{name}/2026-11-21/event-1.json"
    assert answer == {"batchItemFailures": [], "kept": [key]}
    kept = json.load(backend.results.client.get_object(Bucket=BUCKET, Key=key)["Body"])
    assert kept == bad
    metric = next(json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line)
    assert (metric["consumer"], metric["FailedRecords"]) == (name, 1)
    assert metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Vedette"
    assert handle(consumer, [kept])["kept"] == [key]


def test_a_record_that_is_none_is_kept_too(handle: Handler) -> None:
    (key,) = handle(evaluate, [{"eventID": "odd", "dynamodb": {"Keys": {}}}])["kept"]
    assert key == "failed/evaluate/1970-01-01/odd.json"


def test_when_even_keeping_fails_the_batch_is_left_to_the_stream(
    handle: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VEDETTE_BUCKET", "no-such-bucket")
    wiring.evaluate.cache_clear()
    with pytest.raises(Exception, match="NoSuchBucket"):
        handle(evaluate, [{"eventID": "odd"}])


def test_a_batch_without_trouble_says_so(handle: Handler, backend: Backend) -> None:
    record = a_record("CHK", 1, new=backend.network())
    assert handle(publish, [record]) == {"batchItemFailures": [], "kept": []}
