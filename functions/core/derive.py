"""Which alerts an exposure calls for: the same whenever it is asked."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from functions.core import reasons
from functions.core.acceptance import is_accepted
from functions.core.alert import Alert, AlertType, RuleRef, Severity, Why
from functions.core.exposure import OPENINGS, PRESENT, ChangeKind, Exposure, ExposureState
from functions.core.facts import another_key, another_party
from functions.core.ids import derived_id, time_of
from functions.core.model import Protocol
from functions.core.network import AlertSettings, Network
from functions.core.policy import Decision, Policy, Subject, decide, expected
from functions.core.service import Service
from functions.core.severity import rated

GUESS = 3
"""A service by the port table alone: learning its real name is no change of it."""

OF_EXPOSURES = (
    AlertType.BLOCKED,
    AlertType.NEW_PORT,
    AlertType.REOPENED,
    AlertType.NOT_ALLOWED,
    AlertType.SERVICE_CHANGED,
    AlertType.EXPECTED_CLOSED,
)


DECIDING = ("alerts", "tags", "enabled", "schedule")
"""What of a network's settings decides which alerts it has."""


@dataclass(frozen=True)
class Ground:
    """What decides beside the record itself."""

    network: Network
    policy: Policy

    @property
    def settings(self) -> AlertSettings:
        return self.network.alerts

    def decides_as(self, other: "Ground | None") -> bool:
        """Whether the same alerts follow from both."""
        return other is not None and self._deciding == other._deciding

    @property
    def _deciding(self) -> tuple[object, ...]:
        network, sets = self.network, (self.policy.project, self.policy.network)
        versions = tuple(each.version if each else 0 for each in sets)
        return (*(getattr(network, name) for name in DECIDING), *versions)

    @cached_property
    def asks_for_tags(self) -> bool:
        """Whether any rule must know the tags of hosts."""
        sets = (self.policy.project, self.policy.network)
        return any(rule.tag for each in sets if each is not None for rule in each.rules)


@dataclass(frozen=True)
class Call:
    """An alert that is called for. `waiting`: not to be raised yet, nor to be resolved where it was raised before."""

    alert: Alert
    waiting: bool = False


@dataclass(frozen=True, kw_only=True)
class Case:
    """An exposure as it stands at a time. `before`: as it stood before its last change, where that is known."""

    exposure: Exposure
    ground: Ground
    at: datetime
    host_tags: tuple[str, ...] = ()
    before: Exposure | None = None

    @cached_property
    def subject(self) -> Subject:
        return self._subject(self.exposure)

    @cached_property
    def decision(self) -> Decision:
        return decide(self.ground.policy, self.subject, self.at)

    @cached_property
    def kind(self) -> AlertType | None:
        """The one of OPENNESS that it calls for."""
        return _openness_kind(self.exposure, self.ground.settings, self.decision)

    @cached_property
    def kind_before(self) -> AlertType | None:
        if self.before is None:
            return None
        decision = decide(self.ground.policy, self._subject(self.before), self.at)
        return _openness_kind(self.before, self.ground.settings, decision)

    def _subject(self, exposure: Exposure) -> Subject:
        return Subject(
            asset=exposure.asset,
            address=exposure.address,
            protocol=exposure.protocol,
            port=exposure.port,
            service=exposure.service.name,
            tags=frozenset({*self.host_tags, *self.ground.network.tags}),
        )


def of_exposure(case: Case) -> tuple[Call, ...]:
    """One of OPENNESS at most, and what the last change or an expectation calls for beside it."""
    calls = (_openness(case), _service_changed(case), _expected_closed(case))
    return tuple(call for call in calls if call and call.alert.type not in case.ground.settings.silent)


def identifiers(exposure: Exposure) -> tuple[str, ...]:
    """Of every alert that the exposure's present episode may have raised."""
    return tuple(_identifier(kind, exposure) for kind in OF_EXPOSURES)


def group_of(
    kind: AlertType,
    scan: str,
    *,
    protocol: Protocol | None = None,
    port: int | None = None,
    rule: RuleRef | None = None,
) -> str:
    """The same for one cause across many hosts in one scan."""
    ruled = (rule.scope, str(rule.version), rule.rule) if rule else ()
    return derived_id(time_of(scan), kind, scan, str(protocol or ""), "" if port is None else str(port), *ruled)


def is_another(before: Service, after: Service) -> bool:
    """Another service, host key or holder of the certificate; not another version, a renewed certificate nor more knowledge."""
    if another_key(before.ssh, after.ssh) or another_party(before.tls, after.tls):
        return True
    if not before.name or before.confidence <= GUESS:
        return False
    products = before.product != after.product and bool(before.product and after.product)
    return before.name != after.name or products or before.tunnel != after.tunnel


def _identifier(kind: AlertType, exposure: Exposure) -> str:
    cell = (exposure.project, exposure.network, exposure.asset, exposure.protocol.value, str(exposure.port))
    return derived_id(exposure.opening.at, kind, *cell, str(exposure.episode))


def _times(kind: AlertType, exposure: Exposure) -> int:
    """How often its cause came about in the episode: the first opening of all is no reopening."""
    first_opening_apart = kind is AlertType.REOPENED and exposure.episode == 1
    return exposure.reopened + (0 if first_opening_apart else 1)


def _openness_kind(exposure: Exposure, settings: AlertSettings, decision: Decision) -> AlertType | None:
    if exposure.state not in PRESENT or exposure.held:
        return None
    if decision.action == "block":
        return AlertType.BLOCKED
    if decision.action == "allow":
        return None
    return _unruled_kind(exposure, settings, denied=decision.action == "deny")


def _unruled_kind(exposure: Exposure, settings: AlertSettings, *, denied: bool) -> AlertType | None:
    if exposure.accepted is not None:
        return AlertType.NOT_ALLOWED if denied else None
    if not exposure.opening.baseline and exposure.episode == 1:
        return AlertType.NEW_PORT
    if exposure.episode > 1 or exposure.reopened:
        return AlertType.REOPENED
    if settings.baseline != "silent":
        return AlertType.NEW_PORT
    return AlertType.NOT_ALLOWED if denied else None


def _openness(case: Case) -> Call | None:
    exposure, settings, kind = case.exposure, case.ground.settings, case.kind
    if kind is None:
        return None
    change = exposure.change if exposure.change.kind in OPENINGS else exposure.opening
    ruled = kind in (AlertType.BLOCKED, AlertType.NOT_ALLOWED)
    why = Why(
        text=reasons.openness(kind, exposure, change, case.decision),
        change=change,
        scan=change.scan,
        rule=case.decision.rule if ruled else None,
    )
    first = kind is AlertType.NEW_PORT and exposure.opening.baseline
    unconfirmed = kind in settings.confirm and not exposure.confirmed
    alert = _of_cell(kind, case, why, review=first and settings.baseline == "review")
    return Call(alert, waiting=unconfirmed or _is_away(exposure))


def _is_away(exposure: Exposure) -> bool:
    """What flaps keeps the alert that it has while it is closed for the moment, and raises none then."""
    return exposure.state is ExposureState.FLAPPING and not exposure.answering


def _service_changed(case: Case) -> Call | None:
    """Raised by the change itself, unless that makes another alert; then it stays as long as the port does."""
    exposure, before = case.exposure, case.before
    if exposure.state not in PRESENT or exposure.held or is_accepted(exposure):
        return None
    was = before.service if before else Service()
    told = exposure.change.kind is ChangeKind.CHANGED and is_another(was, exposure.service)
    another_alert = case.kind is not None and case.kind is not case.kind_before
    text = reasons.service_changed(exposure, was)
    why = Why(text=text, change=exposure.change, scan=exposure.change.scan)
    alert = _of_cell(AlertType.SERVICE_CHANGED, case, why).model_copy(update={"count": 1})
    return Call(alert, waiting=not told or another_alert)


def _expected_closed(case: Case) -> Call | None:
    exposure = case.exposure
    flapping = exposure.state is ExposureState.FLAPPING
    if not flapping and exposure.state is not ExposureState.CLOSED:
        return None
    rule = expected(case.ground.policy, case.subject, case.at)
    if rule is None:
        return None
    change = exposure.change
    why = Why(text=reasons.closed(exposure, change, rule), change=change, scan=change.scan, rule=rule)
    alert = _of_cell(AlertType.EXPECTED_CLOSED, case, why)
    return Call(alert, waiting=flapping and exposure.answering)


def _of_cell(kind: AlertType, case: Case, why: Why, *, review: bool = False) -> Alert:
    exposure = case.exposure
    worth = rated(
        kind, case.ground.settings, protocol=exposure.protocol, port=exposure.port, service=exposure.service.name
    )
    severity = Severity.INFO if review else worth
    return Alert(
        id=_identifier(kind, exposure),
        project=exposure.project,
        network=exposure.network,
        type=kind,
        severity=severity,
        rated=severity,
        review=review,
        asset=exposure.asset,
        address=exposure.address,
        protocol=exposure.protocol,
        port=exposure.port,
        episode=exposure.episode,
        count=_times(kind, exposure),
        service=exposure.service,
        group=group_of(kind, why.scan, protocol=exposure.protocol, port=exposure.port, rule=why.rule),
        why=why,
        raised=case.at,
        updated=case.at,
    )
