"""Make the alerts of a subject what is called for: raise what is missing, go on with what comes again, resolve what is over."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core.alert import UNRESOLVED, Alert, AlertStatus, AlertType
from functions.core.derive import Call
from functions.core.errors import AlreadyExists
from functions.store.alert_items import stands
from functions.store.alerts import Alerts


def _over(_alert: Alert) -> str:
    return "its cause is gone"


@dataclass(frozen=True, kw_only=True)
class SettleAlerts:
    """All times are the clock's: what is written says when it was written."""

    alerts: Alerts
    clock: Callable[[], datetime]

    def raise_new(self, calls: Iterable[Call]) -> int:
        """For a subject that had no alerts before: nothing is read. How many were raised that were not there."""
        return sum(self._raise(call.alert) for call in calls if not call.waiting)

    def __call__(
        self, calls: Iterable[Call], *, project: str, known: Iterable[str] = (), over: Callable[[Alert], str] = _over
    ) -> int:
        """`known`: ids of alerts that may be there; `over`: why one that is not called for is resolved.

        How many were raised or came back. Raises StaleVersion: ask again.
        """
        wanted = {call.alert.id: call for call in calls}
        ids: Collection[str] = dict.fromkeys((*wanted, *known))
        found = self.alerts.find_all(project, ids)
        for identifier, alert in found.items():
            if identifier not in wanted:
                self.resolve(alert, over(alert))
        return sum(self._settle(call, found.get(identifier)) for identifier, call in wanted.items())

    def resolve(self, alert: Alert, reason: str) -> bool:
        """Whether there was anything to resolve; what was resolved by hand is over too from now on."""
        if not stands(alert):
            return False
        self.alerts.resolve_by_itself(alert, reason=reason, now=self.clock())
        return alert.status in UNRESOLVED

    def come_back(self, alert: Alert, call: Call) -> None:
        """What was resolved by hand, and what the cause of which is there after all."""
        text = f"Its cause is still there. {call.alert.why.text}"
        fields = _evidence(call.alert)
        self.alerts.come_back(alert, text=text, now=self.clock(), again=0, why=call.alert.why, **fields)

    def _settle(self, call: Call, alert: Alert | None) -> bool:
        if call.waiting:
            return False
        if alert is None:
            return self._raise(call.alert)
        return self._go_on(alert, call)

    def _raise(self, alert: Alert) -> bool:
        at = self.clock()
        try:
            self.alerts.create(alert.model_copy(update={"raised": at, "updated": at}))
        except AlreadyExists:
            return False
        return True

    def _go_on(self, alert: Alert, call: Call) -> bool:
        again = _again(alert, call.alert)
        if again > 0:
            self.alerts.come_back(
                alert,
                text=call.alert.why.text,
                now=self.clock(),
                again=again,
                why=call.alert.why,
                **_evidence(call.alert),
            )
            return alert.status is AlertStatus.RESOLVED
        if not stands(alert):
            self.come_back(alert, call)
            return True
        if alert.status in UNRESOLVED and alert.rated is not call.alert.rated:
            text = f"rated {call.alert.rated} where it was {alert.rated}"
            self.alerts.change(alert, by="", event="rated", text=text, now=self.clock(), rated=call.alert.rated)
        return False


def _again(alert: Alert, called: Alert) -> int:
    """How often its cause came about since the alert was written."""
    if called.type is not AlertType.SERVICE_CHANGED:
        return called.count - alert.count
    last, now = alert.why.change, called.why.change
    return int(last is not None and now is not None and now.at > last.at)


def _evidence(called: Alert) -> dict[str, Any]:
    return {"service": called.service, "address": called.address, "rated": called.rated, "review": called.review}
