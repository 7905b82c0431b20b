"""The local stack's first admin token, kept where the command line finds it."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from functions.core.errors import Unauthenticated
from functions.store.audit import AuditedTable
from functions.store.tokens import Tokens
from functions.usecases.authenticate import Credentials
from functions.usecases.tokens import bootstrap_admin_token
from infra.local.aws import DIRECT, root_session
from infra.local.endpoints import Endpoints

TOKEN_NAME = "vedette up"  # noqa: S105


@dataclass(frozen=True)
class Access:
    token: str
    # Whether it was made just now, and so has not been shown yet.
    new: bool


def keep_access(path: Path, endpoints: Endpoints) -> Access:
    """The token in `path` while the deployed stack accepts it, else a new one; `path` then says where the stack is."""
    client = root_session().client("dynamodb", endpoint_url=endpoints.endpoint_url, config=DIRECT)
    tokens = Tokens(AuditedTable(client, endpoints.table, clock=lambda: datetime.now(UTC)))
    kept = _kept_token(path)
    if kept and _accepted(tokens, kept):
        access = Access(kept, new=False)
    else:
        access = Access(bootstrap_admin_token(tokens, name=TOKEN_NAME, now=datetime.now(UTC)), new=True)
    _write(path, endpoints, access.token)
    return access


def _kept_token(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["token"])
    except FileNotFoundError:
        return ""


def _accepted(tokens: Tokens, token: str) -> bool:
    try:
        Credentials(tokens).principal(f"Bearer {token}", now=datetime.now(UTC))
    except Unauthenticated:
        return False
    return True


def _write(path: Path, endpoints: Endpoints, token: str) -> None:
    document = {"url": endpoints.http_url, "websocket_url": endpoints.websocket_url, "token": token}
    made = path.with_suffix(".new")
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(document, file, indent=2)
    made.replace(path)
