"""Where the API is and who calls it: environment, then the local stack of this folder, then `vedette login`."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cli.errors import UsageError
from cli.oidc import Offer

LOCAL = Path(".vedette/credentials.json")


class Login(BaseModel):
    """What renews a person's token; `expires`: of the token at hand."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    offer: Offer
    refresh_token: str
    expires: datetime


class Access(BaseModel):
    """`url`: the HTTP API without `/v1`; `websocket_url`: the WebSocket API with its stage; `token`: `vdt_...`, or the
    issuer's for a person, who has a `login` too."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    url: str
    websocket_url: str
    token: str
    login: Login | None = None


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
    first, kept = local() if LOCAL.exists() else None, saved(variables)
    # Who logged in to the local stack is not its first admin.
    logged_in = kept if first and kept and kept.login and kept.url == first.url else None
    if found := logged_in or first or kept:
        return found
    raise UsageError("no endpoint is known: run `vedette up` for this machine, or `vedette login` for a deployed stack")


def save(access: Access, variables: Mapping[str, str] = os.environ) -> Path:
    """Keep it for this user alone."""
    path = saved_path(variables)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = path.with_suffix(".new")
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(access.model_dump_json(indent=2))
    made.replace(path)
    return path


def local() -> Access:
    """The first admin of the local stack of this folder."""
    return _read(LOCAL)


def saved(variables: Mapping[str, str] = os.environ) -> Access | None:
    """What `vedette login` kept; None where nobody is logged in."""
    path = saved_path(variables)
    return _read(path) if path.exists() else None


def forget(variables: Mapping[str, str] = os.environ) -> None:
    saved_path(variables).unlink(missing_ok=True)


@contextmanager
def alone(variables: Mapping[str, str] = os.environ) -> Iterator[None]:
    """One process at a time: a refresh token that the issuer rotates works once."""
    path = saved_path(variables).with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> Access:
    try:
        return Access.model_validate(json.loads(path.read_text()))
    except (ValidationError, ValueError) as error:
        raise UsageError(f"{path} is not a credentials file: run `vedette login` again") from error
