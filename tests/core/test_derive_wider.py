"""Alerts of hosts, of whole networks, and of cells that were never open."""

from datetime import timedelta
from typing import Any

from functions.core.alert import AlertType
from functions.core.coverage import Method
from functions.core.coverage_map import Stamp
from functions.core.derive_wider import (
    failure_of,
    host_identifiers,
    never_open_identifier,
    of_host,
    of_named_cell,
    of_network,
)
from functions.core.host import Host
from functions.core.policy import NamedCell, named_cells
from functions.core.scan import Scan
from tests.core.specs import AT, NETWORK, PROJECT, SCAN
from tests.core.test_derive import EXPECT, a_ground
from tests.store.examples import scan

LATER = AT + timedelta(hours=1)


def a_host(**fields: Any) -> Host:
    plain = {"project": PROJECT, "network": NETWORK, "asset": "10.0.0.9", "scan": SCAN, "first_seen": AT}
    return Host.model_validate({**plain, "last_changed": AT, **fields})


def raised(host: Host, **settings: Any) -> list[str]:
    return [call.alert.type for call in of_host(host, a_ground(**settings))]


def test_a_host_where_nothing_was_is_new_and_one_of_the_first_coverage_is_not() -> None:
    assert raised(a_host(baseline=False)) == ["NEW_HOST"]
    assert raised(a_host(baseline=True)) == []
    assert raised(a_host(baseline=False), silent=["NEW_HOST"]) == []


def test_what_somebody_accepted_is_no_alert_until_it_comes_about_anew() -> None:
    assert raised(a_host(baseline=False, accepted=LATER)) == []
    assert raised(a_host(answers_everything=AT, accepted=LATER)) == []
    assert raised(a_host(answers_everything=LATER, accepted=AT)) == ["ANSWERS_EVERYTHING"]


def test_an_older_account_of_a_host_leaves_its_alert_as_it_is() -> None:
    first = a_host(baseline=False, noticed=LATER, first_seen=LATER)
    assert host_identifiers(first) == host_identifiers(first.model_copy(update={"first_seen": AT}))


def test_a_new_host_is_told_of_with_its_names_and_scan() -> None:
    (call,) = of_host(a_host(baseline=False, names=("printer.example",)), a_ground())
    assert call.alert.why.text.startswith("10.0.0.9 (printer.example) is up")
    assert (call.alert.why.scan, call.alert.asset, call.alert.port) == (SCAN, "10.0.0.9", None)


def test_a_host_that_answers_on_everything_has_one_alert_since_when() -> None:
    (call,) = of_host(a_host(answers_everything=LATER), a_ground())
    assert (call.alert.type, call.alert.raised, call.alert.severity) == ("ANSWERS_EVERYTHING", LATER, "medium")


def a_failed_scan(**fields: Any) -> Scan:
    return scan(network=NETWORK, status="failed", reason="the plan met a wall", **fields)


def test_a_failed_scan_names_itself_and_its_reason() -> None:
    failed = a_failed_scan()
    alert = of_network(AlertType.SCAN_FAILED, a_ground(), failure_of(failed), since=LATER, episode=3)
    assert (alert.type, alert.asset, alert.port, alert.episode, alert.why.scan) == (
        "SCAN_FAILED",
        "",
        None,
        3,
        failed.id,
    )
    assert failed.id in alert.why.text
    assert "the plan met a wall" in alert.why.text


def test_an_expected_cell_that_was_never_open_names_rule_and_coverage() -> None:
    ground = a_ground({**EXPECT, "protocol": "tcp"})
    (cell,) = named_cells(ground.policy, AT)
    stamp = Stamp(LATER, SCAN, "00002", 1, Method.SYN)
    alert = of_named_cell(cell, stamp, ground, at=LATER)
    assert (alert.type, alert.asset, alert.address, alert.port) == ("EXPECTED_CLOSED", "10.0.0.1", "10.0.0.1", 22)
    assert "was never open, and rule must-answer of the network's rules (version 7) expects it to be" in alert.why.text
    assert f"scan {SCAN}, chunk 00002" in alert.why.text
    assert alert.id == never_open_identifier(ground.network, cell)


def test_a_hostname_that_never_answered_has_no_address() -> None:
    ground = a_ground({**EXPECT, "assets": ["web.example"]})
    cell: NamedCell = next(iter(named_cells(ground.policy, AT)))
    assert of_named_cell(cell, Stamp(AT, SCAN, "00000", 1, Method.SYN), ground, at=AT).address == ""
