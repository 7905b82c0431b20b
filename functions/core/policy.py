"""What the rules of a project and of a network say of an open port, and which of them says it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from functions.core.alert import RuleRef
from functions.core.model import Protocol
from functions.core.rule import PROJECT_SCOPE, Action, RuleSet
from functions.core.rule_index import Entry, RuleIndex, Subject, entries_of

__all__ = [
    "NO_RULES",
    "Decision",
    "NamedCell",
    "Policy",
    "Subject",
    "Verdict",
    "contenders",
    "decide",
    "expected",
    "named_cells",
]

Verdict = Literal["allow", "block", "none", "deny"]
"""`none`: no rule decides and the port is let be; `deny`: no rule decides, and the default calls that wrong."""

MAX_NAMED_PORTS = 64
"""An expectation of more ports names none of them exactly."""


@dataclass(frozen=True)
class Policy:
    """The current sets; None where there is none. Make it once and ask it often: the first question files its rules."""

    project: RuleSet | None = None
    network: RuleSet | None = None

    @cached_property
    def deciding(self) -> RuleIndex:
        return RuleIndex(entry for entry in self.entries if entry.rule.action is not Action.EXPECT)

    @cached_property
    def expecting(self) -> RuleIndex:
        return RuleIndex(entry for entry in self.entries if entry.rule.action is Action.EXPECT)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(entry for each in (self.project, self.network) if each is not None for entry in entries_of(each))

    @property
    def denying(self) -> RuleSet | None:
        """The set whose default denies: a network may be stricter than its project, never laxer."""
        return next(
            (each for each in (self.network, self.project) if each is not None and each.default == "deny"), None
        )


NO_RULES = Policy()


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` is None where nothing was decided; its name is empty where a set's default did. `text`: one sentence."""

    action: Verdict
    rule: RuleRef | None
    text: str


@dataclass(frozen=True, slots=True)
class NamedCell:
    """A cell that an expectation names by address or hostname and port."""

    asset: str
    protocol: Protocol
    port: int
    rule: RuleRef


def decide(policy: Policy, subject: Subject, at: datetime) -> Decision:
    """The most specific rule wins, block over allow at equal weight; ended exceptions are as if not there."""
    best = min(_standing(policy.deciding, subject, at), key=_weight, default=None)
    if best is not None:
        action: Verdict = "block" if best.rule.action is Action.BLOCK else "allow"
        return Decision(action, best.ref, f"{told(best.ref)} {action}s {described(best)}")
    denying = policy.denying
    if denying is not None:
        ref = RuleRef(scope=denying.scope, version=denying.version, rule="")
        return Decision("deny", ref, f"no rule allows it, and {_set_told(ref)} deny what no rule allows")
    return Decision("none", None, "no rule decides it")


def expected(policy: Policy, subject: Subject, at: datetime) -> RuleRef | None:
    """The most specific rule that says that the cell must be open; None where none does."""
    best = min(_standing(policy.expecting, subject, at), key=_weight, default=None)
    return best.ref if best is not None else None


def contenders(policy: Policy, subject: Subject, at: datetime) -> list[Entry]:
    """Every rule that fits and stands, the deciding one first, each once."""
    found: dict[RuleRef, Entry] = {}
    for entry in sorted(_standing(policy.deciding, subject, at), key=_weight):
        found.setdefault(entry.ref, entry)
    return list(found.values())


def named_cells(policy: Policy, at: datetime) -> Iterator[NamedCell]:
    """What expectations name exactly, each cell once for each rule; those by service or tag, network or wide port set name none.

    Whether a more specific rule expects the cell too is for `expected` to say.
    """
    for entry in policy.entries:
        rule = entry.rule
        if rule.action is Action.EXPECT and not rule.service and not rule.tag and _stands(entry, at):
            for port in _named_ports(entry):
                yield NamedCell(entry.where.describe(), entry.protocol, port, entry.ref)


def _named_ports(entry: Entry) -> Iterator[int]:
    """None where the entry names more than one asset or too many ports."""
    if entry.where.count == 1 and entry.ports is not None and entry.ports.count <= MAX_NAMED_PORTS:
        yield from entry.ports


def described(entry: Entry) -> str:
    """What a rule is about, in words that fit a sentence."""
    rule = entry.rule
    parts = [entry.asset or "any asset", f"ports {_short(rule.ports)}" if rule.ports else "any port"]
    given = (("protocol", rule.protocol), ("service", rule.service), ("tag", rule.tag))
    return ", ".join([*parts, *(f"{name} {_short(value)}" for name, value in given if value)])


def told(ref: RuleRef) -> str:
    return f"rule {ref.rule} of {_set_told(ref)}"


def _set_told(ref: RuleRef) -> str:
    owner = "the project" if ref.scope == PROJECT_SCOPE else "the network"
    return f"{owner}'s rules (version {ref.version})"


def _standing(index: RuleIndex, subject: Subject, at: datetime) -> Iterator[Entry]:
    return (entry for entry in index.matching(subject) if _stands(entry, at))


def _stands(entry: Entry, at: datetime) -> bool:
    return entry.rule.until is None or at < entry.rule.until


def _weight(entry: Entry) -> tuple[int, ...]:
    return entry.weight


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}..."
