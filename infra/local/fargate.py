"""The local Fargate agent: runs what ECS says should run, and tells ECS what ended."""

import argparse
import json
import logging
import shutil
import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.aws import DIRECT, root_session
from infra.local.daemon import Identity, identity_of
from infra.local.ecs_task import read_task
from infra.local.emulator import Emulator
from infra.local.errors import LocalError
from infra.local.launcher import Launcher
from infra.local.paths import LocalPaths
from infra.local.running_task import RunningTask, kill_session
from infra.local.task_credentials import TaskCredentials
from infra.local.task_log import TaskLog

if TYPE_CHECKING:
    from mypy_boto3_ecs.client import ECSClient

POLL_SECONDS = 0.5

logger = logging.getLogger("vedette.fargate")


@dataclass
class Agent:
    ecs: "ECSClient"
    credentials: TaskCredentials
    launcher: Launcher
    task_log: TaskLog
    # One file per running task, by which a successor finds what a killed agent left behind.
    records: Path
    _running: dict[str, RunningTask] = field(default_factory=dict, init=False)
    # Ended here, perhaps still RUNNING in ECS because a StopTask was lost.
    _ended: dict[str, tuple[str, str]] = field(default_factory=dict, init=False)

    def run(self, stopped: threading.Event) -> None:
        self._clear_leftovers()
        while not stopped.wait(POLL_SECONDS):
            try:
                self.step()
            except (BotoCoreError, ClientError) as error:
                logger.warning("ECS did not answer: %s", error)
        self._stop_all()

    def step(self) -> None:
        """One look at ECS: start the new, stop the stopped, report the ended."""
        wanted = self._wanted()
        for arn, running in list(self._running.items()):
            if arn not in wanted:
                running.stop()
            running.enforce()
            self.task_log.forward(running)
            if running.process.poll() is not None:
                self._finish(running, "Essential container in task exited")
        for arn, cluster in wanted.items():
            if arn in self._ended:
                self._report(arn, *self._ended[arn])
            elif arn not in self._running:
                self._start(arn, cluster)
        self._ended = {arn: ended for arn, ended in self._ended.items() if arn in wanted}

    def _wanted(self) -> dict[str, str]:
        wanted = {}
        for cluster in self.ecs.list_clusters()["clusterArns"]:
            for page in self.ecs.get_paginator("list_tasks").paginate(cluster=cluster, desiredStatus="RUNNING"):
                wanted.update(dict.fromkeys(page["taskArns"], cluster))
        return wanted

    def _start(self, arn: str, cluster: str) -> None:
        described = self.ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
        if not described:
            return
        definition = self.ecs.describe_task_definition(taskDefinition=described[0]["taskDefinitionArn"])
        task = read_task(described[0], definition["taskDefinition"])
        granted = self.credentials.grant(task.task_id, task.role_arn)
        try:
            running = self.launcher.start(task, granted=granted, running=self._running.values())
        except (OSError, LocalError) as error:
            logger.exception("Task %s could not be started", task.task_id)
            self.credentials.revoke(task.task_id)
            self._ended[arn] = cluster, f"CannotStartContainerError: {error}"
            self._report(arn, *self._ended[arn])
            return
        self._running[arn] = running
        self._write_record(running)
        logger.info("Started task %s as process %d", task.task_id, running.process.pid)

    def _finish(self, running: RunningTask, why: str) -> None:
        code = running.end()
        task = running.task
        self.task_log.forward(running)
        self.credentials.revoke(task.task_id)
        del self._running[task.arn]
        self.launcher.release(running.namespace, running=self._running.values())
        logger.info("Task %s ended with exit code %d", task.task_id, code)
        self._ended[task.arn] = task.cluster, f"{why} (exit code {code})"
        self._report(task.arn, *self._ended[task.arn])
        self._record(task.task_id).unlink(missing_ok=True)

    def _report(self, arn: str, cluster: str, reason: str) -> None:
        self.ecs.stop_task(cluster=cluster, task=arn, reason=reason)

    def _stop_all(self) -> None:
        for running in self._running.values():
            running.stop()
        pause = threading.Event()
        while self._running:
            for running in list(self._running.values()):
                running.enforce()
                if running.process.poll() is not None:
                    self._finish(running, "The local stack was stopped")
            pause.wait(0.1)

    def _record(self, task_id: str) -> Path:
        return self.records / f"{task_id}.json"

    def _write_record(self, running: RunningTask) -> None:
        task, process = running.task, identity_of(running.process.pid)
        if process is not None:
            record = {
                "arn": task.arn,
                "cluster": task.cluster,
                "process": process.__dict__,
                "scratch": str(running.scratch),
            }
            self._record(task.task_id).write_text(json.dumps(record), encoding="utf-8")

    def _clear_leftovers(self) -> None:
        """End the tasks of an agent that died: their processes have nobody who would report their end."""
        for path in self.records.glob("*.json"):
            record = json.loads(path.read_text(encoding="utf-8"))
            process = Identity(**record["process"])
            if identity_of(process.pid) == process:
                kill_session(process.pid)
            self.launcher.remove_leftover(path.stem)
            shutil.rmtree(record["scratch"], ignore_errors=True)
            self._ended[record["arn"]] = record["cluster"], "The agent that ran this task died"
            path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--engine", default="")
    parser.add_argument("--sources", default="", help="a digest, so that `up` replaces an agent of older sources")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    agent(Emulator(LocalPaths(options.root), options.port), engine=options.engine).run(stopped)


def agent(emulator: Emulator, *, engine: str = "") -> Agent:
    paths = emulator.paths
    paths.make()
    session = root_session()
    credentials = TaskCredentials(sts=session.client("sts", endpoint_url=emulator.endpoint, config=DIRECT))
    launcher = Launcher(paths, emulator.port, credentials.address[1], engine)
    logs = session.client("logs", endpoint_url=emulator.endpoint, config=DIRECT)
    ecs = session.client("ecs", endpoint_url=emulator.endpoint, config=DIRECT)
    return Agent(ecs, credentials, launcher, TaskLog(logs), paths.task_records)


if __name__ == "__main__":
    main()
