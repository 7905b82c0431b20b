"""Which alerts an exposure calls for, of what worth, and what they say."""

from datetime import timedelta
from typing import Any

import pytest

from functions.core import reasons
from functions.core.alert import Alert, AlertType, Severity
from functions.core.derive import Call, Case, Ground, identifiers, is_another, of_exposure
from functions.core.exposure import Change, Exposure
from functions.core.facts import Certificate, HostKey
from functions.core.ids import derived_id, time_of
from functions.core.network import Network
from functions.core.policy import NO_RULES, Policy
from functions.core.rule import RuleSet
from functions.core.service import Service
from tests.core.specs import AT, NETWORK, PROJECT, SCAN

LATER = AT + timedelta(days=3)
BEFORE = AT - timedelta(days=1)
NGINX = Service(name="http", product="nginx", version="1.22.1", confidence=10)
APACHE = Service(name="http", product="Apache httpd", confidence=10)


def a_change(kind: str = "opened", **fields: Any) -> Change:
    evidence = {"scan": SCAN, "chunk": "00003", "attempt": 2, "at": AT, "how": "syn", "previous_covered": BEFORE}
    return Change.model_validate({"kind": kind, **evidence, **fields})


def an_exposure(change: Change | None = None, **fields: Any) -> Exposure:
    plain = {
        "project": PROJECT,
        "network": NETWORK,
        "asset": "10.0.0.1",
        "address": "10.0.0.1",
        "protocol": "tcp",
        "port": 22,
        "state": "open",
        "first_seen": AT,
        "last_changed": AT,
        "change": change or a_change(),
    }
    return Exposure.model_validate({**plain, **fields})


BASELINE = a_change(baseline=True, previous_covered=None)


def a_ground(*rules: dict[str, Any], default: str = "allow", tags: tuple[str, ...] = (), **settings: Any) -> Ground:
    network = Network.model_validate(
        {
            "id": NETWORK,
            "project": PROJECT,
            "name": "office",
            "targets": ("10.0.0.0/24",),
            "tags": tags,
            "alerts": {"confirm": [], **settings},
            "created": AT,
            "updated": AT,
        }
    )
    if not rules and default == "allow":
        return Ground(network, NO_RULES)
    made = {"project": PROJECT, "scope": NETWORK, "version": 7, "created": AT, "created_by": "somebody"}
    return Ground(network, Policy(network=RuleSet.model_validate({**made, "default": default, "rules": rules})))


def calls(exposure: Exposure, ground: Ground | None = None, **fields: Any) -> dict[str, Call]:
    found = of_exposure(Case(exposure=exposure, ground=ground or a_ground(), **{"at": AT, **fields}))
    return {call.alert.type.value: call for call in found}


def raised(exposure: Exposure, ground: Ground | None = None, **fields: Any) -> set[str]:
    return {kind for kind, call in calls(exposure, ground, **fields).items() if not call.waiting}


def the(kind: str, exposure: Exposure, ground: Ground | None = None, **fields: Any) -> Alert:
    return calls(exposure, ground, **fields)[kind].alert


BLOCK = {"name": "no-ssh", "action": "block", "ports": "22"}
ALLOW = {"name": "ssh-is-fine", "action": "allow", "ports": "22"}
EXPECT = {"name": "must-answer", "action": "expect", "assets": ["10.0.0.1"], "ports": "22"}

REOPENED = an_exposure(a_change("reopened"), opening=BASELINE, reopened=1)


@pytest.mark.parametrize(
    ("exposure", "ground", "expected"),
    [
        (an_exposure(), a_ground(), {"NEW_PORT"}),
        (an_exposure(BASELINE), a_ground(), set()),
        (an_exposure(BASELINE), a_ground(baseline="alert"), {"NEW_PORT"}),
        (an_exposure(BASELINE), a_ground(default="deny"), {"NOT_ALLOWED"}),
        (an_exposure(BASELINE), a_ground(ALLOW, default="deny"), set()),
        (an_exposure(), a_ground(default="deny"), {"NEW_PORT"}),
        (an_exposure(), a_ground(ALLOW), set()),
        (an_exposure(), a_ground(BLOCK), {"BLOCKED"}),
        (an_exposure(BASELINE), a_ground(BLOCK), {"BLOCKED"}),
        (an_exposure(a_change("reopened"), episode=2), a_ground(), {"REOPENED"}),
        (REOPENED, a_ground(), {"REOPENED"}),
        (an_exposure(a_change("reopened"), opening=a_change(), reopened=1), a_ground(), {"NEW_PORT"}),
        (an_exposure(held=True), a_ground(BLOCK), set()),
        (an_exposure(a_change("closed"), state="closed"), a_ground(BLOCK), set()),
        (an_exposure(a_change("closed"), state="closed"), a_ground(EXPECT), {"EXPECTED_CLOSED"}),
        (an_exposure(a_change("missed"), opening=BASELINE, state="suspect"), a_ground(EXPECT), set()),
        (an_exposure(), a_ground(silent=["NEW_PORT"]), set()),
        (an_exposure(confirmed=False), a_ground(confirm=["NEW_PORT"]), set()),
        (an_exposure(confirmed=False), a_ground(BLOCK, confirm=["NEW_PORT"]), {"BLOCKED"}),
        (an_exposure(confirmed=True), a_ground(confirm=["NEW_PORT"]), {"NEW_PORT"}),
    ],
)
def test_one_state_of_an_open_port_calls_for_one_alert(exposure: Exposure, ground: Ground, expected: set[str]) -> None:
    assert raised(exposure, ground) == expected


def test_what_waits_for_a_second_look_is_neither_raised_nor_resolved() -> None:
    assert calls(an_exposure(confirmed=False), a_ground(confirm=["NEW_PORT"]))["NEW_PORT"].waiting


@pytest.mark.parametrize(("answering", "waiting"), [(True, False), (False, True)])
def test_what_flaps_keeps_its_alert_while_it_is_away(answering: bool, waiting: bool) -> None:
    flapping = an_exposure(state="flapping", answering=answering, flips=(BEFORE, AT), reopened=1)
    assert calls(flapping)["NEW_PORT"].waiting is waiting
    assert "It flaps: it opened and closed 2 times" in calls(flapping)["NEW_PORT"].alert.why.text


def test_an_expectation_that_flaps_is_told_of_once() -> None:
    away, there = (an_exposure(a_change("closed"), state="flapping", answering=each) for each in (False, True))
    assert not calls(away, a_ground(EXPECT))["EXPECTED_CLOSED"].waiting
    assert calls(there, a_ground(EXPECT))["EXPECTED_CLOSED"].waiting


def test_a_first_coverage_under_review_is_an_info_to_look_at() -> None:
    alert = the("NEW_PORT", an_exposure(BASELINE), a_ground(baseline="review"))
    assert (alert.severity, alert.rated, alert.review) == ("info", "info", True)
    assert "had never been covered before" in alert.why.text


def test_an_exception_that_has_ended_allows_nothing() -> None:
    ground = a_ground({**ALLOW, "until": LATER, "reason": "a migration"})
    assert raised(an_exposure(), ground, at=AT) == set()
    assert raised(an_exposure(), ground, at=LATER) == {"NEW_PORT"}


def test_rules_by_tag_see_the_tags_of_host_and_network() -> None:
    rule = {"name": "dmz", "action": "block", "tag": "dmz"}
    assert raised(an_exposure(), a_ground(rule)) == {"NEW_PORT"}
    assert raised(an_exposure(), a_ground(rule), host_tags=("dmz",)) == {"BLOCKED"}
    assert raised(an_exposure(), a_ground(rule, tags=("dmz",))) == {"BLOCKED"}


def test_the_why_of_a_new_port_names_the_coverage_before_and_the_evidence() -> None:
    alert = the("NEW_PORT", an_exposure())
    assert alert.why.text == (
        f"22/tcp on 10.0.0.1 is open. It was covered at {BEFORE:%Y-%m-%dT%H:%M:%SZ} and not open then. "
        f"Answered a SYN probe at {AT:%Y-%m-%dT%H:%M:%SZ}, scan {SCAN}, chunk 00003, attempt 2."
    )
    assert (alert.why.scan, alert.severity, alert.why.rule) == (SCAN, Severity.HIGH, None)


def test_the_why_of_a_blocked_port_names_rule_and_version() -> None:
    alert = the("BLOCKED", an_exposure(), a_ground(BLOCK))
    assert "rule no-ssh of the network's rules (version 7) blocks" in alert.why.text
    assert alert.why.rule is not None
    assert (alert.why.rule.rule, alert.why.rule.version) == ("no-ssh", 7)


def test_the_why_of_a_port_that_no_rule_allows_names_the_set_and_version() -> None:
    alert = the("NOT_ALLOWED", an_exposure(BASELINE), a_ground(default="deny"))
    assert "the network's rules (version 7) deny what no rule allows" in alert.why.text


def test_a_hostname_is_named_with_the_address_that_answered() -> None:
    assert "22/tcp on web.example (10.0.0.1) is open" in the("NEW_PORT", an_exposure(asset="web.example")).why.text


def test_a_reopening_within_the_window_goes_on_with_the_alert_of_its_episode() -> None:
    first = the("NEW_PORT", an_exposure())
    again = the("NEW_PORT", an_exposure(a_change("reopened", at=LATER), opening=a_change(), reopened=2))
    assert again.id == first.id
    assert (first.count, again.count) == (1, 3)
    assert "reopened 2 times" in again.why.text


def test_what_was_open_from_the_first_is_reopened_once_when_it_opens_again() -> None:
    assert the("REOPENED", REOPENED).count == 1
    assert the("REOPENED", REOPENED.model_copy(update={"reopened": 2})).count == 2
    assert the("REOPENED", an_exposure(a_change("reopened"), episode=2)).count == 1


def test_each_episode_has_its_own_alert_and_its_id_tells_its_time() -> None:
    first = the("REOPENED", an_exposure(a_change("reopened"), episode=2))
    second = the("REOPENED", an_exposure(a_change("reopened", at=LATER), episode=3))
    assert first.id != second.id
    assert time_of(first.id) == AT


@pytest.mark.parametrize("later", ["changed", "missed", "seen_again", "confirmed"])
def test_what_changes_later_does_not_change_the_alert(later: str) -> None:
    after = an_exposure(a_change(later, at=LATER), opening=a_change())
    assert the("NEW_PORT", after) == the("NEW_PORT", an_exposure())


def test_every_alert_of_an_exposure_is_found_by_its_identifiers() -> None:
    known = identifiers(an_exposure())
    assert the("NEW_PORT", an_exposure()).id in known
    assert the("BLOCKED", an_exposure(), a_ground(BLOCK)).id in known
    assert len(set(known)) == 6


def test_one_cause_across_hosts_is_one_group_and_another_port_another() -> None:
    here, there, other = (the("NEW_PORT", an_exposure(**each)) for each in ({}, {"asset": "10.0.0.2"}, {"port": 80}))
    assert here.group == there.group != other.group


CHANGED = a_change("changed", at=LATER)


def changed_from(before: Service, after: Service) -> tuple[Exposure, Exposure]:
    return an_exposure(BASELINE, service=before), an_exposure(CHANGED, opening=BASELINE, service=after, version=2)


def test_another_service_on_a_port_is_an_alert_that_names_both() -> None:
    before, after = changed_from(NGINX, APACHE)
    alert = the("SERVICE_CHANGED", after, before=before)
    assert "answers as Apache httpd http where it answered as nginx http" in alert.why.text
    assert (alert.severity, alert.why.scan) == (Severity.LOW, SCAN)
    assert raised(after, before=before) == {"SERVICE_CHANGED"}


def test_a_service_that_somebody_accepted_is_no_alert_until_it_changes_again() -> None:
    before, after = changed_from(NGINX, APACHE)
    assert "SERVICE_CHANGED" not in calls(after.model_copy(update={"accepted": LATER}), before=before)
    assert "SERVICE_CHANGED" in calls(after.model_copy(update={"accepted": BEFORE}), before=before)


def test_a_service_change_that_makes_another_alert_is_not_told_twice() -> None:
    before, after = changed_from(NGINX, APACHE.model_copy(update={"name": "telnet"}))
    rule = {"name": "no-telnet", "action": "block", "service": "telnet"}
    assert raised(after, a_ground(rule), before=before) == {"BLOCKED"}


def test_a_changed_service_stays_an_alert_as_long_as_the_port_is_open() -> None:
    later = an_exposure(a_change("missed", at=LATER), opening=BASELINE, service=APACHE)
    assert calls(later)["SERVICE_CHANGED"].waiting
    closed = an_exposure(a_change("closed"), opening=BASELINE, state="closed")
    assert "SERVICE_CHANGED" not in calls(closed)


def proven(key: str = "aa", **fields: str) -> Service:
    told = {"subject": "a.example", "issuer": "R3", "issuer_organisation": "Let's Encrypt", "sha256": "aa"} | fields
    keys = (HostKey(type="ssh-ed25519", bits=256, sha256=key),)
    return NGINX.model_copy(update={"tls": Certificate.model_validate(told), "ssh": keys})


def test_an_alert_names_the_key_that_is_another() -> None:
    text = reasons.service_changed(an_exposure(a_change("changed"), service=proven(key="bb")), proven())
    assert "has another ssh-ed25519 host key: SHA256:bb, before SHA256:aa." in text
    assert "answers as" not in text


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (NGINX, NGINX.model_copy(update={"version": "1.24.0"}), False),
        (NGINX, APACHE, True),
        (NGINX, NGINX.model_copy(update={"tunnel": "ssl"}), True),
        (NGINX.model_copy(update={"product": ""}), NGINX, False),
        (Service(name="ssh", confidence=3), NGINX, False),
        (Service(), NGINX, False),
        (proven(), proven(sha256="renewed"), False),
        (proven(), proven(issuer="R11"), False),
        (proven(), proven(issuer_organisation="Other"), True),
        (proven(), proven(subject="b.example"), True),
        (proven(), proven(key="another"), True),
        (NGINX, proven(), False),
        (proven(), NGINX, False),
    ],
)
def test_more_knowledge_or_another_version_is_no_other_service(before: Service, after: Service, expected: bool) -> None:
    assert is_another(before, after) is expected


@pytest.mark.parametrize(
    ("override", "severity"),
    [
        ({"severity": "low"}, "low"),
        ({"type": "NEW_PORT", "severity": "critical"}, "critical"),
        ({"type": "BLOCKED", "severity": "low"}, "high"),
        ({"ports": "1-100", "severity": "low"}, "low"),
        ({"ports": "80", "severity": "low"}, "high"),
        ({"protocol": "udp", "severity": "low"}, "high"),
        ({"service": "http", "severity": "low"}, "low"),
    ],
)
def test_a_network_may_rate_an_alert_otherwise(override: dict[str, str], severity: str) -> None:
    alert = the("NEW_PORT", an_exposure(service=NGINX), a_ground(severities=[override]))
    assert (alert.severity, alert.rated) == (severity, severity)


def test_the_first_override_that_fits_decides() -> None:
    rows = [{"ports": "80", "severity": "info"}, {"ports": "22", "severity": "low"}, {"severity": "medium"}]
    assert the("NEW_PORT", an_exposure(), a_ground(severities=rows)).severity == "low"


def test_ids_derive_from_the_cell_and_its_episode() -> None:
    cell = (PROJECT, NETWORK, "10.0.0.1", "tcp", "22", "1")
    assert the("NEW_PORT", an_exposure()).id == derived_id(AT, AlertType.NEW_PORT, *cell)
