"""Commands that run the platform rather than call its API: up, down, status, bootstrap, redrive."""

import json
import sys
from datetime import UTC, datetime

from rich.console import Console

from cli.errors import CommandError


def up(out: Console) -> None:
    from infra.local import up as bring_up
    from infra.local.errors import LocalError

    try:
        running = bring_up(progress=out.print)
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
        take_down(progress=out.print)
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
    from functions.store.audit import AuditedTable
    from functions.store.tokens import Tokens
    from functions.usecases.tokens import bootstrap_admin_token
    from infra.stack_outputs import account_of

    account, outputs = account_of(stage), _outputs(stage)
    table = AuditedTable(account.client("dynamodb"), outputs["TableName"], clock=lambda: datetime.now(UTC))
    tokens = Tokens(table)
    token = bootstrap_admin_token(tokens, name=name, now=datetime.now(UTC))
    out.print(f"HTTP API       {outputs['HttpUrl']}")
    out.print(f"WebSocket API  {outputs['WebSocketUrl']}")
    out.print(f"admin token    {token}  (shown once)")


def redrive(out: Console, *, stage: str) -> int:
    """0 when everything was taken, 1 when some of it failed again."""
    from infra.redrive import redrive_all
    from infra.stack_outputs import account_of

    given = redrive_all(account_of(stage), _outputs(stage), tell=out.print)
    out.print(f"{given.succeeded} given again, {given.failed} failed again")
    return 1 if given.failed else 0


def _outputs(stage: str) -> dict[str, str]:
    from infra.stack_outputs import StackMissing, account_of, read_outputs

    try:
        return read_outputs(account_of(stage), stage)
    except StackMissing as error:
        raise CommandError(str(error)) from error
