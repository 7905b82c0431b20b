"""What a channel's options make of the document that the API takes."""

from typing import Any

from cli.client import Json
from cli.errors import UsageError
from cli.listing import network_id
from cli.session import Session

DRAFT = ("name", "kind", "url", "topic", "routes", "digest_minutes", "quiet", "urgent", "resolutions", "enabled")
OFF = "off"


def route_of(
    session: Session, severity: str | None, types: list[str] | None, networks: list[str] | None, tags: list[str] | None
) -> Json:
    ids = [network_id(session, each) for each in networks] if networks else None
    route = {"severity": severity, "types": types, "networks": ids, "tags": tags}
    return {name: value for name, value in route.items() if value}


def apply(
    draft: Json,
    route: Json,
    digest: int | None,
    quiet: str | None,
    timezone: str | None,
    urgent: str | None,
    resolutions: bool | None,
) -> None:
    given: dict[str, Any] = {"digest_minutes": digest, "resolutions": resolutions, "routes": [route] if route else None}
    draft |= {name: value for name, value in given.items() if value is not None}
    if urgent is not None:
        draft["urgent"] = None if urgent == OFF else urgent
    if quiet is not None:
        draft["quiet"] = None if quiet == OFF else _quiet_hours(quiet)
    if timezone is not None:
        if not draft.get("quiet"):
            raise UsageError("--timezone: give the quiet hours too, as in --quiet 22:00-07:00")
        draft["quiet"] = {**draft["quiet"], "timezone": timezone}


def _quiet_hours(text: str) -> Json:
    start, dash, end = text.partition("-")
    if not dash:
        raise UsageError("--quiet: write as in 22:00-07:00")
    return {"start": start, "end": end}
