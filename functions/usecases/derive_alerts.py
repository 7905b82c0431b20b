"""Alerts of exposures and hosts, as their records change."""

from dataclasses import dataclass, field
from functools import partial

from functions.core.acceptance import is_accepted
from functions.core.alert import Alert, AlertType
from functions.core.derive import Call, Case, Ground, identifiers, is_another, of_exposure
from functions.core.derive_wider import host_identifiers, is_of_interest, never_open_identifier, of_host
from functions.core.exposure import PRESENT, ChangeKind, Exposure, ExposureState
from functions.core.host import Host
from functions.core.policy import NamedCell, expected
from functions.core.scan import CellRef
from functions.store.waiting import Waiting
from functions.usecases.ground import Grounds
from functions.usecases.settle_alerts import SettleAlerts
from functions.usecases.settle_hosts import ACCEPTED, SILENCED, SettleHosts

_BOOKKEEPING = frozenset({ChangeKind.MISSED, ChangeKind.SEEN_AGAIN})
"""As long as the port is not closed by them, they change nothing that an alert rests on."""


@dataclass(frozen=True, kw_only=True)
class DeriveAlerts:
    """Use one for a batch: what decides is read once for each network."""

    grounds: Grounds
    settle: SettleAlerts
    waiting: Waiting
    _returned: set[tuple[str, str, str]] = field(default_factory=set)
    """Hosts that were looked at again in this batch."""

    def exposure(self, before: Exposure | None, after: Exposure) -> None:
        """Settle what a change just written calls for. `before`: None for one that was just found. Raises StaleVersion."""
        ground = self.grounds.of(after.project, after.network)
        if ground is None or (before is not None and _is_bookkeeping(before, after)):
            return
        case = self._case(ground, after, before)
        calls = of_exposure(case)
        known = (*self._never_open(case), *(identifiers(after) if before is not None else ()))
        if before is not None and before.opening != after.opening:
            known = (*known, *identifiers(before))
        if known:
            self.settle(calls, project=after.project, known=known, over=partial(over, case))
        else:
            self.settle.raise_new(calls)
        self._await_confirmation(case, calls)
        if after.change.kind is ChangeKind.REOPENED:
            self._host_is_back(after, ground)

    def host(self, before: Host | None, after: Host) -> None:
        ground = self.grounds.of(after.project, after.network)
        if ground is None:
            return
        if before is None:
            self.settle.raise_new(of_host(after, ground))
        elif _tells_otherwise(before, after):
            self._hosts.there(after, ground, known=host_identifiers(before).values())

    @property
    def _hosts(self) -> SettleHosts:
        return SettleHosts(settle=self.settle)

    def _host_is_back(self, exposure: Exposure, ground: Ground) -> None:
        """Its alert may have been resolved when nothing of it was open any more."""
        key = (exposure.project, exposure.network, exposure.asset)
        if key in self._returned:
            return
        host = self.grounds.host(*key)
        if host is not None and is_of_interest(host):
            self._hosts.there(host, ground)
        self._returned.add(key)

    def _case(self, ground: Ground, exposure: Exposure, before: Exposure | None) -> Case:
        return Case(
            exposure=exposure,
            ground=ground,
            at=self.settle.clock(),
            host_tags=self.grounds.host_tags(ground, exposure.asset),
            before=before,
        )

    def _never_open(self, case: Case) -> tuple[str, ...]:
        """The alert that an expectation may have raised before the cell was ever open."""
        exposure = case.exposure
        rule = (
            expected(case.ground.policy, case.subject, case.at) if exposure.change.kind is ChangeKind.OPENED else None
        )
        if rule is None:
            return ()
        cell = NamedCell(exposure.asset, exposure.protocol, exposure.port, rule)
        return (never_open_identifier(case.ground.network, cell),)

    def _await_confirmation(self, case: Case, calls: tuple[Call, ...]) -> None:
        exposure = case.exposure
        if exposure.confirmed or not any(_unconfirmed(call, case) for call in calls):
            return
        cell = CellRef(asset=exposure.asset, protocol=exposure.protocol, port=exposure.port)
        self.waiting.add(exposure.project, exposure.change.scan, cell, now=case.at)


def over(case: Case, alert: Alert) -> str:
    """Why an alert of an exposure is resolved that does not call for it any more."""
    exposure = case.exposure
    if alert.type is AlertType.EXPECTED_CLOSED:
        return _as_expected(case)
    if exposure.state is ExposureState.CLOSED:
        change = exposure.change
        return f"closed in covered scope: scan {change.scan}, chunk {change.chunk}, attempt {change.attempt}"
    if exposure.held:
        return "its host answers on everything"
    if alert.type in case.ground.settings.silent:
        return SILENCED
    return _as_it_is(case)


def _as_it_is(case: Case) -> str:
    if case.decision.action == "allow":
        return case.decision.text
    if case.kind is None:
        return ACCEPTED if is_accepted(case.exposure) else "open as expected"
    return f"told of as {case.kind}"


def _as_expected(case: Case) -> str:
    change = case.exposure.change
    if case.exposure.state is ExposureState.CLOSED:
        return "no rule expects it any more"
    return f"open as expected: scan {change.scan}, chunk {change.chunk}, attempt {change.attempt}"


def _unconfirmed(call: Call, case: Case) -> bool:
    return call.waiting and call.alert.type in case.ground.settings.confirm and case.exposure.answering


def _tells_otherwise(before: Host, after: Host) -> bool:
    """Whether a host calls for other alerts, or may be back after it was gone."""
    same = (before.answers_everything, before.accepted) == (after.answers_everything, after.accepted)
    return not same or (after.up and not before.up)


def _is_bookkeeping(before: Exposure, after: Exposure) -> bool:
    """Whether nothing that an alert rests on is different, so that no alert need be read."""
    same = (before.opening, before.held, before.confirmed) == (after.opening, after.held, after.confirmed)
    if after.change.kind is ChangeKind.CHANGED:
        return same and _stands_as_it_did(before, after)
    return same and after.change.kind in _BOOKKEEPING and before.state in PRESENT and after.state in PRESENT


def _stands_as_it_did(before: Exposure, after: Exposure) -> bool:
    """A service that tells more of itself, or another version, of which nothing is called for."""
    state = (before.state, before.answering) == (after.state, after.answering)
    accepted = is_accepted(before) == is_accepted(after)
    return (
        state
        and accepted
        and before.service.name == after.service.name
        and not is_another(before.service, after.service)
    )
