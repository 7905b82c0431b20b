"""The credentials endpoint of the local Fargate: each task's role, served only to the holder of that task's token."""

import hmac
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sts.client import STSClient
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

REFRESH_BEFORE = timedelta(minutes=15)


@dataclass
class _Grant:
    role_arn: str
    token: str
    credentials: "CredentialsTypeDef | None" = None


class TaskCredentials:
    """Serves on loopback until closed; `grant` a task before its process starts, `revoke` it after the end."""

    def __init__(self, *, sts: "STSClient", now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._sts = sts
        self._now = now
        self._grants: dict[str, _Grant] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="task-credentials", daemon=True).start()

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._server.server_address[1]

    def grant(self, task_id: str, role_arn: str) -> dict[str, str]:
        """The variables by which the task's SDK finds its credentials."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._grants[task_id] = _Grant(role_arn=role_arn, token=token)
        host, port = self.address
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{host}:{port}/{task_id}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
        }

    def revoke(self, task_id: str) -> None:
        with self._lock:
            self._grants.pop(task_id, None)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str, token: str) -> bytes | None:
        with self._lock:
            grant = self._grants.get(path.removeprefix("/"))
            if grant is None or not hmac.compare_digest(grant.token.encode(), token.encode()):
                return None
            if grant.credentials is None or grant.credentials["Expiration"] - self._now() < REFRESH_BEFORE:
                session = path.removeprefix("/")[:64]
                grant.credentials = self._sts.assume_role(RoleArn=grant.role_arn, RoleSessionName=session)[
                    "Credentials"
                ]
            document = {
                "RoleArn": grant.role_arn,
                "AccessKeyId": grant.credentials["AccessKeyId"],
                "SecretAccessKey": grant.credentials["SecretAccessKey"],
                "Token": grant.credentials["SessionToken"],
                "Expiration": grant.credentials["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        return json.dumps(document).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = answer(self.path, self.headers.get("Authorization", ""))
                self.send_response(200 if body else 403)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Requests carry a token and answers a secret: nothing of them is logged."""

        return Handler
