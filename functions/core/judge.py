"""What evidence about a cell makes of its exposure: a table of (state, answer) -> change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from functions.core.coverage import Answer, Method
from functions.core.exposure import OPENINGS, Change, ChangeKind, Exposure, ExposureState
from functions.core.model import Protocol
from functions.core.service import Service


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


def judge(
    exposure: Exposure | None, evidence: Evidence, *, covered_before: datetime | None, misses_to_close: int
) -> Exposure | None:
    """The exposure as the evidence leaves it, or None where it changes nothing.

    `covered_before`: when the cell was last covered by other evidence; None when never. Evidence that is not younger than
    what the cell was last judged or covered by is not applied, nor what was applied before.
    """
    if covered_before is not None and evidence.at <= covered_before:
        return None
    if exposure is not None and (evidence.at <= exposure.change.at or is_of(exposure, evidence)):
        return None
    kind = _kind(exposure, evidence, misses_to_close)
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
        previous_covered=covered_before,
    )
    return _opened(evidence, change) if exposure is None else _changed(exposure, evidence, change)


def is_of(exposure: Exposure, evidence: Evidence) -> bool:
    """Whether this very evidence made the exposure's last change."""
    change = exposure.change
    return (change.scan, change.chunk, change.attempt) == (evidence.scan, evidence.chunk, evidence.attempt)


def better_service(known: Service, seen: Service) -> Service:
    """What to believe: detection that did not finish, or knows less, never overrides what is known."""
    if not seen.name or seen.confidence < known.confidence:
        return known
    same_name = seen.name == known.name
    knows_less = same_name and (
        (known.product and not seen.product)
        or (seen.product == known.product and known.version != "" and not seen.version)
    )
    return known if knows_less else seen


def _kind(exposure: Exposure | None, evidence: Evidence, misses_to_close: int) -> ChangeKind | None:
    if exposure is None:
        return ChangeKind.OPENED if evidence.answer is Answer.OPEN else None
    rule = _RULES.get((exposure.state, evidence.answer))
    return rule(exposure, evidence, misses_to_close) if rule else None


def _still_open(exposure: Exposure, evidence: Evidence, _misses_to_close: int) -> ChangeKind | None:
    if _identity(better_service(exposure.service, evidence.service)) != _identity(exposure.service):
        return ChangeKind.CHANGED
    return ChangeKind.SEEN_AGAIN if exposure.misses else None


def _silent(exposure: Exposure, _evidence: Evidence, misses_to_close: int) -> ChangeKind | None:
    return ChangeKind.CLOSED if exposure.misses + 1 >= misses_to_close else ChangeKind.MISSED


_RULES: dict[tuple[ExposureState, Answer], Callable[[Exposure, Evidence, int], ChangeKind | None]] = {
    (ExposureState.OPEN, Answer.OPEN): _still_open,
    (ExposureState.OPEN, Answer.REFUSED): lambda _exposure, _evidence, _misses: ChangeKind.CLOSED,
    (ExposureState.OPEN, Answer.NO_ANSWER): _silent,
    (ExposureState.OPEN, Answer.HOST_DOWN): _silent,
    (ExposureState.CLOSED, Answer.OPEN): lambda _exposure, _evidence, _misses: ChangeKind.REOPENED,
}
"""What is not here changes nothing: above all cells that are not covered, and discovery's silence."""


def _identity(service: Service) -> tuple[str, str, str, str]:
    """What makes a service another one; `extra` and the rest vary with the moment of asking."""
    return service.name, service.product, service.version, service.tunnel


def _opened(evidence: Evidence, change: Change) -> Exposure:
    return Exposure(
        project=evidence.project,
        network=evidence.network,
        asset=evidence.asset,
        address=evidence.address,
        protocol=evidence.protocol,
        port=evidence.port,
        state=ExposureState.OPEN,
        service=evidence.service,
        first_seen=evidence.at,
        last_changed=evidence.at,
        change=change,
        opening=change,
    )


_SILENT = frozenset({ChangeKind.MISSED, ChangeKind.SEEN_AGAIN})
"""Bookkeeping: the exposure itself is as it was."""


def _changed(exposure: Exposure, evidence: Evidence, change: Change) -> Exposure:
    kind = change.kind
    changes: dict[str, object] = {"change": change, "version": exposure.version + 1, "misses": 0}
    if kind not in _SILENT:
        changes["last_changed"] = evidence.at
    if kind is ChangeKind.CLOSED:
        changes["state"] = ExposureState.CLOSED
    if kind is ChangeKind.MISSED or (kind is ChangeKind.CLOSED and evidence.answer is not Answer.REFUSED):
        changes["misses"] = exposure.misses + 1
    if evidence.answer is Answer.OPEN:
        changes |= {"service": better_service(exposure.service, evidence.service), "address": evidence.address}
    if kind in OPENINGS:
        changes |= {"state": ExposureState.OPEN, "episode": exposure.episode + 1, "opening": change}
        changes["service"] = evidence.service
    return exposure.model_copy(update=changes)
