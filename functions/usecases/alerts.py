"""Alerts from exposures: one rule, asked as changes arrive and asked again to mend what was missed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from functions.core.alert import SEVERITIES, Alert, AlertType, Severity, Why
from functions.core.coverage import Method
from functions.core.errors import AlreadyExists, NotFound
from functions.core.exposure import OPENINGS, PRESENT, Change, ChangeKind, Exposure
from functions.core.ids import derived_id
from functions.core.network import AlertSettings
from functions.store.alerts import Alerts
from functions.store.exposures import Exposures
from functions.store.networks import Networks
from functions.store.stream import StreamRecord
from functions.usecases.consume_stream import one_by_one

_HOW = {
    Method.SYN: "a SYN probe",
    Method.CONNECT: "a full connection",
    Method.UDP: "a UDP probe",
    Method.NONE: "no probe",
}


def derive(exposure: Exposure, settings: AlertSettings) -> Alert | None:
    """The alert that the exposure's present episode calls for, the same whenever it is asked; None: it calls for none."""
    if exposure.state not in PRESENT or not exposure.answering:
        return None
    opening = exposure.opening
    if opening.baseline and settings.baseline == "silent":
        return None
    review = opening.baseline and settings.baseline == "review"
    cell = (exposure.project, exposure.network, exposure.asset, exposure.protocol.value, str(exposure.port))
    return Alert(
        id=derived_id(opening.at, AlertType.NEW_PORT, *cell, str(exposure.episode)),
        project=exposure.project,
        network=exposure.network,
        type=AlertType.NEW_PORT,
        severity=Severity.INFO if review else SEVERITIES[AlertType.NEW_PORT],
        rated=Severity.INFO if review else SEVERITIES[AlertType.NEW_PORT],
        review=review,
        asset=exposure.asset,
        address=exposure.address,
        protocol=exposure.protocol,
        port=exposure.port,
        episode=exposure.episode,
        service=exposure.service,
        group=derived_id(opening.at, AlertType.NEW_PORT, opening.scan, exposure.protocol.value, str(exposure.port)),
        why=Why(text=_why(exposure, opening), change=opening, scan=opening.scan),
        raised=opening.at,
        updated=opening.at,
    )


def _why(exposure: Exposure, opening: Change) -> str:
    asset = exposure.asset if exposure.asset == exposure.address else f"{exposure.asset} ({exposure.address})"
    again = " again" if opening.kind is ChangeKind.REOPENED else ""
    if opening.previous_covered is None:
        before = "it had never been covered before"
    else:
        before = f"it was covered at {opening.previous_covered:%Y-%m-%dT%H:%M:%SZ} and not open then"
    return (
        f"{exposure.port}/{exposure.protocol} on {asset} is open{again}: {before}. "
        f"Answered {_HOW[opening.how]} at {opening.at:%Y-%m-%dT%H:%M:%SZ}, "
        f"scan {opening.scan}, chunk {opening.chunk}, attempt {opening.attempt}."
    )


@dataclass(frozen=True, kw_only=True)
class RaiseAlerts:
    """What *evaluate* does with a changed exposure. Use one for a batch: settings are read once for each network."""

    networks: Networks
    alerts: Alerts
    _settings: dict[tuple[str, str], AlertSettings | None] = field(default_factory=dict)

    def changed(self, exposure: Exposure) -> bool:
        """Raise what a change just written calls for; whether an alert was raised that was not there."""
        return exposure.change.kind in OPENINGS and self.present(exposure)

    def present(self, exposure: Exposure) -> bool:
        """Raise what the exposure as it stands calls for, whatever changed last."""
        settings = self._settings_of(exposure)
        alert = derive(exposure, settings) if settings else None
        if alert is None:
            return False
        try:
            self.alerts.create(alert)
        except AlreadyExists:
            return False
        return True

    def _settings_of(self, exposure: Exposure) -> AlertSettings | None:
        """None for a network that is gone: nobody watches it any more."""
        key = (exposure.project, exposure.network)
        if key not in self._settings:
            try:
                self._settings[key] = self.networks.get(*key).alerts
            except NotFound:
                self._settings[key] = None
        return self._settings[key]


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """The step of the stream consumer: changed exposures to alerts."""

    networks: Networks
    alerts: Alerts

    def __call__(self, records: Sequence[StreamRecord]) -> Iterable[tuple[StreamRecord, Exception]]:
        raising = RaiseAlerts(networks=self.networks, alerts=self.alerts)

        def evaluate(record: StreamRecord) -> None:
            if record.family == "EXP" and not record.is_removal:
                raising.changed(record.after(Exposure))

        return one_by_one(evaluate)(records)


@dataclass(frozen=True)
class Reconciled:
    checked: int
    raised: int
    next_cursor: str
    """Empty when every exposure of the network has been looked at."""


def reconcile(
    *, exposures: Exposures, networks: Networks, alerts: Alerts, project: str, network: str, cursor: str, limit: int
) -> Reconciled:
    """One page of a network's exposures: raise the alerts that are missing. Raises NotFound, InvalidInput."""
    networks.get(project, network)
    page = exposures.list(project, network, limit=limit, cursor=cursor)
    raising = RaiseAlerts(networks=networks, alerts=alerts)
    raised = sum(raising.present(exposure) for exposure in page.items)
    return Reconciled(len(page.items), raised, page.next_cursor)
