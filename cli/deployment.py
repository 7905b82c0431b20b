"""Commands that run the platform rather than call its API: up, down, status, bootstrap, redrive."""

import json
import sys
from datetime import UTC, datetime

from rich.console import Console

from cli.errors import CommandError, UsageError


def up(out: Console) -> None:
    from infra.local import up as bring_up
    from infra.local.errors import LocalError

    try:
        running = bring_up(progress=lambda step: out.print(step))
    except LocalError as error:
        raise CommandError(str(error)) from error
    out.print(f"HTTP API       {running.endpoints.http_url}")
    out.print(f"WebSocket API  {running.endpoints.websocket_url}")
    if running.new_token:
        out.print(f"admin token    {running.new_token}  (shown once)")


def down(out: Console) -> None:
    from infra.local import down as take_down
    from infra.local.errors import LocalError

    try:
        take_down(progress=lambda step: out.print(step))
    except LocalError as error:
        raise CommandError(str(error)) from error


def status(out: Console, *, as_json: bool) -> int:
    """0 when all of it runs, 1 when some part does not."""
    from infra.local import status as look

    found = look()
    if as_json:
        sys.stdout.write(json.dumps(found.as_dict(), indent=2) + "\n")
    else:
        for part, state in found.as_dict().items():
            out.print(f"{part:14} {state}")
    return 0 if found.running else 1


def bootstrap(out: Console, *, stage: str, name: str) -> None:
    from functions.store.table import Table
    from functions.store.tokens import Tokens
    from infra.stack_outputs import read_outputs, session_for

    from functions.usecases.tokens import bootstrap_admin_token

    session = session_for(stage)
    outputs = read_outputs(session, stage)
    tokens = Tokens(Table(session.client("dynamodb"), outputs["TableName"]))
    token = bootstrap_admin_token(tokens, name=name, now=datetime.now(UTC))
    out.print(f"HTTP API       {outputs['HttpUrl']}")
    out.print(f"WebSocket API  {outputs['WebSocketUrl']}")
    out.print(f"admin token    {token}  (shown once)")


def redrive(out: Console, *, stage: str) -> int:
    from infra.redrive import redrive_all
    from infra.stack_outputs import session_for

    if not stage:
        raise UsageError("--stage: name the deployed stage")
    given = redrive_all(session_for(stage), stage=stage, tell=lambda line: out.print(line))
    out.print(f"{given.succeeded} given again, {given.failed} failed again")
    return 0 if not given.failed else 1
