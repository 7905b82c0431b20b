"""The deployed local stack as a user and an operator reach it."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from websockets.sync.client import ClientConnection, connect

from cli.access import Access
from cli.client import Client
from functions.store.authorities import Authorities
from functions.store.table import Table
from infra.local import Running, down, up
from infra.local.aws import DIRECT, root_session
from infra.local.paths import LocalPaths
from tests.core.authorities import everywhere
from tests.oidc import Issuer, Someone, served

Json = dict[str, Any]
T = TypeVar("T")

REPOSITORY = Path(__file__).parents[2]
ENDED = frozenset({"completed", "partial", "failed", "cancelled"})


PATIENCE_S = 120.0
"""What comes in two or three seconds takes a machine half a minute whose cores others have: it is never the clock that decides."""
SCAN_PATIENCE_S = 480.0


def eventually(look: Callable[[], T], *, seconds: float = PATIENCE_S, what: str = "") -> T:
    """The first truthy answer of `look`; fails the test when none comes in time."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what or look.__name__}; last answer {found!r}")
        time.sleep(0.3)


@dataclass(kw_only=True)
class Platform:
    paths: LocalPaths
    running: Running
    access: Access
    client: Client
    issuer: Issuer
    """Who knows the people of this platform."""
    _names: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    @property
    def outputs(self) -> dict[str, str]:
        return dict(self.running.endpoints.outputs)

    def aws(self, service: str) -> Any:
        """A client with the embedded AWS's root key: what an operator of the account sees."""
        client: Any = root_session().client  # the name of the service is known only at run time
        return client(service, endpoint_url=self.running.endpoints.endpoint_url, config=DIRECT)

    def as_user(self, someone: Someone) -> Client:
        """Somebody who is logged in; close it, or use it as a context manager."""
        return Client(self.access.model_copy(update={"token": self.issuer.token(someone)}))

    def place_tasks(self, namespaces: list[str]) -> None:
        """From now on tasks run in these network namespaces."""
        self.paths.namespaces.write_text("".join(f"{name}\n" for name in namespaces))

    def with_token(self, token: str) -> Client:
        """A client of somebody else's; close it, or use it as a context manager."""
        return Client(Access(url=self.access.url, websocket_url=self.access.websocket_url, token=token))

    @contextmanager
    def live(self, project: str, token: str = "") -> Iterator[ClientConnection]:
        """A WebSocket connection into a project, with a ticket of the token's holder; the first token's by default."""
        with self.with_token(token or self.access.token) as client:
            ticket = client.post("projects", project, "tickets")["ticket"]
        with self.handshake(ticket) as connection:
            yield connection

    def handshake(self, ticket: str) -> ClientConnection:
        url = f"{self.access.websocket_url}?ticket={ticket}"
        return connect(url, proxy=None, ping_interval=None, open_timeout=180)

    def project(self, name: str = "", *, allowed: bool = True) -> "Project":
        """`allowed`: whether it may scan wherever it likes; else loopback alone, until somebody records an authority."""
        made = self.client.post("projects", body={"name": name or f"test {next(self._names)}"}, key=str(uuid.uuid4()))
        if allowed:
            self.allow(made["id"])
        return Project(platform=self, id=made["id"])

    def allow(self, project: str) -> None:
        """As if somebody had recorded it long ago: tests have clocks of their own."""
        Authorities(Table(self.aws("dynamodb"), self.outputs["TableName"])).create(everywhere(project))

    def command(self, *words: str, timeout: float = 600.0, **variables: str) -> subprocess.CompletedProcess[str]:
        """The `vedette` command in a process of its own, not on a terminal."""
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            cwd=REPOSITORY,
            env=self.environment() | variables,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.paths.root),
            "LANG": "C.UTF-8",
            "VEDETTE_URL": self.access.url,
            "VEDETTE_WEBSOCKET_URL": self.access.websocket_url,
            "VEDETTE_TOKEN": self.access.token,
        }


@dataclass(frozen=True, kw_only=True)
class Project:
    """A tenant of its own for one test, so that tests do not see each other."""

    platform: Platform
    id: str

    def get(self, *path: str, **query: Any) -> Json:
        return self.platform.client.get("projects", self.id, *path, **query)

    def post(self, *path: str, body: Json | None = None, key: str = "") -> Json:
        return self.platform.client.post("projects", self.id, *path, body=body, key=key)

    def items(self, *path: str, **query: Any) -> list[Json]:
        return list(self.platform.client.items("projects", self.id, *path, **query))

    def token(self, *scopes: str, **fields: Any) -> Json:
        """A token of this project: `token` is what its holder presents, `details` what is known of it."""
        body = {"name": "test", "scopes": list(scopes)} | fields
        return self.post("tokens", body=body, key=str(uuid.uuid4()))

    def network(self, **draft: Any) -> Json:
        return self.post("networks", body={"name": "lab", "rate": 2000} | draft, key=str(uuid.uuid4()))

    def start(self, network: Json, **options: Any) -> Json:
        return self.post("scans", body={"network": network["id"]} | options, key=str(uuid.uuid4()))

    def scan(self, network: Json, *, seconds: float = SCAN_PATIENCE_S, **options: Any) -> Json:
        """Start a scan and wait for its end."""
        return self.ended(self.start(network, **options), seconds=seconds)

    def ended(self, scan: Json, *, seconds: float = SCAN_PATIENCE_S) -> Json:
        def look() -> Json | None:
            current = self.get("scans", scan["id"])
            return current if current["status"] in ENDED else None

        found = eventually(look, seconds=seconds, what=f"scan {scan['id']} ends")
        assert found is not None
        return found

    def exposures(self, **query: Any) -> dict[tuple[str, str, int], Json]:
        return {(item["asset"], item["protocol"], item["port"]): item for item in self.items("exposures", **query)}

    def open(self, **query: Any) -> set[tuple[str, str, int]]:
        return set(self.exposures(state="open", **query))

    def result_lines(self, scan: Json) -> list[Json]:
        """Every line of every result document of a scan, as an operator reads them from the bucket."""
        import gzip

        s3, bucket = self.platform.aws("s3"), self.platform.outputs["ResultsBucketName"]
        listing = s3.list_objects_v2(Bucket=bucket, Prefix=f"results/{self.id}/{scan['id']}/")
        documents = [entry["Key"] for entry in listing.get("Contents", []) if entry["Key"].endswith("result.jsonl.gz")]
        return [
            json.loads(line)
            for key in documents
            for line in gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).splitlines()
        ]


@contextmanager
def deployed(
    root: Path, *, port: int, engine: str = "none", name_servers: str = "", tell: Callable[[str], object] = print
) -> Iterator[Platform]:
    """A platform of its own in `root`; taken down at the end, also when the test fails. `tell`: of its coming and going."""
    paths = LocalPaths(root)
    with served() as issuer:
        paths.make()
        paths.identity.write_text(json.dumps(issuer.settings))
        paths.name_servers.write_text(name_servers)
        try:
            running = up(tell, paths=paths, port=port, engine=engine)
            access = Access(
                url=running.endpoints.http_url, websocket_url=running.endpoints.websocket_url, token=running.token
            )
            with Client(access) as client:
                yield Platform(paths=paths, running=running, access=access, client=client, issuer=issuer)
        finally:
            down(tell, paths=paths, port=port)
