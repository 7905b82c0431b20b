"""What the stage's tasks run on, as its settings say."""

from functions.core.prices import Machine
from functions.settings import MachineSettings


def machine_of(settings: MachineSettings) -> Machine:
    return Machine(
        region=settings.region,
        vcpu=settings.task_cpu / 1024,
        memory_gb=settings.task_memory / 1024,
        architecture=settings.task_architecture,
        lambda_architecture=settings.lambda_architecture,
        public_address=settings.public_address,
        spot=settings.spot,
    )
