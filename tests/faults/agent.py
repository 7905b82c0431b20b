"""A Fargate agent in this process, whose tasks meet what a run has in store for them."""

import errno
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from infra.local.aws import DIRECT, root_session
from infra.local.ecs_task import EcsTask
from infra.local.fargate import Agent
from infra.local.launcher import Launcher
from infra.local.paths import LocalPaths
from infra.local.running_task import RunningTask
from infra.local.stack import AGENT_STOP_SECONDS, agent_daemon
from infra.local.task_credentials import TaskCredentials
from infra.local.task_log import TaskLog
from tests.faults.skewed import READ

FULL = os.strerror(errno.ENOSPC)


@dataclass
class InStore:
    """For the tasks that start from now on: bytes of disk (0: as much as there is), seconds that their clocks are wrong."""

    disk: int = 0
    skew: float = 0.0


@dataclass
class FaultyLauncher(Launcher):
    in_store: InStore = field(default_factory=InStore)
    mounted: list[Path] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)
    """Of the tasks for which something was in store."""

    def _process(
        self, task: EcsTask, environment: dict[str, str], *, namespace: str, scratch: Path, log_file: Path
    ) -> RunningTask:
        if self.in_store != InStore():
            self.logs.append(log_file)
        if self.in_store.disk:
            options = f"size={self.in_store.disk},mode=0711"
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(scratch)], check=True, timeout=20)
            self.mounted.append(scratch)
        if self.in_store.skew:
            task = replace(task, command=("python", "-m", "tests.faults.skewed", str(self.in_store.skew)))
        return super()._process(task, environment, namespace=namespace, scratch=scratch, log_file=log_file)

    @property
    def met(self) -> bool:
        """Whether one of these tasks says of itself that its disk was full, or that it read its wrong clock."""
        told = [log.read_text(encoding="utf-8", errors="replace") for log in self.logs]
        return any(FULL in text or READ in text for text in told)

    def calm(self) -> None:
        """Nothing is in store any more. A disk that is still used goes once nobody uses it."""
        self.in_store.disk, self.in_store.skew = 0, 0.0
        self.logs.clear()
        for scratch in self.mounted:
            subprocess.run(["umount", "--lazy", str(scratch)], check=False, timeout=20)
            if scratch.is_dir():
                scratch.rmdir()
        self.mounted.clear()


@contextmanager
def own_agent(paths: LocalPaths, *, port: int, tasks_port: int) -> Iterator[FaultyLauncher]:
    """In the place of the stack's own. `tasks_port`: where tasks find AWS."""
    agent_daemon(paths).stop(patience=AGENT_STOP_SECONDS)
    session, endpoint = root_session(), f"http://127.0.0.1:{port}"
    credentials = TaskCredentials(sts=session.client("sts", endpoint_url=endpoint, config=DIRECT))
    launcher = FaultyLauncher(paths, tasks_port, credentials.address[1])
    agent = Agent(
        ecs=session.client("ecs", endpoint_url=endpoint, config=DIRECT),
        credentials=credentials,
        launcher=launcher,
        task_log=TaskLog(session.client("logs", endpoint_url=endpoint, config=DIRECT)),
        records=paths.task_records,
    )
    stopped = threading.Event()
    thread = threading.Thread(target=agent.run, args=(stopped,), name="faulty-agent", daemon=True)
    thread.start()
    try:
        yield launcher
    finally:
        stopped.set()
        thread.join(AGENT_STOP_SECONDS)
        launcher.calm()
        credentials.close()
