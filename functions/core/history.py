"""What happened to an exposure or a host, one entry for each version of its record."""

from datetime import datetime

from pydantic import Field

from functions.core.exposure import Change, Exposure, ExposureState
from functions.core.host import Host
from functions.core.model import Id, Model, Protocol, Time
from functions.core.service import Service


class FieldChange(Model):
    field: str
    before: str = Field(max_length=4096)
    after: str = Field(max_length=4096)


class HistoryEntry(Model):
    """`event`: of an exposure the kind of its change, or `accepted`; of a host what HOST_EVENTS name."""

    project: Id
    network: Id
    asset: str
    address: str = ""
    protocol: Protocol | None = None
    """None for what concerns the host itself."""
    port: int | None = Field(default=None, ge=0, le=65535)
    version: int = Field(ge=1)
    """Of the record that it tells of."""
    event: str = Field(max_length=32)
    at: Time
    scan: str = ""
    """Empty where no scan showed it."""
    by: str = ""
    """Who said so, where no scan did."""
    change: Change | None = None
    """The evidence."""
    state: ExposureState | None = None
    answering: bool = True
    episode: int | None = None
    service: Service | None = None
    previous_service: Service | None = None
    """Where another one was there before."""
    fields: tuple[FieldChange, ...] = ()
    """What changed of a host."""


HOST_EVENTS = ("seen", "down", "up", "answers_everything", "answers_normally", "accepted", "edited", "changed")

_WHO = {"accepted": "accepted_by", "edited": "edited_by"}
"""What people do to a host is told with the time of doing, in the field of its name, and with who did it."""
_BY_HAND = ("name", "comment", "tags")
_TOLD = ("addresses", "names", "certificate_names", "mac", "vendor", "os", *_BY_HAND)


def of_exposure(before: Exposure | None, after: Exposure, *, written: datetime) -> HistoryEntry | None:
    """None where the record is as it was."""
    if before is not None and before.version == after.version:
        return None
    evident = before is None or before.change != after.change
    was = before.service if before else after.service
    return HistoryEntry(
        project=after.project,
        network=after.network,
        asset=after.asset,
        address=after.address,
        protocol=after.protocol,
        port=after.port,
        version=after.version,
        event=after.change.kind.value if evident else "accepted",
        at=after.change.at if evident else written,
        scan=after.change.scan if evident else "",
        by="" if evident else after.accepted_by,
        change=after.change if evident else None,
        state=after.state,
        answering=after.answering,
        episode=after.episode,
        service=after.service,
        previous_service=was if was != after.service else None,
    )


def of_host(before: Host | None, after: Host, *, written: datetime) -> HistoryEntry | None:
    """None where the record is as it was."""
    if before is not None and before.version == after.version:
        return None
    fields = _fields(before, after) if before else ()
    event = _host_event(before, after, fields) if before else "seen"
    by_hand = _WHO.get(event)
    return HistoryEntry(
        project=after.project,
        network=after.network,
        asset=after.asset,
        address=after.addresses[0] if after.addresses else "",
        version=after.version,
        event=event,
        at=(getattr(after, event) or written) if by_hand else after.last_changed,
        scan="" if by_hand else after.scan,
        by=getattr(after, by_hand) if by_hand else "",
        fields=fields,
    )


def _fields(before: Host, after: Host) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(field=name, before=_text(getattr(before, name)), after=_text(getattr(after, name)))
        for name in _TOLD
        if getattr(before, name) != getattr(after, name)
    )


def _host_event(before: Host, after: Host, fields: tuple[FieldChange, ...]) -> str:
    if before.answers_everything != after.answers_everything:
        return "answers_everything" if after.answers_everything else "answers_normally"
    if before.accepted != after.accepted:
        return "accepted"
    if before.up != after.up:
        return "up" if after.up else "down"
    return "edited" if fields and all(each.field in _BY_HAND for each in fields) else "changed"


def _text(value: object) -> str:
    return ", ".join(value)[:4096] if isinstance(value, tuple) else str(value)
