"""A back-test goes through the last scans' own documents once more, and tells which alerts other rules would have made of them."""

from typing import Any

from functions.core.alert import AlertType
from functions.core.coverage import Answer
from functions.core.policy import NO_RULES, Policy
from functions.core.rule import PROJECT_SCOPE, Rule, RuleSet
from functions.core.scan import ScanStatus
from functions.store import keys
from functions.store.attributes import to_item
from functions.usecases import back_test
from functions.usecases.back_test import BackTest, BackTestReport
from tests.store.examples import AT, PROJECT, after
from tests.usecases.inventory import LONG_AFTER, CountingTable, Inventory, Line, Storage, opened, told

WHOLE = "10.0.0.0 10.0.0.255"


def policy(*rules: dict[str, Any], default: str = "allow") -> Policy:
    named = tuple(Rule.model_validate({"name": f"r{place}", **rule}) for place, rule in enumerate(rules))
    fields: dict[str, Any] = {"created": AT, "created_by": "tester", "default": default}
    return Policy(project=RuleSet(project=PROJECT, scope=PROJECT_SCOPE, version=9, rules=named, **fields))


def scanned(inventory: Inventory, at: float, *lines: Line, ended: bool = True, chunks: int = 1, **fields: Any) -> str:
    """A scan of one chunk that was taken in and has ended; its id."""
    of = inventory.begin(at, **fields)
    inventory.take_in(of, inventory.save(of, lines, claimed=at))
    scan = inventory.scans.get(PROJECT, of)
    counts = scan.counts.model_copy(update={"chunks": chunks})
    status = ScanStatus.COMPLETED if ended else ScanStatus.RUNNING
    done = scan.model_copy(update={"status": status, "ended": after(at + 10), "counts": counts})
    index = {keys.GSI1_PK: keys.scans_of_network(PROJECT, inventory.network), keys.GSI1_SK: of}
    inventory.table.put(to_item(done, keys.scans(PROJECT), of, **index))
    return of


def tried(inventory: Inventory, rules: Policy, *, before: Policy = NO_RULES, scans: int = 5) -> BackTestReport:
    test = BackTest(
        networks=inventory.networks,
        scans=inventory.scans,
        ledger=inventory.ledger,
        results=inventory.results,
        exposures=inventory.exposures,
        hosts=inventory.hosts,
    )
    return test.replay(
        project=PROJECT, network=inventory.network, before=before, after=rules, scans=scans, now=LONG_AFTER
    )


def nothing(at: float) -> Line:
    return told(WHOLE, "1-1000", Answer.NO_ANSWER, at)


def one_open(port: int, at: float, *, asset: str = "10.0.0.1") -> tuple[Line, ...]:
    rest = ",".join(part for part in (f"1-{port - 1}", f"{port + 1}-1000"))
    return (
        told(asset, str(port), Answer.OPEN, at),
        told(asset, rest, Answer.NO_ANSWER, at),
        told("10.0.0.2 10.0.0.255", "1-1000", Answer.NO_ANSWER, at),
        opened(asset, port, at),
    )


def told_of(report: BackTestReport) -> list[tuple[str, str, str, int | None]]:
    return [(each.change, each.type.value, each.asset, each.port) for each in report.alerts]


BLOCK = {"action": "block", "ports": "22"}
ALLOW = {"action": "allow", "ports": "22"}


def test_a_block_adds_an_alert_where_the_port_was_part_of_the_baseline(inventory: Inventory) -> None:
    scan = scanned(inventory, 0, *one_open(22, 1))
    report = tried(inventory, policy(BLOCK))
    assert told_of(report) == [("added", "BLOCKED", "10.0.0.1", 22)]
    assert (report.added, report.removed, report.kept) == ({AlertType.BLOCKED: 1}, {}, 0)
    assert (report.scans, report.documents, report.documents_missing) == ((scan,), 1, 0)
    assert report.alerts[0].scan == scan
    assert "rule r0 of the project's rules (version 9) blocks" in report.alerts[0].why


def test_an_allow_removes_the_alert_of_a_port_that_opened_and_was_seen_again(inventory: Inventory) -> None:
    scanned(inventory, 0, nothing(1))
    scanned(inventory, 1000, *one_open(22, 1001))
    scanned(inventory, 2000, *one_open(22, 2001))
    report = tried(inventory, policy(ALLOW))
    assert told_of(report) == [("removed", "NEW_PORT", "10.0.0.1", 22)]
    assert tried(inventory, policy(BLOCK)).added == {AlertType.BLOCKED: 1}
    assert tried(inventory, policy(BLOCK)).removed == {AlertType.NEW_PORT: 1}


def test_rules_that_change_nothing_differ_in_nothing(inventory: Inventory) -> None:
    scanned(inventory, 0, nothing(1))
    scanned(inventory, 1000, *one_open(22, 1001))
    scanned(inventory, 2000, *one_open(22, 2001))
    report = tried(inventory, policy({**ALLOW, "ports": "443"}))
    assert (report.added, report.removed, report.kept, report.alerts) == ({}, {}, 1, ())


def test_what_only_an_older_scan_opened_is_known_from_the_inventory(inventory: Inventory) -> None:
    scanned(inventory, 0, nothing(1))
    scanned(inventory, 1000, *one_open(22, 1001))
    scanned(inventory, 2000, *one_open(22, 2001))
    report = tried(inventory, policy(ALLOW), scans=1)
    assert len(report.scans) == 1
    assert told_of(report) == [("removed", "NEW_PORT", "10.0.0.1", 22)]


def test_a_default_of_deny_adds_what_no_rule_allows(inventory: Inventory) -> None:
    scanned(inventory, 0, *one_open(22, 1))
    assert told_of(tried(inventory, policy(default="deny"))) == [("added", "NOT_ALLOWED", "10.0.0.1", 22)]
    assert told_of(tried(inventory, policy(ALLOW, default="deny"))) == []


def test_an_expectation_adds_an_alert_when_the_port_closes_and_when_it_was_never_open(inventory: Inventory) -> None:
    scanned(inventory, 0, *one_open(22, 1))
    scanned(inventory, 1000, nothing(1001))
    scanned(inventory, 2000, nothing(2001))
    expect = {"action": "expect", "assets": ["10.0.0.1", "10.0.0.7"], "ports": "22"}
    report = tried(inventory, policy(expect))
    assert sorted(told_of(report)) == [
        ("added", "EXPECTED_CLOSED", "10.0.0.1", 22),
        ("added", "EXPECTED_CLOSED", "10.0.0.7", 22),
    ]


def test_an_expectation_for_what_no_scan_covered_adds_nothing(inventory: Inventory) -> None:
    scanned(inventory, 0, *one_open(22, 1))
    expect = {"action": "expect", "assets": ["10.0.0.1"], "ports": "22,2222"}
    assert told_of(tried(inventory, policy(expect))) == []


def test_an_exception_that_had_ended_decides_nothing_from_then_on(inventory: Inventory) -> None:
    scanned(inventory, 0, *one_open(22, 1))
    ended = {**ALLOW, "until": after(5), "reason": "r"}
    assert tried(inventory, policy(ended, default="deny")).added == {AlertType.NOT_ALLOWED: 1}


def test_live_scans_are_left_out_and_no_more_are_read_than_asked_for(inventory: Inventory) -> None:
    scanned(inventory, 0, *one_open(22, 1))
    second = scanned(inventory, 1000, *one_open(22, 1001))
    scanned(inventory, 2000, *one_open(80, 2001), ended=False)
    report = tried(inventory, policy(BLOCK), scans=1)
    assert (report.scans, report.left_out) == ((second,), 0)


def test_what_is_too_much_for_one_request_is_left_out_and_told(inventory: Inventory) -> None:
    for at in (0, 1000, 2000):
        scanned(inventory, at, *one_open(22, at + 1), chunks=back_test.MAX_DOCUMENTS // 2)
    report = tried(inventory, policy(BLOCK), scans=5)
    assert (len(report.scans), report.left_out) == (2, 1)


def test_a_document_that_is_kept_no_longer_tells_nothing(inventory: Inventory, kept: Storage) -> None:
    gone = scanned(inventory, 0, *one_open(22, 1))
    scanned(inventory, 1000, *one_open(22, 1001))
    key = inventory.ledger.get(PROJECT, gone, "00000").result_key
    kept[1].client.delete_object(Bucket=kept[1].bucket, Key=key)
    report = tried(inventory, policy(BLOCK))
    assert (report.documents, report.documents_missing, report.added) == (1, 1, {AlertType.BLOCKED: 1})


def test_it_writes_nothing(inventory: Inventory) -> None:
    scanned(inventory, 0, *one_open(22, 1))
    assert isinstance(inventory.table, CountingTable)
    inventory.table.puts.clear()
    tried(inventory, policy(BLOCK))
    assert inventory.table.puts == []
