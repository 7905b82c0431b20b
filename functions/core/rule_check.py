"""Whether a draft of rules means something: every fault with the field that it is in."""

import unicodedata
from collections.abc import Iterator

from functions.core.errors import Faults, InvalidInput
from functions.core.model import Protocol
from functions.core.rule import Action, Rule, RuleSetDraft
from functions.core.rule_index import ports_of
from functions.core.targets import parse_exclusions

MAX_FAULTS = 100
MAX_ASSETS = 10_000
"""Of all rules together."""

MAX_ENDS = 100
"""Different ends in one set: each is called for by itself."""

Fault = tuple[str, str]


def check_draft(draft: RuleSetDraft) -> None:
    """Raises Faults: each names its field as in `rules.3.ports`."""
    faults: list[Fault] = []
    names: dict[str, int] = {}
    for position, rule in enumerate(draft.rules):
        found = [(f"rules.{position}.{field}", message) for field, message in faults_of(rule)]
        first = names.setdefault(rule.name, position)
        if first != position:
            found.append((f"rules.{position}.name", f"rules.{first} has this name already: give each rule its own"))
        faults += found
    assets = sum(len(rule.assets) for rule in draft.rules)
    if assets > MAX_ASSETS:
        faults.append(("rules", f"{assets} assets in all: {MAX_ASSETS:,} at most; write networks instead of addresses"))
    ends = len({rule.until for rule in draft.rules} - {None})
    if ends > MAX_ENDS:
        faults.append(("rules", f"{ends} different ends: {MAX_ENDS} at most; let exceptions end together"))
    if faults:
        raise Faults(faults[:MAX_FAULTS])


def faults_of(rule: Rule) -> Iterator[Fault]:
    """What is wrong with one rule, by its field."""
    for index, asset in enumerate(rule.assets):
        try:
            parse_exclusions((asset,), field="assets")
        except InvalidInput as error:
            yield f"assets.{index}", error.message
    yield from _ports_fault(rule)
    for field in ("service", "tag", "reason"):
        if any(unicodedata.category(each).startswith("C") for each in getattr(rule, field)):
            yield field, "holds a control character: leave it out"
    if rule.until is not None and not rule.reason.strip():
        yield "reason", "a rule with an end is an exception: say why"
    if rule.action is Action.EXPECT and not rule.ports:
        yield "ports", "an expectation names the ports that must be open"


def _ports_fault(rule: Rule) -> Iterator[Fault]:
    try:
        for protocol in (rule.protocol,) if rule.protocol else Protocol:
            ports_of(rule.ports, protocol)
    except InvalidInput as error:
        yield "ports", error.message
