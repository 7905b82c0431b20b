"""Where and how a task runs on this machine: a process or a container, in the root namespace or in a named one."""

import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.aws import REGION
from infra.local.ecs_task import EcsTask
from infra.local.errors import PlacementError
from infra.local.netns import Relay, command_inside, open_door
from infra.local.paths import PROJECT, LocalPaths
from infra.local.running_task import RunningTask, launch

ROOT_NAMESPACE = ""
# Alone in its namespace a task has the interfaces to itself, as on Fargate; their counters tell what it has sent. One that joins
# it later is in them too.
OWN_NETWORK = {"VEDETTE_SHARED_NETWORK": "false"}
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What the container engine's client needs from this machine's environment; never handed to the container.
ENGINE_VARIABLES = (
    *("HOME", "XDG_RUNTIME_DIR"),
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"),
    *("CONTAINER_HOST", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF"),
)


def engine_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ENGINE_VARIABLES if name in os.environ}


@dataclass
class Launcher:
    paths: LocalPaths
    endpoint_port: int
    credentials_port: int
    # Path of the docker or podman client; empty where tasks run as processes.
    engine: str = ""
    _doors: dict[str, list[Relay]] = field(default_factory=dict, init=False)

    def start(self, task: EcsTask, *, granted: Mapping[str, str], running: Iterable[RunningTask]) -> RunningTask:
        busy = [task.namespace for task in running]
        namespace = self.placement(busy)
        if namespace != ROOT_NAMESPACE and self.engine and Path(self.engine).name != "podman":
            raise PlacementError(f"Only podman puts a container into a named network namespace ({namespace}).")
        if namespace != ROOT_NAMESPACE and namespace not in self._doors:
            ports = (self.endpoint_port, self.credentials_port)
            self._doors[namespace] = open_door(namespace, [("127.0.0.1", port) for port in ports])
        # Its tools run as another user, who must be able to pass through; below our home none could.
        scratch = Path(tempfile.mkdtemp(prefix="vedette-task-"))
        scratch.chmod(0o711)
        environment = {
            **task.environment,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.endpoint_port}",
            **granted,
            **({} if namespace == ROOT_NAMESPACE or namespace in busy else OWN_NETWORK),
        }
        log_file = self.paths.task_logs / f"{task.task_id}.log"
        if self.engine:
            return self._container(task, environment, namespace=namespace, scratch=scratch, log_file=log_file)
        return self._process(task, environment, namespace=namespace, scratch=scratch, log_file=log_file)

    def release(self, namespace: str, *, running: Iterable[RunningTask]) -> None:
        """Shut the doors of a namespace that no task is in: an open socket would keep a deleted namespace alive."""
        if namespace in self._doors and all(other.namespace != namespace for other in running):
            for relay in self._doors.pop(namespace):
                relay.close()

    def remove_leftover(self, task_id: str) -> None:
        """A container outlives the client that started it."""
        if self.engine:
            argv = [self.engine, "rm", "--force", _container_name(task_id)]
            subprocess.run(argv, check=False, capture_output=True, timeout=60)

    def _process(
        self, task: EcsTask, environment: dict[str, str], *, namespace: str, scratch: Path, log_file: Path
    ) -> RunningTask:
        argv = list(task.argv())
        return launch(
            task,
            argv if namespace == ROOT_NAMESPACE else command_inside(namespace, argv),
            environment={
                "PATH": SYSTEM_PATH,
                "LANG": "C.UTF-8",
                "HOME": str(scratch),
                "TMPDIR": str(scratch),
                **environment,
            },
            cwd=PROJECT,
            namespace=namespace,
            scratch=scratch,
            log_file=log_file,
        )

    def _container(
        self, task: EcsTask, environment: dict[str, str], *, namespace: str, scratch: Path, log_file: Path
    ) -> RunningTask:
        name = _container_name(task.task_id)
        network = "host" if namespace == ROOT_NAMESPACE else f"ns:/run/netns/{namespace}"
        options = [
            "--rm",
            # Fargate's image is what the registry has and its capabilities are Docker's; podman's own set lacks this one.
            "--pull=never",
            "--cap-add=NET_RAW",
            f"--name={name}",
            f"--network={network}",
            f"--stop-timeout={int(task.stop_seconds)}",
            *(["--read-only"] if task.read_only else []),
            *(f"--tmpfs={mount}:rw,exec,mode=1777" for mount in task.mounts),
            # Values travel in the client's environment: a command line is for everyone to read.
            *(f"--env={variable}" for variable in environment),
        ]
        return launch(
            task,
            [self.engine, "run", *options, task.image],
            environment={"PATH": SYSTEM_PATH, **engine_environment(), **environment},
            cwd=self.paths.home,
            namespace=namespace,
            scratch=scratch,
            log_file=log_file,
            kill_argv=(self.engine, "kill", name),
        )

    def placement(self, busy: Iterable[str]) -> str:
        """The namespace for the next task, given those of the running ones."""
        try:
            names = self.paths.namespaces.read_text(encoding="utf-8").split()
        except FileNotFoundError:
            names = []
        tasks = Counter(busy)
        return min(names, key=lambda name: tasks[name], default=ROOT_NAMESPACE)


def _container_name(task_id: str) -> str:
    return f"vedette-{task_id}"
