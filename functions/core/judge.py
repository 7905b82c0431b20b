"""What evidence about a cell makes of its exposure: a table of (found open last or not, answer) -> change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from functions.core.coverage import Answer, Method
from functions.core.exposure import FLIPS, OPENINGS, Change, ChangeKind, Exposure, ExposureState
from functions.core.facts import merged_keys
from functions.core.model import Protocol
from functions.core.network import Flapping
from functions.core.service import Service

MAX_FLIPS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one attempt saw at one cell."""

    project: str
    network: str
    asset: str
    address: str
    protocol: Protocol
    port: int
    answer: Answer
    how: Method
    service: Service = field(default_factory=Service)
    at: datetime
    scan: str
    chunk: str
    attempt: int
    held: bool = False
    """The host answers on everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What the scan's snapshot says of how soon to believe a change."""

    misses_to_close: int = 2
    reopen_window_hours: int = 168
    flapping: Flapping = field(default_factory=Flapping)

    @property
    def flapping_window(self) -> timedelta:
        return timedelta(hours=self.flapping.window_hours)


def judge(
    exposure: Exposure | None, evidence: Evidence, *, covered_before: datetime | None, patience: Patience
) -> Exposure | None:
    """The exposure as the evidence leaves it, or None where it changes nothing.

    `covered_before`: when the cell was last covered by other evidence; None when never. Evidence that is not younger than
    what the cell was last judged or covered by is not applied, nor what was applied before.
    """
    if covered_before is not None and evidence.at <= covered_before:
        return None
    if exposure is not None and (evidence.at <= exposure.change.at or is_of(exposure, evidence)):
        return None
    kind = _kind(exposure, evidence, patience)
    if kind is None:
        return None
    change = Change(
        kind=kind,
        baseline=kind is ChangeKind.OPENED and covered_before is None,
        scan=evidence.scan,
        chunk=evidence.chunk,
        attempt=evidence.attempt,
        at=evidence.at,
        how=evidence.how,
        answer=evidence.answer,
        previous_covered=covered_before,
    )
    return _opened(evidence, change) if exposure is None else _changed(exposure, evidence, change, patience)


def is_of(exposure: Exposure, evidence: Evidence) -> bool:
    """Whether this very evidence made the exposure's last change."""
    change = exposure.change
    return (change.scan, change.chunk, change.attempt) == (evidence.scan, evidence.chunk, evidence.attempt)


def better_service(known: Service, seen: Service) -> Service:
    """What to believe: detection that did not finish, or knows less, never overrides what is known."""
    believed = _better_named(known, seen)
    same = (believed.name, believed.tunnel) == (known.name, known.tunnel)
    tls = seen.tls or (known.tls if same else None)
    ssh = merged_keys(known.ssh, seen.ssh) if same else seen.ssh
    if (tls, ssh) == (believed.tls, believed.ssh):
        return believed
    return believed.model_copy(update={"tls": tls, "ssh": ssh})


def _better_named(known: Service, seen: Service) -> Service:
    if not seen.name or seen.confidence < known.confidence:
        return known
    same_name = seen.name == known.name
    knows_less = same_name and (
        (known.product and not seen.product)
        or (seen.product == known.product and known.version != "" and not seen.version)
    )
    return known if knows_less else seen


Rule = Callable[[Exposure, Evidence, Patience], ChangeKind | None]


def _kind(exposure: Exposure | None, evidence: Evidence, patience: Patience) -> ChangeKind | None:
    if exposure is None:
        return ChangeKind.OPENED if evidence.answer is Answer.OPEN else None
    rule = _RULES.get((is_answering(exposure), evidence.answer))
    return rule(exposure, evidence, patience) if rule else None


def is_answering(exposure: Exposure) -> bool:
    """Whether the last verdict found it open, whatever it has missed since."""
    return exposure.state is not ExposureState.CLOSED and exposure.answering


def _still_open(exposure: Exposure, evidence: Evidence, patience: Patience) -> ChangeKind | None:
    if _identity(better_service(exposure.service, evidence.service)) != _identity(exposure.service):
        return ChangeKind.CHANGED
    if _settles(exposure, evidence, patience):
        return ChangeKind.SETTLED
    if exposure.misses:
        return ChangeKind.SEEN_AGAIN
    return ChangeKind.CONFIRMED if _confirms(exposure, evidence) else None


def _silent(exposure: Exposure, _evidence: Evidence, patience: Patience) -> ChangeKind | None:
    return ChangeKind.CLOSED if exposure.misses + 1 >= patience.misses_to_close else ChangeKind.MISSED


def _still_closed(exposure: Exposure, evidence: Evidence, patience: Patience) -> ChangeKind | None:
    return ChangeKind.SETTLED if _settles(exposure, evidence, patience) else None


_RULES: dict[tuple[bool, Answer], Rule] = {
    (True, Answer.OPEN): _still_open,
    (True, Answer.REFUSED): lambda _exposure, _evidence, _patience: ChangeKind.CLOSED,
    (True, Answer.NO_ANSWER): _silent,
    (True, Answer.OPEN_FILTERED): _silent,
    (True, Answer.FILTERED): _silent,
    (True, Answer.HOST_DOWN): _silent,
    (False, Answer.OPEN): lambda _exposure, _evidence, _patience: ChangeKind.REOPENED,
    (False, Answer.REFUSED): _still_closed,
    (False, Answer.NO_ANSWER): _still_closed,
    (False, Answer.OPEN_FILTERED): _still_closed,
    (False, Answer.FILTERED): _still_closed,
    (False, Answer.HOST_DOWN): _still_closed,
}
"""What is not here changes nothing: above all cells that are not covered, and discovery's silence."""


def _confirms(exposure: Exposure, evidence: Evidence) -> bool:
    """Open in a scan after the one that opened it, or, where its host's answers said nothing, once they say something."""
    waits = exposure.held or not exposure.confirmed
    return waits and not evidence.held and evidence.scan != exposure.change.scan


def _settles(exposure: Exposure, evidence: Evidence, patience: Patience) -> bool:
    return exposure.state is ExposureState.FLAPPING and _is_quiet(exposure, evidence.at, patience)


def _is_quiet(exposure: Exposure, at: datetime, patience: Patience) -> bool:
    last = exposure.flips[-1] if exposure.flips else exposure.last_changed
    return at - last > patience.flapping_window


def _identity(service: Service) -> tuple[object, ...]:
    """What makes a service another one; `extra` and the rest vary with the moment of asking."""
    return service.name, service.product, service.version, service.tunnel, service.tls, service.ssh


def _opened(evidence: Evidence, change: Change) -> Exposure:
    return Exposure(
        project=evidence.project,
        network=evidence.network,
        asset=evidence.asset,
        address=evidence.address,
        protocol=evidence.protocol,
        port=evidence.port,
        state=ExposureState.OPEN,
        flips=(evidence.at,),
        confirmed=change.baseline,
        held=evidence.held,
        service=evidence.service,
        first_seen=evidence.at,
        last_changed=evidence.at,
        change=change,
        opening=change,
    )


_SILENT = frozenset({ChangeKind.MISSED, ChangeKind.SEEN_AGAIN, ChangeKind.CONFIRMED, ChangeKind.SETTLED})
"""Bookkeeping: the exposure itself is as it was."""


def _changed(exposure: Exposure, evidence: Evidence, change: Change, patience: Patience) -> Exposure:
    kind = change.kind
    flips = _flips(exposure, evidence, kind, patience)
    changes: dict[str, object] = {
        "change": change,
        "version": exposure.version + 1,
        "misses": 0,
        "flips": flips,
        "state": _state(exposure, evidence, kind, len(flips), patience),
        "answering": _answers_after(exposure, kind),
    }
    if kind not in _SILENT:
        changes["last_changed"] = evidence.at
    if kind is ChangeKind.MISSED or (kind is ChangeKind.CLOSED and evidence.answer is not Answer.REFUSED):
        changes["misses"] = exposure.misses + 1
    if kind is ChangeKind.CLOSED:
        changes["held"] = False
    if evidence.answer is Answer.OPEN:
        changes |= _seen_open(exposure, evidence)
    if kind in OPENINGS:
        changes |= _reopened(exposure, evidence, change, patience)
    return exposure.model_copy(update=changes)


def _flips(exposure: Exposure, evidence: Evidence, kind: ChangeKind, patience: Patience) -> tuple[datetime, ...]:
    """Those that the window still holds, with the one that this is."""
    kept = tuple(each for each in exposure.flips if evidence.at - each <= patience.flapping_window)
    return (*kept, evidence.at)[-MAX_FLIPS:] if kind in FLIPS else kept


def _state(exposure: Exposure, evidence: Evidence, kind: ChangeKind, flips: int, patience: Patience) -> ExposureState:
    flapping = exposure.state is ExposureState.FLAPPING
    if kind is ChangeKind.SETTLED or (kind in FLIPS and _is_quiet(exposure, evidence.at, patience)):
        flapping = False
    if flapping or (kind in FLIPS and flips >= patience.flapping.changes):
        return ExposureState.FLAPPING
    if kind is ChangeKind.MISSED:
        return ExposureState.SUSPECT
    return ExposureState.OPEN if _answers_after(exposure, kind) else ExposureState.CLOSED


def _answers_after(exposure: Exposure, kind: ChangeKind) -> bool:
    if kind in FLIPS:
        return kind is not ChangeKind.CLOSED
    return is_answering(exposure)


def _seen_open(exposure: Exposure, evidence: Evidence) -> dict[str, object]:
    seen: dict[str, object] = {
        "service": better_service(exposure.service, evidence.service),
        "address": evidence.address,
    }
    return {**seen, "confirmed": True, "held": False} if _confirms(exposure, evidence) else seen


def _reopened(exposure: Exposure, evidence: Evidence, change: Change, patience: Patience) -> dict[str, object]:
    """Within the window the episode goes on; after it the next one begins."""
    now = {"confirmed": False, "held": evidence.held, "accepted": None, "accepted_by": ""}
    closed = exposure.flips[-1] if exposure.flips else exposure.last_changed
    if evidence.at - closed <= timedelta(hours=patience.reopen_window_hours):
        return {**now, "reopened": exposure.reopened + 1}
    return {**now, "episode": exposure.episode + 1, "reopened": 0, "opening": change, "service": evidence.service}
