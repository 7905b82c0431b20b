"""What must be, as the script tells it; and how far what is differs from it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from functions.core.ports import PortSet
from tests.scenario.script import Line

Port = tuple[str, int]
"""A host's name and a port."""
Fact = tuple[str, str, int | None]
"""What an alert is about: its type, a host or a network, and a port where it is about one."""

MARKS = ("ack", "snoozed", "muted")


@dataclass(frozen=True)
class Shown:
    """An alert as a user sees it. The severity of a resolved one is of no account."""

    status: str
    severity: str
    count: int = 1
    marks: frozenset[str] = frozenset()

    @property
    def resolved(self) -> bool:
        return self.status == "resolved"

    def __str__(self) -> str:
        return " ".join((self.status, self.severity, f"count={self.count}", *sorted(self.marks)))


@dataclass
class Findings:
    """Differences, each counted once, on the day that it shows first."""

    false_alerts: int = 0
    missed_alerts: int = 0
    wrong_states: int = 0
    told: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        return self.false_alerts + self.missed_alerts + self.wrong_states


@dataclass
class Expected:
    states: dict[Port, str] = field(default_factory=dict)
    alerts: dict[Fact, list[Shown]] = field(default_factory=lambda: defaultdict(list))
    """Each one raised about the same fact, oldest first."""
    findings: Findings = field(default_factory=Findings)
    _known: set[tuple[object, ...]] = field(default_factory=set)

    @property
    def raised(self) -> int:
        return sum(len(each) for each in self.alerts.values())

    def take(self, line: Line) -> None:
        kind, words = line.words[0], list(line.words[1:])
        if kind == "=":
            host, ports, state = words
            for port in PortSet.from_canonical(ports).numbers:
                self.states[host, port] = state
            return
        fact, rest = _fact(words)
        if kind == "+":
            self.alerts[fact].append(_changed(Shown("open", rest.pop(0)), rest))
            return
        if not self.alerts[fact]:
            raise ValueError(f"{line} speaks of an alert that no line has raised")
        before = self.alerts[fact][-1]
        self.alerts[fact][-1] = replace(before, status="resolved") if kind == "-" else _changed(before, rest)

    def compare(self, when: str, states: Mapping[Port, str], alerts: Mapping[Fact, list[Shown]]) -> None:
        for cell in sorted(self.states.keys() | states.keys()):
            wanted, found = self.states.get(cell, "unknown"), states.get(cell, "unknown")
            if wanted != found:
                self._differs("wrong_states", when, cell, wanted, found)
        for fact in sorted(self.alerts.keys() | alerts.keys(), key=str):
            self._compare_alerts(when, fact, self.alerts.get(fact, []), alerts.get(fact, []))

    def _compare_alerts(self, when: str, fact: Fact, wanted: list[Shown], found: list[Shown]) -> None:
        for index in range(max(len(wanted), len(found))):
            must = wanted[index] if index < len(wanted) else None
            has = found[index] if index < len(found) else None
            if must is None or has is None or not _same(must, has):
                missing = has is None or (must is not None and has.resolved and not must.resolved)
                kind = "missed_alerts" if missing else "false_alerts"
                self._differs(kind, when, (*fact, index), str(must), str(has))

    def _differs(self, kind: str, when: str, about: tuple[object, ...], wanted: str, found: str) -> None:
        fault = (kind, about, wanted, found)
        if fault not in self._known:
            self._known.add(fault)
            setattr(self.findings, kind, getattr(self.findings, kind) + 1)
            self.findings.told.append(f"{when}: {' '.join(map(str, about))}: must be {wanted}, is {found}")


def _same(must: Shown, has: Shown) -> bool:
    if must.resolved:
        return has.resolved and has.count == must.count
    return must == has


def _fact(words: list[str]) -> tuple[Fact, list[str]]:
    """`NEW_PORT web 8080 ...`, or `SCAN_FAILED office ...` for what is about no port."""
    kind, about, *rest = words
    port = int(rest.pop(0)) if rest and rest[0].isdecimal() else None
    return (kind, about, port), rest


def _changed(shown: Shown, words: list[str]) -> Shown:
    """`words`: a severity, a status, `count=N`, a mark or `no-` and a mark, in any order."""
    for word in words:
        if word in MARKS:
            shown = replace(shown, marks=shown.marks | {word})
        elif word.removeprefix("no-") in MARKS:
            shown = replace(shown, marks=shown.marks - {word.removeprefix("no-")})
        elif word.startswith("count="):
            shown = replace(shown, count=int(word.removeprefix("count=")))
        elif word in ("open", "in_progress", "resolved"):
            shown = replace(shown, status=word)
        else:
            shown = replace(shown, severity=word)
    return shown
