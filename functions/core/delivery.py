"""What is told of an alert on a channel, and when it is tried again."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from functions.core.alert import UNRESOLVED, Alert, Delivery, Mark
from functions.core.ids import derived_id
from functions.core.model import Id, Model, Time

BACK_OFF = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=4),
)
"""Between one attempt and the next: six times again, over some five and a half hours, then it has failed."""
LEASE = timedelta(minutes=2)
"""Whoever sends has so long to say what came of it; after that another one tries. Longer than a function may run."""
PATIENCE = timedelta(hours=24)
"""For what waits behind messages that keep failing."""
AT_ONCE = 100
"""Alerts in one message; where their texts are too long together, they are cut."""
KEPT = timedelta(days=30)
"""What failed can be sent again for so long."""


class Occasion(StrEnum):
    RAISED = "raised"
    REOPENED = "reopened"
    RETURNED = "returned"
    """What set it aside is over."""
    RESOLVED = "resolved"
    ENDING = "ending"
    """No alert: an exception ends soon."""


class Standing(StrEnum):
    OPEN = "open"
    ASIDE = "aside"
    RESOLVED = "resolved"


_OPENING = {"": Occasion.RAISED, Standing.RESOLVED: Occasion.REOPENED, Standing.ASIDE: Occasion.RETURNED}
_TOLD: dict[str, Literal["open", "resolved"]] = {
    Occasion.RAISED: "open",
    Occasion.REOPENED: "open",
    Occasion.RETURNED: "open",
    Occasion.RESOLVED: "resolved",
}


def standing(alert: Alert, now: datetime) -> Standing:
    """What is acknowledged, snoozed or muted is nothing to tell, resolved or not."""
    marks = (alert.acknowledged, alert.snoozed, alert.muted)
    if any(_holds(mark, now) for mark in marks):
        return Standing.ASIDE
    return Standing.OPEN if alert.status in UNRESOLVED else Standing.RESOLVED


def _holds(mark: Mark | None, now: datetime) -> bool:
    return mark is not None and (mark.until is None or mark.until > now)


def occasion_of(alert: Alert, delivery: Delivery | None, *, resolutions: bool, now: datetime) -> Occasion | None:
    """What a channel that got as far as `delivery` is to be told; None: nothing. What has failed is not told again by itself."""
    stands = standing(alert, now)
    told: str = delivery.told if delivery else ""
    wanted: Occasion | None = None
    if stands is Standing.OPEN and told != Standing.OPEN:
        wanted = _OPENING[told]
    elif stands is Standing.RESOLVED and resolutions and (told == Standing.OPEN or _may_know(delivery)):
        wanted = Occasion.RESOLVED
    gave_up = delivery is not None and delivery.status == "failed" and delivery.occasion == wanted
    return None if gave_up else wanted


def _may_know(delivery: Delivery | None) -> bool:
    """An attempt without an answer may have reached its receiver all the same."""
    return delivery is not None and delivery.status == "waiting" and delivery.attempts > 0


class Entry(Model):
    """What is to be sent on a channel: it stands from before the first attempt until one has succeeded.

    `subject`: the alert, or for a notice an id of its own. `id`: of this telling, the same for every attempt.
    """

    project: Id
    channel: Id
    subject: Id
    id: Id
    occasion: Occasion
    notice: dict[str, Any] = Field(default_factory=dict)
    """What is told where it is not of an alert."""
    message: str = ""
    """In which it was tried first: every later attempt is of the same message."""
    attempts: int = Field(default=0, ge=0)
    status: Literal["waiting", "failed"] = "waiting"
    urgent: bool = False
    """Quiet hours do not hold it."""
    by_hand: bool = False
    """Somebody asked for it, so that it is sent whatever became of the alert since."""
    since: Time
    due: Time
    error: str = Field(default="", max_length=512)

    def delivery(self, delivery: Delivery | None, *, now: datetime) -> Delivery:
        """The alert's record of this entry as it stands, after `delivery`."""
        before = delivery or Delivery(status=self.status, at=now)
        return before.model_copy(
            update={
                "status": self.status,
                "attempts": self.attempts,
                "at": now,
                "error": self.error,
                "id": self.message or self.id,
                "occasion": self.occasion.value,
            }
        )

    def sent(self, delivery: Delivery | None, *, now: datetime) -> Delivery:
        done = self.delivery(delivery, now=now)
        return done.model_copy(
            update={"status": "sent", "error": "", "told": _TOLD[self.occasion], "turn": done.turn + 1}
        )

    def claimed(self, *, message: str, now: datetime) -> "Entry":
        return self.model_copy(update={"message": message, "attempts": self.attempts + 1, "due": now + LEASE})

    def refused(self, error: str, *, now: datetime) -> "Entry":
        """After an attempt that failed: due again, or given up after the last."""
        if self.attempts > len(BACK_OFF):
            return self.model_copy(update={"status": "failed", "error": error[:512]})
        return self.model_copy(update={"due": now + BACK_OFF[self.attempts - 1], "error": error[:512]})

    def put_off(self, *, now: datetime) -> "Entry":
        """Later without an attempt: after as long again as it has waited, within bounds; given up after a day."""
        waited = now - self.since
        if waited > PATIENCE:
            return self.model_copy(update={"status": "failed", "error": self.error or "the channel kept failing"})
        return self.model_copy(update={"due": now + min(max(waited, BACK_OFF[1]), BACK_OFF[-1])})

    def revived(self, *, now: datetime) -> "Entry":
        fresh = {"status": "waiting", "attempts": 0, "by_hand": True, "since": now, "due": now, "error": ""}
        return self.model_copy(update=fresh)


def entry_of(
    alert: Alert, channel: str, occasion: Occasion, *, due: datetime, now: datetime, urgent: bool = False
) -> Entry:
    delivery = alert.deliveries.get(channel)
    turn = delivery.turn if delivery else 0
    identifier = derived_id(alert.raised, "delivery", channel, alert.id, occasion, str(turn))
    where = {"project": alert.project, "channel": channel, "subject": alert.id}
    return Entry(**where, id=identifier, occasion=occasion, urgent=urgent, since=now, due=due)


def notice_of(project: str, channel: str, told: dict[str, Any], *, at: datetime, due: datetime) -> Entry:
    """`told`: the same each time it is told."""
    subject = derived_id(at, "notice", json.dumps(told, sort_keys=True))
    identifier = derived_id(at, "delivery", channel, subject)
    where = {"project": project, "channel": channel, "subject": subject}
    return Entry(**where, id=identifier, occasion=Occasion.ENDING, notice=told, since=at, due=due)


def message_id(entries: Sequence[Entry]) -> str:
    """Of entries that go out together; what was tried before keeps its message, one alone is its own."""
    first = entries[0]
    if first.message or len(entries) == 1:
        return first.message or first.id
    return derived_id(max(entry.due for entry in entries), "digest", *sorted(entry.id for entry in entries))


def batches(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The messages that one channel's `entries` make: those tried together before, each notice alone, the rest in digests."""
    tried: dict[str, list[Entry]] = {}
    fresh: list[Entry] = []
    for entry in entries:
        if entry.message or entry.notice:
            tried.setdefault(entry.message or entry.id, []).append(entry)
        else:
            fresh.append(entry)
    return [*tried.values(), *(fresh[start : start + AT_ONCE] for start in range(0, len(fresh), AT_ONCE))]
