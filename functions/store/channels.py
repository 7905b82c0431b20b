"""Channels of a project, edited by version, and apart from them the secrets that webhooks are signed with."""

from datetime import datetime
from typing import Any

from functions.core.channel import MAX_CHANNELS, ROTATION, Channel, ChannelDraft, Secret, Trial
from functions.core.errors import AlreadyExists, Conflict, NotFound, StaleVersion
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import EXISTS, IS_NEW, version_is
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Delete, Put, Range, Update, Write


class Channels:
    def __init__(self, table: Table) -> None:
        self.table = table

    def create(self, channel: Channel, secret: Secret | None) -> None:
        """`secret`: of a webhook. Raises AlreadyExists, Conflict where the project has too many."""
        if len(self.all(channel.project)) >= MAX_CHANNELS:
            raise Conflict(f"a project has at most {MAX_CHANNELS} channels: remove one first")
        writes: list[Write] = [Put(to_item(channel, keys.channels(channel.project), channel.id), IS_NEW)]
        if secret is not None:
            writes.append(Put(to_item(secret, keys.channel_secrets(channel.project), channel.id)))
        try:
            self.table.transact(writes)
        except ConditionFailed:
            raise AlreadyExists(
                "the channel exists already; its secret is shown once: rotate it for a new one"
            ) from None

    def find(self, project: str, channel: str) -> Channel | None:
        """As of now, or None: absence is an answer here."""
        item = self.table.find(keys.channels(project), channel)
        return to_model(Channel, item) if item else None

    def get(self, project: str, channel: str) -> Channel:
        found = self.find(project, channel)
        if found is None:
            raise _missing(channel)
        return found

    def all(self, project: str) -> tuple[Channel, ...]:
        """In the order of their making; few, by the limit that `create` holds to."""
        return tuple(to_model(Channel, item) for item in self.table.all(Range(keys.channels(project))))

    def update(self, channel: Channel, draft: ChannelDraft, *, expected: int, now: datetime) -> Channel:
        """Replaces what the user gives where version `expected` still stands. Raises StaleVersion, NotFound."""
        values = {**draft.model_dump(mode="json"), "updated": now, "version": expected + 1}
        return self._set(channel.project, channel.id, values, expected=expected)

    def rotate(self, channel: Channel, secret: str, *, expected: int, now: datetime) -> Channel:
        """The old secret signs too for a while; nobody reads it here. Raises StaleVersion, NotFound."""
        pk, sk = keys.channels(channel.project), channel.id
        rotated = channel.model_copy(update={"rotated": now, "updated": now, "version": expected + 1})
        fresh = {"secret": secret, "previous_until": now + ROTATION}
        moved = Update(keys.channel_secrets(channel.project), sk, fresh, EXISTS, copy={"previous": "secret"})
        values = {"rotated": now, "updated": now, "version": expected + 1}
        try:
            self.table.transact([Update(pk, sk, values, version_is(expected)), moved])
        except ConditionFailed as failure:
            raise _refused(failure, channel.id) from None
        return rotated

    def record_trial(self, project: str, channel: str, trial: Trial) -> None:
        """What came of a test message: changes no version. Raises NotFound."""
        try:
            self.table.update(keys.channels(project), channel, {"tested": trial.model_dump(mode="json")}, EXISTS)
        except ConditionFailed:
            raise _missing(channel) from None

    def delete(self, project: str, channel: str, *, expected: int) -> None:
        """With its secret. Raises StaleVersion, NotFound."""
        secret = Delete(keys.channel_secrets(project), channel)
        try:
            self.table.transact([Delete(keys.channels(project), channel, version_is(expected)), secret])
        except ConditionFailed as failure:
            raise _refused(failure, channel) from None

    def secret(self, project: str, channel: str) -> Secret:
        item = self.table.find(keys.channel_secrets(project), channel)
        if item is None:
            raise _missing(channel)
        return to_model(Secret, item)

    def _set(self, project: str, channel: str, values: dict[str, Any], *, expected: int) -> Channel:
        try:
            return to_model(Channel, self.table.update(keys.channels(project), channel, values, version_is(expected)))
        except ConditionFailed as failure:
            raise _refused(failure, channel) from None


def _missing(channel: str) -> NotFound:
    return NotFound(f"there is no channel {channel} in this project")


def _refused(failure: ConditionFailed, channel: str) -> NotFound | StaleVersion:
    if failure.item is None:
        return _missing(channel)
    return StaleVersion("the channel was edited meanwhile; read it again", current=failure.public(Channel))
