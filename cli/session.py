"""What every command needs: the client, the project it works in, and how it prints."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console

from cli import access as accesses
from cli.access import Access
from cli.client import Client, Json
from cli.errors import ApiError, UsageError

DEFAULT_PROJECT = "default"


@dataclass(frozen=True, kw_only=True)
class Session:
    access: Access
    client: Client
    project: str
    """The project's id."""
    console: Console
    json: bool = False


def console() -> Console:
    """Standard output: colours and live drawing on a terminal, plain lines elsewhere."""
    return Console(highlight=False, markup=False, soft_wrap=not sys.stdout.isatty())


def notes() -> Console:
    """Standard error: what is not the answer."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def open_session(*, project: str = "", json: bool = False) -> Iterator[Session]:
    """`project`: an id or a name; the default project is made when it is missing."""
    access = accesses.find()
    with Client(access) as client:
        yield Session(
            access=access,
            client=client,
            project=find_project(client, project or DEFAULT_PROJECT),
            console=notes() if json else console(),
            json=json,
        )


@contextmanager
def open_client() -> Iterator[Client]:
    """For what belongs to no project."""
    with Client(accesses.find()) as client:
        yield client


def find_project(client: Client, wanted: str) -> str:
    """The id of the project with this id or name. Raises UsageError where there is none, or more than one."""
    projects: list[Json] = list(client.items("projects"))
    found = [project["id"] for project in projects if wanted in {project["id"], project["name"]}]
    if len(found) == 1:
        return str(found[0])
    if found:
        raise UsageError(f"--project: {len(found)} projects are named {wanted!r}; give the id")
    if wanted == DEFAULT_PROJECT:
        return _make_default(client, projects)
    raise UsageError(f"--project: there is no project {wanted!r}")


def _make_default(client: Client, reached: list[Json]) -> str:
    """Made by who may make projects; whoever may not, and reaches but one, works in that one."""
    try:
        return str(client.post("projects", body={"name": DEFAULT_PROJECT}, key=f"cli-{DEFAULT_PROJECT}-project")["id"])
    except ApiError as error:
        if error.slug != "forbidden":
            raise
    if len(reached) != 1:
        raise UsageError(f"--project: name one of the {len(reached)} projects that you reach; `vedette me` lists them")
    return str(reached[0]["id"])


def ago(time: str | None) -> str:
    """`3 minutes ago` for an RFC 3339 time."""
    if not time:
        return "never"
    seconds = int((datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds())
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return f"{max(seconds, 0)} s ago"
