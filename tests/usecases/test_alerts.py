"""Which exposures raise an alert, what it says, and that it is raised once."""

import pytest

from functions.core.exposure import Change, ChangeKind, Exposure, ExposureState
from functions.core.ids import new_id, time_of
from functions.core.network import AlertSettings
from functions.store.attributes import encode_item, to_item
from functions.store.stream import read_record
from functions.usecases.alerts import Evaluate, RaiseAlerts, derive, reconcile
from tests.backend import NOW, Backend

SCAN = new_id(NOW)
SILENT, ALERT, REVIEW = (AlertSettings.model_validate({"baseline": each}) for each in ("silent", "alert", "review"))


WRITTEN = {"ApproximateCreationDateTime": 1_795_248_000.0, "SequenceNumber": "1"}


def a_change(kind: str = "opened", **fields: object) -> Change:
    evidence = {"scan": SCAN, "chunk": "00003", "attempt": 2, "at": NOW, "how": "syn"}
    return Change.model_validate({"kind": kind, **evidence, **fields})


def an_exposure(change: Change, **fields: object) -> Exposure:
    return Exposure.model_validate(
        {
            "project": SCAN,
            "network": SCAN,
            "asset": "10.0.0.1",
            "address": "10.0.0.1",
            "protocol": "tcp",
            "port": 22,
            "state": "open",
            "first_seen": NOW,
            "last_changed": NOW,
            "change": change,
            **fields,
        }
    )


def test_a_port_that_was_covered_and_not_open_raises_a_high_alert() -> None:
    alert = derive(an_exposure(a_change(previous_covered="2026-11-20T10:00:00Z")), SILENT)
    assert alert is not None
    assert (alert.type, alert.severity, alert.review, alert.port, alert.episode) == ("NEW_PORT", "high", False, 22, 1)
    assert alert.why.text == (
        "22/tcp on 10.0.0.1 is open: it was covered at 2026-11-20T10:00:00Z and not open then. "
        f"Answered a SYN probe at 2026-11-21T08:00:00Z, scan {SCAN}, chunk 00003, attempt 2."
    )
    assert alert.why.scan == SCAN


def test_a_reopened_port_says_so() -> None:
    alert = derive(an_exposure(a_change("reopened", previous_covered=NOW), episode=2), SILENT)
    assert alert is not None
    assert "is open again" in alert.why.text


def test_a_hostname_is_named_with_the_address_that_answered() -> None:
    alert = derive(an_exposure(a_change(), asset="web.example"), SILENT)
    assert alert is not None
    assert "on web.example (10.0.0.1) is open" in alert.why.text


@pytest.mark.parametrize(
    ("settings", "raised"), [(SILENT, None), (ALERT, ("high", False)), (REVIEW, ("info", True))], ids=str
)
def test_the_first_coverage_of_a_cell_has_its_own_setting(
    settings: AlertSettings, raised: tuple[str, bool] | None
) -> None:
    alert = derive(an_exposure(a_change(baseline=True)), settings)
    assert (alert and (alert.severity, alert.review)) == raised
    assert alert is None or "had never been covered before" in alert.why.text


def test_a_closed_port_raises_nothing() -> None:
    closed = an_exposure(a_change("closed"), state=ExposureState.CLOSED, opening=a_change())
    assert derive(closed, ALERT) is None


@pytest.mark.parametrize("later", [ChangeKind.CHANGED, ChangeKind.MISSED, ChangeKind.SEEN_AGAIN])
def test_what_changes_later_does_not_change_the_alert(later: ChangeKind) -> None:
    opened = an_exposure(a_change())
    after = an_exposure(a_change(later, at="2026-11-23T00:00:00Z"), opening=a_change())
    assert derive(after, SILENT) == derive(opened, SILENT)


def test_a_silent_first_coverage_stays_silent_when_its_service_changes() -> None:
    changed = an_exposure(a_change("changed"), opening=a_change(baseline=True))
    assert derive(changed, SILENT) is None


def test_each_episode_has_its_own_alert_and_its_id_tells_its_time() -> None:
    first, second = (derive(an_exposure(a_change(), episode=episode), SILENT) for episode in (1, 2))
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert time_of(first.id) == NOW


def stored(backend: Backend, change: Change, **fields: object) -> Exposure:
    network = backend.network(baseline=str(fields.pop("baseline", "silent")))
    exposure = an_exposure(change, project=network.project, network=network.id, **fields)
    backend.exposures.save(exposure)
    return exposure


def raised(backend: Backend) -> list[int]:
    return [alert.port or 0 for alert in backend.alerts.list(backend.project).items]


def stream_record(exposure: Exposure, number: int = 0, *, damaged: bool = False) -> dict[str, object]:
    item = encode_item(to_item(exposure, f"EXP#{exposure.project}#{exposure.network}#00", f"k{number}"))
    if damaged:
        del item["state"]
    images = {"Keys": {"pk": item["pk"], "sk": item["sk"]}, "NewImage": item, **WRITTEN}
    return {"eventID": f"event-{number}", "dynamodb": images}


def test_a_change_told_twice_raises_one_alert(backend: Backend) -> None:
    exposure = stored(backend, a_change())
    raising = RaiseAlerts(networks=backend.networks, alerts=backend.alerts)
    assert [raising.changed(exposure), raising.changed(exposure)] == [True, False]
    assert raised(backend) == [22]


@pytest.mark.parametrize("kind", [ChangeKind.CHANGED, ChangeKind.MISSED, ChangeKind.CLOSED, ChangeKind.SEEN_AGAIN])
def test_only_openings_are_evaluated(backend: Backend, kind: ChangeKind) -> None:
    exposure = stored(backend, a_change(kind))
    assert not RaiseAlerts(networks=backend.networks, alerts=backend.alerts).changed(exposure)


def test_a_network_that_is_gone_raises_nothing(backend: Backend) -> None:
    exposure = an_exposure(a_change(), project=backend.project)
    assert not RaiseAlerts(networks=backend.networks, alerts=backend.alerts).changed(exposure)


def test_evaluate_gives_up_the_poisoned_record_alone(backend: Backend) -> None:
    exposure = stored(backend, a_change())
    other = exposure.model_copy(update={"port": 80})
    records = [
        read_record(stream_record(exposure, 1, damaged=True)),
        read_record(stream_record(exposure, 2)),
        read_record(stream_record(other, 3)),
    ]
    given_up = list(Evaluate(networks=backend.networks, alerts=backend.alerts)(records))
    assert [record.id for record, _ in given_up] == ["event-1"]
    assert sorted(raised(backend)) == [22, 80]


def test_evaluate_passes_over_what_is_not_an_exposure_or_is_removed(backend: Backend) -> None:
    removed = stream_record(stored(backend, a_change()))
    removed["dynamodb"] = {"Keys": removed["dynamodb"]["Keys"], "OldImage": {}, **WRITTEN}  # type: ignore[index]
    foreign = {
        "eventID": "2",
        "dynamodb": {"Keys": {"pk": {"S": "CHK#1"}, "sk": {"S": "1"}}, "NewImage": {}, **WRITTEN},
    }
    records = [read_record(removed), read_record(foreign)]
    assert list(Evaluate(networks=backend.networks, alerts=backend.alerts)(records)) == []
    assert raised(backend) == []


def test_reconcile_raises_what_is_missing_page_by_page_and_nothing_twice(backend: Backend) -> None:
    exposure = stored(backend, a_change())
    for port in (80, 443):
        backend.exposures.save(exposure.model_copy(update={"port": port}))
    RaiseAlerts(networks=backend.networks, alerts=backend.alerts).changed(exposure)

    def reconciled(cursor: str) -> tuple[int, str]:
        page = reconcile(
            exposures=backend.exposures,
            networks=backend.networks,
            alerts=backend.alerts,
            project=exposure.project,
            network=exposure.network,
            cursor=cursor,
            limit=2,
        )
        return page.raised, page.next_cursor

    def whole() -> int:
        total, cursor = reconciled("")
        while cursor:
            more, cursor = reconciled(cursor)
            total += more
        return total

    assert whole() == 2
    assert sorted(raised(backend)) == [22, 80, 443]
    assert whole() == 0
