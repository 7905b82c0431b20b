"""`vedette profiles`: how each profile scans, and who asks which targets under it."""

from typing import Annotated

import typer

from cli.client import Json
from cli.errors import UsageError
from cli.listing import write_json
from cli.options import AsJson
from cli.session import console, open_client
from cli.tables import print_rows

COLUMNS = ("profile", "targets", "finds open ports", "asks known ones again", "says what speaks")
WHY_COLUMNS = ("targets", "step", "engine", "why")
_STEPS = ("discovery", "recheck", "identification")
_WHY_STEPS = ("host_discovery", *_STEPS)
_NAMES = {"connect": "a connection", "none": "nobody"}


def profiles(
    name: Annotated[str, typer.Argument(help="Of one profile: why, too.")] = "", as_json: AsJson = False
) -> None:
    """List the profiles, and which engine asks which targets under each."""
    with open_client() as client:
        found: list[Json] = client.get("profiles")["items"]
    if name:
        known = [profile["name"] for profile in found]
        found = [profile for profile in found if profile["name"] == name]
        if not found:
            raise UsageError(f"there is no profile {name}; there are {', '.join(known)}")
    if as_json:
        write_json({"profiles": found})
    elif name:
        rows = (row for profile in found for engines in profile["engines"] for row in _whys(engines))
        print_rows(console(), title=_title(found[0]), columns=WHY_COLUMNS, rows=rows)
    else:
        rows = ((profile["name"], *_engines(engines)) for profile in found for engines in profile["engines"])
        print_rows(console(), title="", columns=COLUMNS, rows=rows)


def _engines(engines: Json) -> tuple[str, ...]:
    return (engines["targets"], *(_engine(engines[step]) for step in _STEPS))


def _whys(engines: Json) -> list[tuple[str, ...]]:
    return [
        (engines["targets"], step.replace("_", " "), _engine(engines[step]), engines[step]["why"])
        for step in _WHY_STEPS
    ]


def _engine(choice: Json) -> str:
    engine = str(choice["engine"])
    return _NAMES.get(engine, engine)


def _title(profile: Json) -> str:
    settings: Json = profile["settings"]
    parts = (
        f"services by intensity {settings['version_intensity']}" if settings["service_detection"] else "no services",
        *(("systems guessed",) if settings["os_detection"] else ()),
        f"{settings['retries']} retries",
        f"{settings['host_timeout_s']} s for a host",
        *(() if profile["for_networks"] else ("for second looks, not for networks",)),
    )
    return f"{profile['name']}: {', '.join(parts)}"
