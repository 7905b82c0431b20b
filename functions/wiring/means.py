"""What the stage has for a scan, as its settings say."""

from functions.core.choice import Means
from functions.settings import MeansSettings
from functions.wiring.machine import machine_of


def means_of(settings: MeansSettings) -> Means:
    return Means(
        machine=machine_of(settings),
        max_tasks=settings.max_tasks,
        chunk_seconds=settings.chunk_seconds,
        deadline_s=settings.deadline_s,
        start_s=settings.task_start_s,
        steps_s=settings.steps_s,
    )
