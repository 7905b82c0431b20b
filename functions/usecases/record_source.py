"""Record the addresses of a task that has started, public ones too: its worker knows only those of its own machine."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from functions.adapters.interfaces import Interfaces
from functions.core.errors import NotFound
from functions.core.model import Model, Time
from functions.core.sending import Sending
from functions.store.sources import Sources

_INTERFACE = "networkInterfaceId"
_CHUNK = {"VEDETTE_PROJECT": "project", "VEDETTE_SCAN": "scan", "VEDETTE_CHUNK": "chunk"}


class StartedTask(Model):
    """What ECS tells of a task of ours: the workflow's own words of which chunk it is for."""

    project: str
    scan: str
    chunk: str
    since: Time
    interfaces: tuple[str, ...]

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> "StartedTask":
        """Of a `detail` of ECS Task State Change. Raises ValueError."""
        given = (pair for each in detail["overrides"]["containerOverrides"] for pair in each.get("environment", ()))
        words = {_CHUNK[pair["name"]]: pair["value"] for pair in given if pair["name"] in _CHUNK}
        since = detail.get("startedAt") or detail["createdAt"]
        return cls.model_validate({**words, "since": since, "interfaces": tuple(_interfaces(detail))})


def _interfaces(detail: Mapping[str, Any]) -> Iterator[str]:
    for attachment in detail.get("attachments", ()):
        yield from (each["value"] for each in attachment.get("details", ()) if each["name"] == _INTERFACE)


@dataclass(frozen=True, kw_only=True)
class RecordSource:
    interfaces: Interfaces
    sources: Sources

    def __call__(self, task: StartedTask) -> tuple[str, ...]:
        """The addresses recorded; none for a task that has ended already, whose worker told what it knew. Twice is once."""
        try:
            addresses = [found for each in task.interfaces for found in self.interfaces.addresses(each)]
        except NotFound:
            return ()
        for address in addresses:
            where = {"project": task.project, "scan": task.scan, "chunk": task.chunk, "attempt": 0}
            self.sources.record(Sending.model_validate({**where, "address": address, "since": task.since}))
        return tuple(addresses)
