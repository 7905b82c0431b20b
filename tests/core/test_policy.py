"""The most specific rule decides, whatever the order of the rules and however they are looked up."""

import ipaddress
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.alert import RuleRef
from functions.core.intervals import IntervalSet
from functions.core.model import Protocol
from functions.core.policy import (
    NO_RULES,
    Policy,
    Subject,
    contenders,
    decide,
    expected,
    named_cells,
)
from functions.core.ports import parse_ports
from functions.core.rule import PROJECT_SCOPE, Action, Rule, RuleSet
from functions.core.targets import parse_exclusions

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
PROJECT, NETWORK = "01K8YB0Q00000000000000PR0J", "01K8YB0Q00000000000000NET0"
WEB = Subject("10.1.2.3", "10.1.2.3", Protocol.TCP, 443, service="https", tags=frozenset({"dmz", "web"}))


def rule_set(*rules: Rule, scope: str = PROJECT_SCOPE, default: str = "allow", version: int = 3) -> RuleSet:
    fields = {"project": PROJECT, "scope": scope, "version": version, "created": AT, "created_by": "tester"}
    return RuleSet.model_validate({**fields, "default": default, "rules": rules})


def allow(name: str = "allow", **fields: Any) -> Rule:
    return Rule.model_validate({"name": name, "action": Action.ALLOW, **fields})


def block(name: str = "block", **fields: Any) -> Rule:
    return Rule.model_validate({"name": name, "action": Action.BLOCK, **fields})


def expect(name: str = "expect", **fields: Any) -> Rule:
    return Rule.model_validate({"name": name, "action": Action.EXPECT, **fields})


ONE: dict[str, Any] = {"assets": ("10.1.2.3",)}
SMALL: dict[str, Any] = {"assets": ("10.1.2.0/24",)}
RANGE = {"assets": ("10.1.2.3-10.1.2.9",)}
LARGE: dict[str, Any] = {"assets": ("10.0.0.0/8",)}


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        pytest.param(ONE, RANGE, id="an address over a range"),
        pytest.param(RANGE, SMALL, id="a range over a wider network"),
        pytest.param(SMALL, LARGE, id="a longer prefix over a shorter one"),
        pytest.param(LARGE, {}, id="a network over any asset"),
        pytest.param({"assets": ("10.0.0.0/8", "10.1.2.3")}, SMALL, id="the nearest of a rule's assets speaks for it"),
        pytest.param(ONE, {**SMALL, "ports": "443", "service": "https"}, id="an address over everything else"),
        pytest.param({"ports": "443"}, {"ports": "80,443"}, id="fewer ports over more"),
        pytest.param({"ports": "all"}, {}, id="all ports over no word of ports"),
        pytest.param({"ports": "440-450"}, {"service": "https"}, id="ports over a service"),
        pytest.param({"service": "https"}, {"protocol": "tcp"}, id="a service over a protocol"),
        pytest.param({"protocol": "tcp"}, {"tag": "dmz"}, id="a protocol over a tag"),
        pytest.param({"tag": "dmz"}, {}, id="a tag over nothing"),
        pytest.param({"service": "https", "tag": "dmz"}, {"service": "https"}, id="a tag beside the same service"),
    ],
)
def test_the_more_specific_rule_decides(winner: dict[str, Any], loser: dict[str, Any]) -> None:
    for first, second in ((allow(**winner), block(**loser)), (block(**winner), allow(**loser))):
        for rules in ((first, second), (second, first)):
            decision = decide(Policy(project=rule_set(*rules)), WEB, AT)
            assert decision.rule is not None
            assert (decision.action, decision.rule.rule) == (first.action, first.name)


def test_a_network_s_rule_wins_over_an_equal_one_of_its_project_but_not_over_a_more_specific_one() -> None:
    same = Policy(project=rule_set(block(ports="443")), network=rule_set(allow(ports="443"), scope=NETWORK))
    assert decide(same, WEB, AT).rule == RuleRef(scope=NETWORK, version=3, rule="allow")
    narrower = Policy(project=rule_set(block(**ONE)), network=rule_set(allow(**SMALL), scope=NETWORK))
    assert decide(narrower, WEB, AT).action == "block"


def test_a_block_wins_over_an_equal_allow_of_the_same_set() -> None:
    assert decide(Policy(project=rule_set(allow(), block())), WEB, AT).action == "block"


def test_among_equals_the_first_decides() -> None:
    decision = decide(Policy(project=rule_set(allow("a"), allow("b"))), WEB, AT)
    assert decision.rule is not None
    assert decision.rule.rule == "a"


@pytest.mark.parametrize(
    "fields",
    [
        {"assets": ("10.1.2.4",)},
        {"assets": ("10.1.3.0/24", "fd00::/64")},
        {"assets": ("www.example.com",)},
        {"ports": "80,8443"},
        {"ports": "all,!443"},
        {"protocol": "udp"},
        {"service": "ssh"},
        {"tag": "office"},
    ],
)
def test_a_rule_that_does_not_fit_decides_nothing(fields: dict[str, Any]) -> None:
    decision = decide(Policy(network=rule_set(block(**fields), scope=NETWORK)), WEB, AT)
    assert (decision.action, decision.rule) == ("none", None)


def test_a_name_is_matched_in_any_case_and_its_address_by_networks_too() -> None:
    subject = Subject("www.Example.com", "10.1.2.3", Protocol.TCP, 443)
    assert decide(Policy(project=rule_set(block(assets=("WWW.example.com",)))), subject, AT).action == "block"
    assert decide(Policy(project=rule_set(block(**SMALL))), subject, AT).action == "block"
    named_first = Policy(project=rule_set(block(**SMALL), allow(assets=("www.example.com",))))
    assert decide(named_first, subject, AT).action == "allow"


def test_an_address_matches_no_rule_for_another_name_of_it() -> None:
    assert decide(Policy(project=rule_set(block(assets=("www.example.com",)))), WEB, AT).action == "none"


def test_ipv6_rules_match_ipv6_assets() -> None:
    subject = Subject("fd00::1:2", "fd00::1:2", Protocol.UDP, 53)
    assert decide(Policy(project=rule_set(block(assets=("fd00::1:0/112",)))), subject, AT).action == "block"
    assert decide(Policy(project=rule_set(block(assets=("fd00::2:0/112", "0.0.0.0/0")))), subject, AT).action == "none"


def test_an_exception_is_as_if_not_there_from_its_end_on() -> None:
    until = AT + timedelta(hours=1)
    policy = Policy(project=rule_set(block(), allow(**ONE, until=until, reason="a migration")))
    assert decide(policy, WEB, until - timedelta(microseconds=1)).action == "allow"
    assert decide(policy, WEB, until).action == "block"


def test_a_default_of_deny_calls_wrong_what_no_rule_allows() -> None:
    policy = Policy(project=rule_set(allow(ports="80"), default="deny"))
    decision = decide(policy, WEB, AT)
    assert (decision.action, decision.rule) == ("deny", RuleRef(scope=PROJECT_SCOPE, version=3, rule=""))
    assert decide(Policy(project=rule_set(allow(), default="deny")), WEB, AT).action == "allow"


def test_a_network_can_be_stricter_than_its_project_and_not_laxer() -> None:
    lax, strict = rule_set(), rule_set(default="deny")
    assert decide(Policy(project=strict, network=rule_set(scope=NETWORK)), WEB, AT).action == "deny"
    own = decide(Policy(project=lax, network=rule_set(scope=NETWORK, default="deny")), WEB, AT)
    assert own.rule == RuleRef(scope=NETWORK, version=3, rule="")


def test_without_rules_nothing_is_decided() -> None:
    assert decide(NO_RULES, WEB, AT).action == "none"
    assert expected(NO_RULES, WEB, AT) is None


def test_a_decision_says_which_rule_it_is_and_what_it_is_about() -> None:
    policy = Policy(project=rule_set(block("no-web", **SMALL, ports="80,443", tag="dmz")))
    assert decide(policy, WEB, AT).text == (
        "rule no-web of the project's rules (version 3) blocks 10.1.2.0/24, ports 80,443, tag dmz"
    )


def test_expectations_neither_allow_nor_block_and_are_asked_for_apart() -> None:
    policy = Policy(
        project=rule_set(expect(ports="443", **LARGE), expect("nearer", ports="443", **ONE), block(ports="1"))
    )
    assert decide(policy, WEB, AT).action == "none"
    found = expected(policy, WEB, AT)
    assert found == RuleRef(scope=PROJECT_SCOPE, version=3, rule="nearer")


def test_contenders_are_told_in_the_order_of_their_weight_each_once() -> None:
    wide = allow("wide", assets=("10.0.0.0/8", "10.1.0.0/16"))
    policy = Policy(project=rule_set(wide, block("any"), allow("one", **ONE), block("other", ports="1")))
    assert [entry.rule.name for entry in contenders(policy, WEB, AT)] == ["one", "wide", "any"]


def test_cells_are_named_by_expectations_for_single_assets_and_few_ports() -> None:
    policy = Policy(
        project=rule_set(
            expect("one", assets=("10.1.2.3/32", "WWW.example.com"), ports="80,443", protocol="tcp"),
            expect("both", assets=("10.1.2.4",), ports="53"),
            expect("network", **SMALL, ports="22"),
            expect("wide", **ONE, ports="1-1000"),
            expect("service", **ONE, ports="21", service="ftp"),
            expect("ended", **ONE, ports="23", until=AT, reason="over"),
            allow("no-expectation", **ONE, ports="25"),
        )
    )
    assert {(cell.asset, str(cell.protocol), cell.port, cell.rule.rule) for cell in named_cells(policy, AT)} == {
        ("10.1.2.3", "tcp", 80, "one"),
        ("10.1.2.3", "tcp", 443, "one"),
        ("www.example.com", "tcp", 80, "one"),
        ("www.example.com", "tcp", 443, "one"),
        ("10.1.2.4", "tcp", 53, "both"),
        ("10.1.2.4", "udp", 53, "both"),
    }


ADDRESSES = [str(ipaddress.IPv4Address("10.0.0.0") + offset) for offset in (0, 1, 5, 255, 256, 70000)]
ASSETS = [
    *ADDRESSES,
    "10.0.0.0/24",
    "10.0.0.0/8",
    "10.0.0.1-10.0.1.7",
    "0.0.0.0/0",
    "fd00::/64",
    "a.example",
    "b.example",
]
PORTS = ["", "22", "22,80", "1-100", "80-8080", "all", "all,!22"]
RULES = st.builds(
    Rule,
    name=st.just("x"),
    action=st.sampled_from(Action),
    assets=st.lists(st.sampled_from(ASSETS), max_size=3).map(tuple),
    ports=st.sampled_from(PORTS),
    protocol=st.sampled_from([None, *Protocol]),
    service=st.sampled_from(["", "ssh", "HTTP"]),
    tag=st.sampled_from(["", "dmz"]),
    until=st.sampled_from([None, AT, AT + timedelta(days=1)]),
)
SETS = st.lists(RULES, max_size=8).map(
    lambda rules: tuple(rule.model_copy(update={"name": f"r{index}"}) for index, rule in enumerate(rules))
)
SUBJECTS = st.builds(
    Subject,
    asset=st.sampled_from([*ADDRESSES, "fd00::9", "a.example"]),
    address=st.just("10.0.0.5"),
    protocol=st.sampled_from(Protocol),
    port=st.sampled_from([22, 80, 8080, 9999]),
    service=st.sampled_from(["", "ssh", "http"]),
    tags=st.sampled_from([frozenset[str](), frozenset({"dmz"})]),
)


def plainly_decided(sets: list[RuleSet], subject: Subject) -> str:
    """Every rule looked at, one after another: the documented order written out."""
    best: tuple[tuple[object, ...], str] | None = None
    for each in sets:
        for place, rule in enumerate(each.rules):
            if rule.action is Action.EXPECT or (rule.until is not None and rule.until <= AT):
                continue
            size = smallest_size(rule, subject)
            ports = (
                parse_ports(rule.ports, protocol=subject.protocol, field="ports").numbers
                if rule.ports
                else IntervalSet()
            )
            fits = (
                size is not None
                and (not rule.ports or subject.port in ports)
                and rule.protocol in (None, subject.protocol)
                and rule.service.lower() in ("", subject.service)
                and (not rule.tag or rule.tag in subject.tags)
            )
            if not fits:
                continue
            specific = (size, ports.count or 65536, not rule.service, rule.protocol is None, not rule.tag)
            weight = (*specific, each.scope == PROJECT_SCOPE, rule.action is Action.ALLOW, place)
            if best is None or weight < best[0]:
                best = (weight, f"{each.scope}/{rule.name}")
    return best[1] if best else ""


def smallest_size(rule: Rule, subject: Subject) -> int | None:
    if not rule.assets:
        return 2**129
    given = [parse_exclusions((asset,), field="assets") for asset in rule.assets]
    fitting = [
        each.count
        for each in given
        if each.contains(subject.asset) or ("example" in subject.asset and each.contains(subject.address))
    ]
    return min(fitting, default=None)


@settings(max_examples=100, deadline=None)
@given(SETS, SETS, SUBJECTS)
def test_looking_rules_up_decides_as_looking_at_every_one(
    of_project: tuple[Rule, ...], of_network: tuple[Rule, ...], subject: Subject
) -> None:
    project, network = rule_set(*of_project), rule_set(*of_network, scope=NETWORK)
    decision = decide(Policy(project=project, network=network), subject, AT)
    told = f"{decision.rule.scope}/{decision.rule.rule}" if decision.rule else ""
    assert told == plainly_decided([project, network], subject)


@settings(max_examples=100, deadline=None)
@given(SETS, SUBJECTS, st.randoms())
def test_the_order_of_rules_changes_no_verdict(rules: tuple[Rule, ...], subject: Subject, random: Random) -> None:
    shuffled = list(rules)
    random.shuffle(shuffled)
    verdicts = {decide(Policy(project=rule_set(*each)), subject, AT).action for each in (rules, tuple(shuffled))}
    assert len(verdicts) == 1
