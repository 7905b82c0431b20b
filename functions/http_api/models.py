"""What the HTTP API takes and gives beyond the domain's own models."""

from datetime import datetime, timedelta
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field

from functions.adapters.scan_objects import RawFile
from functions.core.coverage import Method
from functions.core.host import Host
from functions.core.messages import Event
from functions.core.model import Id, Model, Protocol, Time
from functions.core.rule import RuleSetDraft
from functions.core.rule_csv import MAX_TEXT
from functions.core.scan_diff import DiffCounts, Difference
from functions.core.service import Service
from functions.core.token import MAX_OVERLAP, MAX_REQUESTS_PER_MINUTE, Scope, Token
from functions.usecases.back_test import MAX_SCANS
from functions.usecases.diff_scans import DiffPage
from functions.usecases.explain_cell import CellStory
from functions.usecases.scan_ports import SeenPort

T = TypeVar("T")


class ListOf(Model, Generic[T]):
    """A page may be short, or even empty, and still have a next one."""

    items: tuple[T, ...]
    next_cursor: str | None = Field(default=None, description="Null on the last page.")


class ProjectDraft(Model):
    name: str = Field(min_length=1, max_length=100)


class ScheduleSwitch(Model):
    enabled: bool


class ScanRequest(Model):
    """A scan of a network, or of a part of it: `targets`, `ports` and `protocols` must lie inside the network's."""

    network: Id
    targets: tuple[Annotated[str, Field(max_length=300)], ...] = Field(default=(), max_length=1000)
    ports: str = Field(default="", max_length=4096)
    protocols: tuple[Protocol, ...] = Field(default=(), max_length=2)
    profile: str = Field(default="", max_length=32)
    confirm: bool = Field(default=False, description="Close an exposure at its first miss, not only at repeated ones.")


class TokenRequest(Model):
    """`scopes`: no more than the caller may do themselves."""

    name: str = Field(min_length=1, max_length=100)
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=4)
    expires: Time | None = Field(default=None, description="Null: never; of a token's own token, when that one does.")
    requests_per_minute: int | None = Field(default=None, ge=1, le=MAX_REQUESTS_PER_MINUTE)


class TokenRotation(Model):
    overlap_minutes: int = Field(
        default=0,
        ge=0,
        le=MAX_OVERLAP // timedelta(minutes=1),
        description="How long the secret before it goes on; 0 ends it at once.",
    )


class TokenView(Model):
    """A token without its secret."""

    id: Id
    prefix: str = Field(description="What every secret of it begins with.")
    project: str
    name: str
    scopes: tuple[Scope, ...]
    created: Time
    created_by: str = Field(description="The user or the token that made it; empty for the first of an installation.")
    maker: str = Field(description="The user whose present role bounds what it may do; empty: nobody's does.")
    expires: Time | None
    revoked: Time | None
    rotated: Time | None
    previous_until: Time | None = Field(description="Until when the secret before the last rotation goes on.")
    requests_per_minute: int | None = Field(description="Null: as many as the stage says.")
    version: int
    last_used: Time | None = Field(default=None, description="To some minutes; null where it never was.")

    @classmethod
    def of(cls, token: Token, last_used: datetime | None = None) -> "TokenView":
        own = {name: getattr(token, name) for name in cls.model_fields if name != "last_used"}
        return cls(**own, last_used=last_used)


class NewTokenView(Model):
    token: str = Field(description="Shown this once.")
    details: TokenView


class TicketView(Model):
    ticket: str = Field(description="Good for one connection; shown this once.")
    expires: Time


class OpenPort(Model):
    """What one scan saw at an open cell."""

    chunk: str
    asset: str
    address: str
    protocol: Protocol
    port: int
    how: Method
    service: Service
    at: Time

    @classmethod
    def of(cls, seen: SeenPort) -> "OpenPort":
        line = seen.observation
        return cls(
            chunk=seen.chunk,
            asset=line.asset,
            address=line.address,
            protocol=line.protocol,
            port=line.port,
            how=line.how,
            service=line.service,
            at=line.at,
        )


class Why(Model):
    """What each network of the project remembers of one cell; empty where none ever covered it."""

    asset: str
    protocol: Protocol
    port: int
    networks: tuple[CellStory, ...]


class ReconcileRequest(Model):
    cursor: str = Field(default="", max_length=4096)


class Reconciled(Model):
    examined: int = Field(description="Exposures and hosts.")
    created: int
    next_cursor: str | None = None


class CsvImport(Model):
    csv: str = Field(max_length=MAX_TEXT, description="A header and a line for each rule; all or nothing.")
    default: Literal["allow", "deny"] | None = Field(default=None, description="As it stands where left out.")
    comment: str = Field(default="", max_length=512)


class PointerMove(Model):
    version: int = Field(ge=0, le=99_999_999, description="0 is none.")


class BackTestRequest(Model):
    """Either a kept `version` or a `draft`, in place of the rules that `scope` has now."""

    scope: Literal["project", "network"] = "network"
    version: int | None = Field(default=None, ge=1, le=99_999_999)
    draft: RuleSetDraft | None = None
    scans: int = Field(default=5, ge=1, le=MAX_SCANS)


class DiffView(Model):
    """`counts` tell of what this page has compared: the sums over all pages are those of the whole."""

    before: str = Field(description="A scan.")
    after: str = Field(description="A scan, or `inventory`: as it is now.")
    items: tuple[Difference, ...]
    counts: DiffCounts
    next_cursor: str | None = None

    @classmethod
    def of(cls, page: DiffPage) -> "DiffView":
        return cls(
            before=page.before,
            after=page.after,
            items=page.items,
            counts=page.counts,
            next_cursor=page.next_cursor or None,
        )


class RawFiles(Model):
    items: tuple[RawFile, ...]


class BaselineRequest(Model):
    cursor: str = Field(default="", max_length=4096)


class AcceptedBaseline(Model):
    """Ask again with `next_cursor` until it is null: then all that is open, and every host that is there, is accepted."""

    examined: int = Field(description="Exposures looked at.")
    accepted: int = Field(description="Of them.")
    hosts: int = Field(default=0, description="Hosts accepted; they come after the exposures.")
    next_cursor: str | None = None


class HostView(Host):
    last_seen: Time = Field(description="When it last answered; of one that is down, its last change.")


class Log(Model):
    items: tuple[Event, ...]
    next_cursor: str | None = None


class Health(Model):
    status: str = "ok"


class Version(Model):
    version: str
