"""The whole platform on this machine: up, down, status."""

import fcntl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local import tools
from infra.local.access import keep_access
from infra.local.daemon import Daemon
from infra.local.deploy import Deployment
from infra.local.emulator import DEFAULT_PORT, Emulator
from infra.local.endpoints import Endpoints
from infra.local.engine import build_image, find_engine
from infra.local.launcher import SYSTEM_PATH, engine_environment
from infra.local.paths import PROJECT, LocalPaths
from infra.local.readiness import await_api

# The agent gives each task its stop time-out, which is two minutes at most.
AGENT_STOP_SECONDS = 130.0

Progress = Callable[[str], object]


@dataclass(frozen=True)
class Running:
    """`new_token` is empty when the token of an earlier `up` still holds."""

    endpoints: Endpoints
    token: str
    new_token: str
    engine: str


@dataclass(frozen=True)
class Status:
    emulator: bool
    agent: bool
    deployed: bool
    endpoints: Endpoints | None

    @property
    def running(self) -> bool:
        return self.emulator and self.agent and self.deployed

    def as_dict(self) -> dict[str, str]:
        found = {
            "embedded AWS": "running" if self.emulator else "stopped",
            "Fargate agent": "running" if self.agent else "stopped",
            "app": "deployed" if self.deployed else "not deployed",
        }
        if self.endpoints:
            found["HTTP API"] = self.endpoints.http_url
            found["WebSocket API"] = self.endpoints.websocket_url
        return found


def up(
    progress: Progress = lambda _: None,
    *,
    paths: LocalPaths | None = None,
    port: int = DEFAULT_PORT,
    engine: str | None = None,
    project: Path = PROJECT,
) -> Running:
    """Bring everything up that is not up; `engine` as in `find_engine`, None leaves the choice to the machine."""
    emulator = Emulator(paths or LocalPaths(), port)
    emulator.paths.make()
    with _one_at_a_time(emulator.paths):
        client = find_engine(engine)
        _make_tasks_runnable(client, progress)
        if not emulator.healthy():
            progress("Starting the embedded AWS")
        emulator.up()
        deployment = Deployment(emulator, project)
        endpoints = deployment.up(progress)
        _start_agent(emulator, client, deployment.digest(), progress)
        access = keep_access(emulator.paths.credentials, endpoints)
        await_api(endpoints.http_url, access.token)
    return Running(endpoints, access.token, access.token if access.new else "", client)


def down(progress: Progress = lambda _: None, *, paths: LocalPaths | None = None, port: int = DEFAULT_PORT) -> None:
    """Stop what `up` started, tasks first; the state stays."""
    emulator = Emulator(paths or LocalPaths(), port)
    emulator.paths.make()
    with _one_at_a_time(emulator.paths):
        if agent_daemon(emulator.paths).stop(patience=AGENT_STOP_SECONDS):
            progress("Stopped the Fargate agent")
        if emulator.down():
            progress("Stopped the embedded AWS")


def status(*, paths: LocalPaths | None = None, port: int = DEFAULT_PORT) -> Status:
    emulator = Emulator(paths or LocalPaths(), port)
    lives = emulator.daemon.running() is not None and emulator.healthy()
    deployment = Deployment(emulator)
    deployed = lives and deployment.stands()
    return Status(
        emulator=lives,
        agent=agent_daemon(emulator.paths).running() is not None,
        deployed=deployed,
        endpoints=deployment.endpoints() if deployed else None,
    )


def agent_daemon(paths: LocalPaths) -> Daemon:
    return Daemon("The Fargate agent", pid_file=paths.run / "fargate.json", log_file=paths.log / "fargate.log")


def _make_tasks_runnable(engine: str, progress: Progress) -> None:
    if engine:
        progress(f"Building the scanner's image with {Path(engine).name}")
        build_image(engine)
        return
    installed = tools.ensure()
    if installed:
        progress(f"Installed {' '.join(installed)}")


def _start_agent(emulator: Emulator, engine: str, sources: str, progress: Progress) -> None:
    argv = [sys.executable, "-m", "infra.local.fargate", f"--root={emulator.paths.root}", f"--port={emulator.port}"]
    argv.append(f"--sources={sources[:16]}")
    argv += [f"--engine={engine}"] if engine else []
    daemon = agent_daemon(emulator.paths)
    running = daemon.running()
    if running is not None:
        if running.argv() == argv:
            return
        daemon.stop(patience=AGENT_STOP_SECONDS)
    progress("Starting the Fargate agent")
    daemon.start(argv, env={"PATH": SYSTEM_PATH, "LANG": "C.UTF-8", **engine_environment()}, cwd=PROJECT)


@contextmanager
def _one_at_a_time(paths: LocalPaths) -> Iterator[None]:
    with (paths.run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
