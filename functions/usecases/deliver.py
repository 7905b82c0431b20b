"""From what happened to an alert to what its channels are told: decide, keep it in the outbox, send it when it is due."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.core.alert import Severity
from functions.core.channel import Channel, Trial, concerns, due_at, fits, is_urgent
from functions.core.delivery import BACK_OFF, Entry, Standing, batches, entry_of, notice_of, occasion_of, standing
from functions.core.errors import NotFound, Undelivered
from functions.core.outgoing import Outgoing
from functions.store.channels import Channels
from functions.store.hosts import Hosts
from functions.store.networks import Networks
from functions.usecases.send_entries import SendEntries

_ROUNDS = 5
_SECONDS = 40.0
"""Of sending in one call, however slow receivers are: the rest waits for the next minute."""
_PAGE = 500


@dataclass(frozen=True, kw_only=True)
class Deliver:
    """`clock`: seconds of any origin. Answers count the tellings that were given up."""

    networks: Networks
    hosts: Hosts
    channels: Channels
    entries: SendEntries
    clock: Callable[[], float] = time.monotonic

    def alert(self, project: str, identifier: str, *, now: datetime) -> int:
        """Something happened to an alert: bring every channel to where it stands now. Raises NotFound."""
        alert = self.entries.alerts.get(project, identifier)
        call, given_up = self._call(now), 0
        for channel in self._open_channels(project):
            if fits(channel.routes, alert, self._tags(channel, alert.network, alert.asset)):
                given_up += self._bring(channel, identifier, call)
        return given_up

    def notice(self, project: str, told: Mapping[str, Any], *, at: datetime, now: datetime) -> int:
        """What is of no alert: to every channel that hears of the network it names, if it names one."""
        network, asset = str(told.get("network") or ""), str(told.get("asset") or "")
        call, given_up = self._call(now), 0
        for channel in self._open_channels(project):
            tags = self._tags(channel, network, asset) if network else frozenset[str]()
            routes = channel.routes
            if network and routes and not any(concerns(route, network, tags) for route in routes):
                continue
            due = self._due(channel, Severity.INFO, call)
            entry = notice_of(project, channel.id, dict(told), at=at, due=due)
            given_up += self._add(channel, entry, call).given_up
        return given_up

    def due(self, *, now: datetime) -> int:
        """Digests, ends of quiet hours, further attempts: the oldest of all channels first.

        Raises Corrupt for what cannot be read, after all the others.
        """
        call, given_up = self._call(now), 0
        seen: set[tuple[str, str, str]] = set()
        while self.clock() < call.end:
            found, corrupt = self.entries.outbox.due(now, limit=_PAGE)
            fresh = [entry for entry in found if (entry.channel, entry.subject, entry.id) not in seen]
            if not fresh:
                if corrupt:
                    raise corrupt[0]
                break
            seen.update((entry.channel, entry.subject, entry.id) for entry in fresh)
            for (project, channel), entries in _by_channel(fresh).items():
                given_up += self._flush(project, channel, entries, call)
        return given_up

    def again(self, project: str, identifier: str, subjects: Sequence[str], *, now: datetime) -> int:
        """Send again what was given up on a channel, whatever became of the alerts since; others are left alone."""
        entries = [
            entry for subject in subjects if (entry := self.entries.revive(project, identifier, subject, now=now))
        ]
        return self._flush(project, identifier, entries, self._call(now))

    def test(self, project: str, identifier: str, message: str, *, now: datetime) -> Trial:
        """One attempt, whose outcome is shown on the channel. Raises NotFound."""
        channel = self.channels.get(project, identifier)
        text = f"A test of the channel {channel.name}."
        told = Outgoing(id=message, type="test", project=project, channel=channel.id, time=now, text=text)
        trial = Trial(id=message, status="sent", at=now)
        try:
            self.entries.send(channel, told, now=now)
        except Undelivered as error:
            trial = Trial(id=message, status="failed", at=now, error=error.message[:512])
        self.channels.record_trial(project, identifier, trial)
        return trial

    def _open_channels(self, project: str) -> Iterator[Channel]:
        return (channel for channel in self.channels.all(project) if channel.enabled)

    def _tags(self, channel: Channel, network: str, asset: str) -> frozenset[str]:
        """Read only where a route asks for them. What is gone has none."""
        tags: set[str] = set()
        if not any(route.tags for route in channel.routes):
            return frozenset()
        try:
            tags.update(self.networks.get(channel.project, network).tags)
            if asset:
                tags.update(self.hosts.get(channel.project, network, asset).tags)
        except NotFound:
            return frozenset(tags)
        return frozenset(tags)

    def _call(self, now: datetime) -> "_Call":
        return _Call(now, self.clock() + _SECONDS)

    def _due(self, channel: Channel, severity: Severity, call: "_Call") -> datetime:
        """Not at once when the call has no time left."""
        due = due_at(channel, severity, call.now)
        return due if self.clock() < call.end else max(due, call.now + BACK_OFF[0])

    def _bring(self, channel: Channel, identifier: str, call: "_Call") -> int:
        """Looks again after each telling: what happened meanwhile found the outbox taken, and left it to this one."""
        for _ in range(_ROUNDS):
            alert = self.entries.alerts.get(channel.project, identifier)
            delivery = alert.deliveries.get(channel.id)
            occasion = occasion_of(alert, delivery, resolutions=channel.resolutions, now=call.now)
            if occasion is None:
                if delivery is not None and delivery.told == "open" and standing(alert, call.now) is Standing.ASIDE:
                    self.entries.note_aside(alert, channel.id)
                return 0
            due = self._due(channel, alert.rated, call)
            urgent = is_urgent(channel, alert.rated)
            entry = entry_of(alert, channel.id, occasion, due=due, now=call.now, urgent=urgent)
            done = self._add(channel, entry, call)
            if not done.settled:
                return done.given_up
        return 0

    def _add(self, channel: Channel, entry: Entry, call: "_Call") -> "_Done":
        if entry.due > call.now:
            self.entries.keep(entry, now=call.now)
            return _Done()
        claimed = entry.claimed(message=entry.id, now=call.now)
        if not self.entries.outbox.add(claimed):
            return _Done()
        outcome = self.entries.attempt(channel, [claimed], now=call.now)
        return _Done(given_up=outcome.given_up, settled=bool(outcome.settled))

    def _flush(self, project: str, identifier: str, entries: Sequence[Entry], call: "_Call") -> int:
        """After one message that failed the others of its channel are put off: they would only hold up everybody's."""
        channel = self.channels.find(project, identifier)
        if channel is None or not channel.enabled:
            for entry in entries:
                self.entries.drop(entry, now=call.now)
            return 0
        given_up = 0
        for batch in batches(self.entries.hush(channel, entries, now=call.now)):
            if self.clock() >= call.end:
                break
            if identifier in call.failing:
                given_up += self.entries.put_off(batch, now=call.now)
                continue
            outcome = self.entries.attempt(channel, self.entries.claim(batch, now=call.now), now=call.now)
            given_up += outcome.given_up
            if outcome.refused:
                call.failing.add(identifier)
            for subject in outcome.settled:
                given_up += self._bring(channel, subject, call)
        return given_up


@dataclass(frozen=True)
class _Call:
    """`end`: by the clock of seconds; `failing`: channels that did not take a message in this call."""

    now: datetime
    end: float
    failing: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Done:
    given_up: int = 0
    settled: bool = False


def _by_channel(entries: Sequence[Entry]) -> dict[tuple[str, str], list[Entry]]:
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.project, entry.channel), []).append(entry)
    return found
