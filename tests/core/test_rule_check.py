"""A draft that means nothing is refused with every fault and the field that it is in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.core.errors import Faults
from functions.core.rule import RuleSetDraft
from functions.core.rule_check import check_draft

AT = datetime(2026, 11, 1, tzinfo=UTC)


def draft(*rules: dict[str, Any]) -> RuleSetDraft:
    named = [{"name": f"r{index}", "action": "allow", **rule} for index, rule in enumerate(rules)]
    return RuleSetDraft.model_validate({"rules": named})


def test_a_sound_draft_passes() -> None:
    check_draft(
        draft(
            {},
            {"action": "block", "assets": ["0.0.0.0/0", "fd00::/8", "10.0.0.1-10.0.0.9", "www.example.com"]},
            {"action": "expect", "ports": "443,8000-8010"},
            {"until": AT, "reason": "a migration"},
            {"ports": "top-100", "protocol": "udp", "service": "dns", "tag": "dmz"},
        )
    )


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"assets": ["10.0.0.1", "10.0.0.300"]}, "rules.1.assets.1"),
        ({"assets": ["10.0.0.1/8"]}, "rules.1.assets.0"),
        ({"assets": ["--all"]}, "rules.1.assets.0"),
        ({"ports": "0"}, "rules.1.ports"),
        ({"ports": "top-7"}, "rules.1.ports"),
        ({"ports": "22,"}, "rules.1.ports"),
        ({"until": AT}, "rules.1.reason"),
        ({"until": AT, "reason": "  "}, "rules.1.reason"),
        ({"reason": "a\u202eb"}, "rules.1.reason"),
        ({"service": "a\nb"}, "rules.1.service"),
        ({"tag": "a\x1b[1m"}, "rules.1.tag"),
        ({"action": "expect"}, "rules.1.ports"),
        ({"name": "r0"}, "rules.1.name"),
    ],
)
def test_a_fault_is_told_with_its_field(rule: dict[str, Any], field: str) -> None:
    with pytest.raises(Faults) as refused:
        check_draft(draft({}, rule))
    assert [name for name, _ in refused.value.faults] == [field]
    assert refused.value.field == field


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Faults) as refused:
        check_draft(draft({"ports": "x"}, {}, {"ports": "70000", "assets": ["?"]}))
    assert [name for name, _ in refused.value.faults] == ["rules.0.ports", "rules.2.assets.0", "rules.2.ports"]


def test_a_set_has_a_bounded_number_of_assets_and_of_ends() -> None:
    addresses = [f"10.0.{index // 256}.{index % 256}" for index in range(10_001)]
    wide = [{"assets": addresses[start : start + 100]} for start in range(0, len(addresses), 100)]
    ends = [{"until": AT + timedelta(days=day), "reason": "r"} for day in range(101)]
    for rules in (wide, ends):
        with pytest.raises(Faults) as refused:
            check_draft(draft(*rules))
        assert refused.value.field == "rules"
    same_end = [{"until": AT, "reason": "r"}] * 101
    check_draft(draft(*same_end))
