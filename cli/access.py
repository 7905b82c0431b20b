"""Where the API is and who calls it: environment, then `vedette login`, then the local stack of this folder."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cli.errors import UsageError

LOCAL = Path(".vedette/credentials.json")


class Access(BaseModel):
    """`url`: the HTTP API without `/v1`; `websocket_url`: the WebSocket API with its stage; `token`: `vdt_...`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    url: str
    websocket_url: str
    token: str


def saved_path(variables: Mapping[str, str] = os.environ) -> Path:
    base = variables.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "vedette" / "credentials.json"


def find(variables: Mapping[str, str] = os.environ) -> Access:
    """Raises UsageError that says what to run when nothing is configured."""
    if variables.get("VEDETTE_URL"):
        try:
            return Access(
                url=variables["VEDETTE_URL"],
                websocket_url=variables["VEDETTE_WEBSOCKET_URL"],
                token=variables["VEDETTE_TOKEN"],
            )
        except KeyError as missing:
            raise UsageError(f"VEDETTE_URL is set, so {missing.args[0]} must be set too") from None
    for path in (LOCAL, saved_path(variables)):
        if path.exists():
            return _read(path)
    raise UsageError("no endpoint is known: run `vedette up` for this machine, or `vedette login` for a deployed stack")


def save(access: Access, variables: Mapping[str, str] = os.environ) -> Path:
    """Keep it for this user alone."""
    path = saved_path(variables)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(access.model_dump_json(indent=2))
    return path


def _read(path: Path) -> Access:
    try:
        return Access.model_validate(json.loads(path.read_text()))
    except (ValidationError, ValueError) as error:
        raise UsageError(f"{path} is not a credentials file: run `vedette login` again") from error
