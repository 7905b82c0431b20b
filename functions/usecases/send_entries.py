"""Attempts at what is in the outbox, and what comes of them: on the entry, and on the alert's own row."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.core.alert import Alert, Delivery
from functions.core.channel import Channel, quiet_until
from functions.core.delivery import Entry, entry_of, message_id, occasion_of
from functions.core.errors import StaleVersion, Undelivered
from functions.core.outgoing import Outgoing, alerts_message
from functions.store.alerts import Alerts
from functions.store.outbox import Outbox
from functions.usecases.send_message import SendMessage

_TRIES = 5

Recorded = Callable[[Delivery | None], Delivery]


@dataclass(frozen=True)
class Outcome:
    """`settled`: subjects whose entries are gone, told or not worth telling any more: there may be something new to tell."""

    settled: tuple[str, ...] = ()
    refused: bool = False
    given_up: int = 0


@dataclass(frozen=True, kw_only=True)
class SendEntries:
    alerts: Alerts
    outbox: Outbox
    send: SendMessage

    def keep(self, entry: Entry, *, now: datetime) -> None:
        """For later; where something of the same subject waits already, that will tell all there is to tell."""
        if self.outbox.add(entry):
            self._record(entry, lambda before: entry.delivery(before, now=now))

    def claim(self, batch: Sequence[Entry], *, now: datetime) -> list[Entry]:
        """Those that nobody else has taken meanwhile, as one message."""
        message = message_id(batch)
        claims = (self._change(entry, entry.claimed(message=message, now=now)) for entry in batch)
        return [entry for entry in claims if entry is not None]

    def attempt(self, channel: Channel, claimed: Sequence[Entry], *, now: datetime) -> Outcome:
        """One message of entries that are claimed."""
        dropped: list[str] = []
        told: list[tuple[Entry, Alert]] = []
        notices = [entry for entry in claimed if entry.notice]
        for entry in claimed:
            if entry.notice:
                continue
            found = self._refreshed(channel, entry, now)
            if found is None:
                dropped.append(entry.subject)
            else:
                told.append(found)
        taken = [*notices, *(entry for entry, _ in told)]
        if not taken:
            return Outcome(tuple(dropped))
        message = taken[0].message
        outgoing = _notice(notices[0], now=now) if notices else alerts_message(told, message=message, now=now)
        try:
            self.send(channel, outgoing, now=now)
        except Undelivered as error:
            given_up = sum(self._refused(entry, error.message, now) for entry in taken)
            return Outcome(tuple(dropped), refused=True, given_up=given_up)
        for entry in taken:
            self._sent(entry, now)
        return Outcome((*dropped, *(entry.subject for entry, _ in told)))

    def put_off(self, batch: Iterable[Entry], *, now: datetime) -> int:
        """Behind a message that has just failed, without an attempt of their own; how many are given up."""
        return sum(self._settle(entry, entry.put_off(now=now), now) for entry in batch)

    def hush(self, channel: Channel, entries: Iterable[Entry], *, now: datetime) -> list[Entry]:
        """Those that quiet hours do not hold; the others are due when they end."""
        until = quiet_until(channel.quiet, now) if channel.quiet else now
        loud = []
        for entry in entries:
            if until == now or entry.urgent or entry.by_hand:
                loud.append(entry)
            else:
                self._change(entry, entry.model_copy(update={"due": until}))
        return loud

    def drop(self, entry: Entry, *, now: datetime) -> None:
        """Nothing is to be told any more: it was set aside, or a crash came between the telling and the end of its entry."""

        def dropped(before: Delivery | None) -> Delivery:
            if before is not None and before.status == "sent" and before.id == entry.message:
                return before
            return entry.delivery(before, now=now).model_copy(update={"status": "dropped"})

        self.outbox.remove(entry)
        self._record(entry, dropped)

    def revive(self, project: str, channel: str, subject: str, *, now: datetime) -> Entry | None:
        """What was given up, due at once; None for what was not."""
        found = self.outbox.find(project, channel, subject)
        return self._change(found, found.revived(now=now)) if found and found.status == "failed" else None

    def note_aside(self, alert: Alert, channel: str) -> None:
        """So that it is told of again when it returns."""

        def aside(before: Delivery | None) -> Delivery:
            return (before or alert.deliveries[channel]).model_copy(update={"told": "aside"})

        self._note(alert.project, alert.id, channel, aside)

    def _refreshed(self, channel: Channel, entry: Entry, now: datetime) -> tuple[Entry, Alert] | None:
        """What is to be told now; None where nothing is."""
        alert = self.alerts.find(entry.project, entry.subject)
        if alert is not None and entry.by_hand:
            return entry, alert
        delivery = alert.deliveries.get(channel.id) if alert else None
        occasion = occasion_of(alert, delivery, resolutions=channel.resolutions, now=now) if alert else None
        if alert is None or occasion is None:
            self.drop(entry, now=now)
            return None
        if occasion == entry.occasion:
            return entry, alert
        fresh = entry_of(alert, channel.id, occasion, due=entry.due, now=entry.since, urgent=entry.urgent)
        kept = {"message": fresh.id if entry.message == entry.id else entry.message, "attempts": entry.attempts}
        changed = self._change(entry, fresh.model_copy(update=kept))
        return (changed, alert) if changed else None

    def _sent(self, entry: Entry, now: datetime) -> None:
        """The alert first: what crashes between the two is looked at again, and found told."""
        self._record(entry, lambda before: entry.sent(before, now=now))
        self.outbox.remove(entry)

    def _refused(self, entry: Entry, error: str, now: datetime) -> bool:
        return self._settle(entry, entry.refused(error, now=now), now)

    def _settle(self, before: Entry, after: Entry, now: datetime) -> bool:
        """Whether it is given up."""
        if self._change(before, after) is None:
            return False
        self._record(after, lambda delivery: after.delivery(delivery, now=now))
        return after.status == "failed"

    def _change(self, before: Entry, after: Entry) -> Entry | None:
        """None where another one has it."""
        try:
            self.outbox.change(before, after)
        except StaleVersion:
            return None
        return after

    def _record(self, entry: Entry, recorded: Recorded) -> None:
        if not entry.notice:
            self._note(entry.project, entry.subject, entry.channel, recorded)

    def _note(self, project: str, identifier: str, channel: str, recorded: Recorded) -> None:
        """On the alert's own row; an alert that is gone has none. Raises StaleVersion when others keep getting in the way."""
        for attempt in range(_TRIES):
            alert = self.alerts.find(project, identifier)
            if alert is None:
                return
            before = alert.deliveries.get(channel)
            try:
                self.alerts.record_delivery(project, identifier, channel, recorded(before), expected=before)
            except StaleVersion:
                if attempt == _TRIES - 1:
                    raise
            else:
                return


def _notice(entry: Entry, *, now: datetime) -> Outgoing:
    return Outgoing(
        id=entry.message,
        type="exception.ending",
        project=entry.project,
        channel=entry.channel,
        time=now,
        text="An exception ends soon; what it covers comes back then.",
        notice=entry.notice,
    )
