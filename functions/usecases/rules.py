"""Rule sets of a project and of its networks: made, staged, replaced, asked.

The pointer moves first, then each network in scope is given to the review, which brings its alerts to what the rules now
say. A crash between is mended by the repeat of the same request, which finds its own version and only asks for the review.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from functions.adapters.queue import Queue
from functions.core.alert import RuleRef
from functions.core.errors import NotFound, StaleVersion
from functions.core.exposure import Exposure
from functions.core.model import Model, Protocol
from functions.core.policy import Policy, Subject, Verdict, contenders, decide, described, expected, told
from functions.core.rule import PROJECT_SCOPE, Action, RulePointer, RuleSet, RuleSetDraft
from functions.core.rule_check import check_draft
from functions.store.exposures import Exposures
from functions.store.hosts import Hosts
from functions.store.networks import Networks
from functions.store.projects import Projects
from functions.store.rules import Rules
from functions.usecases.ask_review import ask_review


class CurrentRules(RulePointer):
    """The pointer, and the rules that it makes count; None where there are none."""

    rules: RuleSet | None = None


class Question(Model):
    """A cell to ask the rules about. What is left out is taken from the inventory, where the cell is known there."""

    asset: str
    protocol: Protocol
    port: int
    service: str = ""
    tags: tuple[str, ...] = ()


class Contender(Model):
    """A rule that fits. The first of a list decides."""

    rule: RuleRef
    action: Action
    text: str


class Answered(Model):
    """What the rules say of a cell, which one says it, and which it was more specific than."""

    question: Question
    address: str
    known: bool
    """Whether the inventory knows the cell, so that service and address are what was seen."""
    action: Verdict
    rule: RuleRef | None
    text: str
    expected: RuleRef | None
    contenders: tuple[Contender, ...]


@dataclass(frozen=True, kw_only=True)
class ManageRules:
    projects: Projects
    networks: Networks
    rules: Rules
    exposures: Exposures
    hosts: Hosts
    review: Queue
    """Where a network is given to whose alerts the rules may have changed."""

    def read(self, project: str, scope: str) -> CurrentRules:
        """Raises NotFound."""
        self._check_scope(project, scope)
        return self._current(self.rules.pointer(project, scope))

    def replace(
        self, *, project: str, scope: str, draft: RuleSetDraft, stage: bool, expected: int, by: str, now: datetime
    ) -> CurrentRules:
        """Keeps `draft` as the next version and makes it count, or stages it; `expected` is the pointer's version.

        Raises Faults, NotFound, StaleVersion with the current pointer.
        """
        check_draft(draft)
        self._check_scope(project, scope)
        pointer = self.rules.pointer(project, scope)
        if self._is_repeat(pointer, draft, stage=stage, expected=expected):
            return self._current(self._reviewed(pointer))
        _refuse_stale(pointer, expected)
        stamp: dict[str, Any] = {"version": pointer.latest + 1, "created": now, "created_by": by}
        rule_set = RuleSet(**dict(draft), project=project, scope=scope, **stamp)
        if stage:
            return self._current(self.rules.stage(rule_set, expected=expected))
        return self._current(self._reviewed(self.rules.publish(rule_set, expected=expected)))

    def point(
        self,
        *,
        project: str,
        scope: str,
        which: Literal["current", "staged"],
        to: int,
        expected: int,
        by: str,
        now: datetime,
    ) -> CurrentRules:
        """Makes a kept version count, or stages it; 0 makes none. Raises NotFound, StaleVersion."""
        self._check_scope(project, scope)
        pointer = self.rules.pointer(project, scope)
        changes: dict[str, Any] = {which: to}
        if which == "current" and pointer.staged == to:
            changes["staged"] = 0
        if pointer.version == expected + 1 and getattr(pointer, which) == to:
            return self._current(self._reviewed(pointer))
        _refuse_stale(pointer, expected)
        moved = pointer.model_copy(update={**changes, "updated": now, "updated_by": by})
        pointer = self.rules.point(moved, expected=expected)
        return self._current(self._reviewed(pointer) if which == "current" else pointer)

    def tried(self, *, project: str, network: str, scope: str, version: int) -> tuple[Policy, Policy]:
        """The policy of a network as it stands, and with another version in `scope`. Raises NotFound."""
        pointers = {each: self.rules.pointer(project, each) for each in (PROJECT_SCOPE, network)}
        before = self.rules.policy_of(project, network, pointers[PROJECT_SCOPE], pointers[network])
        self.rules.get(project, scope, version)
        pointers[scope] = pointers[scope].model_copy(update={"current": version})
        return before, self.rules.policy_of(project, network, pointers[PROJECT_SCOPE], pointers[network])

    def drafted(
        self, *, project: str, network: str, scope: str, draft: RuleSetDraft, now: datetime
    ) -> tuple[Policy, Policy]:
        """As `tried`, with rules that are kept nowhere. Raises Faults."""
        check_draft(draft)
        version = self.rules.pointer(project, scope).latest + 1
        rule_set = RuleSet(
            **dict(draft), project=project, scope=scope, version=version, created=now, created_by="draft"
        )
        before = self.rules.policy(project, network)
        if scope == PROJECT_SCOPE:
            return before, Policy(project=rule_set, network=before.network)
        return before, Policy(project=before.project, network=rule_set)

    def ask(self, *, project: str, network: str, question: Question, now: datetime) -> Answered:
        """Which rule decides for a cell of a network, and why. Raises NotFound for the network."""
        tags = {*question.tags, *self.networks.get(project, network).tags}
        policy = self.rules.policy(project, network)
        exposure = self._exposure(project, network, question)
        subject = Subject(
            asset=question.asset,
            address=exposure.address if exposure else "",
            protocol=question.protocol,
            port=question.port,
            service=question.service or (exposure.service.name if exposure else ""),
            tags=frozenset(tags | self._host_tags(project, network, question.asset)),
        )
        decision = decide(policy, subject, now)
        return Answered(
            question=question.model_copy(update={"service": subject.service, "tags": tuple(sorted(subject.tags))}),
            address=subject.address,
            known=exposure is not None,
            action=decision.action,
            rule=decision.rule,
            text=decision.text,
            expected=expected(policy, subject, now),
            contenders=tuple(
                Contender(rule=entry.ref, action=entry.rule.action, text=f"{told(entry.ref)}: {described(entry)}")
                for entry in contenders(policy, subject, now)
            ),
        )

    def _exposure(self, project: str, network: str, question: Question) -> Exposure | None:
        try:
            return self.exposures.get(project, network, question.asset, question.protocol, question.port)
        except NotFound:
            return None

    def _host_tags(self, project: str, network: str, asset: str) -> frozenset[str]:
        try:
            return frozenset(self.hosts.get(project, network, asset).tags)
        except NotFound:
            return frozenset()

    def _current(self, pointer: RulePointer) -> CurrentRules:
        rules = self.rules.get(pointer.project, pointer.scope, pointer.current) if pointer.current else None
        return CurrentRules(**dict(pointer), rules=rules)

    def _is_repeat(self, pointer: RulePointer, draft: RuleSetDraft, *, stage: bool, expected: int) -> bool:
        made = pointer.staged if stage else pointer.current
        if pointer.version != expected + 1 or made != pointer.latest or not made:
            return False
        return draft_of(self.rules.get(pointer.project, pointer.scope, made)) == draft

    def _reviewed(self, pointer: RulePointer) -> RulePointer:
        for network in self._in_scope(pointer.project, pointer.scope):
            cause = f"rules of {pointer.scope}, change {pointer.version}"
            ask_review(self.review, project=pointer.project, network=network, cause=cause)
        return pointer

    def _in_scope(self, project: str, scope: str) -> Iterator[str]:
        if scope != PROJECT_SCOPE:
            yield scope
            return
        cursor = ""
        while True:
            page = self.networks.list(project, limit=100, cursor=cursor)
            yield from (network.id for network in page.items)
            cursor = page.next_cursor
            if not cursor:
                return

    def _check_scope(self, project: str, scope: str) -> None:
        if scope == PROJECT_SCOPE:
            self.projects.get(project)
        else:
            self.networks.get(project, scope)


def draft_of(rule_set: RuleSet) -> RuleSetDraft:
    return RuleSetDraft(**{name: getattr(rule_set, name) for name in RuleSetDraft.model_fields})


def _refuse_stale(pointer: RulePointer, expected: int) -> None:
    if pointer.version != expected:
        raise StaleVersion(
            f"the rules are at change {pointer.version}, not {expected}: read them and edit those",
            current=pointer.model_dump(mode="json"),
        )
