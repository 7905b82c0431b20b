import json

from tests.infra.templates import Resource, Synthesised


def _sources(stage: Synthesised) -> dict[str, Resource]:
    return {
        name.partition("Source")[0].removeprefix("Alerting"): each
        for name, each in stage.resources("AWS::Lambda::EventSourceMapping").items()
        if name.startswith("Alerting")
    }


def test_streams_have_these_consumers_and_no_others(stage: Synthesised) -> None:
    sources = _sources(stage)
    assert set(sources) == {"Evaluate", "Publish", "Broadcast"}
    streams = {name: json.dumps(each["EventSourceArn"]) for name, each in sources.items()}
    assert streams["Evaluate"] == streams["Publish"] != streams["Broadcast"]


def test_a_consumer_bisects_retries_a_few_times_and_keeps_what_it_gives_up(stage: Synthesised) -> None:
    for source in _sources(stage).values():
        assert source["BisectBatchOnFunctionError"] is True
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert 0 < source["MaximumRetryAttempts"] <= 10
        assert 0 < source["MaximumRecordAgeInSeconds"] <= 24 * 3600
        assert "Results" in json.dumps(source["DestinationConfig"]["OnFailure"]["Destination"])


def test_consumers_see_only_their_families(stage: Synthesised) -> None:
    def families(name: str) -> list[str]:
        (one,) = _sources(stage)[name]["FilterCriteria"]["Filters"]
        return [each["prefix"] for each in json.loads(one["Pattern"])["dynamodb"]["Keys"]["pk"]["S"]]

    assert families("Evaluate") == ["EXP#", "HST#", "SCN#", "NET#"]
    assert families("Publish") == ["ALR#", "SCN#", "NET#"]
    assert families("Broadcast") == ["EVT#", "SHUT#"]


def test_only_new_live_events_and_orders_to_shut_are_acted_on(stage: Synthesised) -> None:
    (one,) = _sources(stage)["Broadcast"]["FilterCriteria"]["Filters"]
    assert json.loads(one["Pattern"])["eventName"] == ["INSERT"]


def test_what_comes_later_finds_the_bus_by_name(prod: Synthesised) -> None:
    assert prod.one("AWS::Events::EventBus")["Name"] == "vedette-prod"
