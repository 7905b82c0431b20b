"""What came of a probe of a role."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e.roles import Roles
from tests.e2e.stage_hand import Said, StageHand


@dataclass(frozen=True)
class Outcome:
    """`done`: what was asked for happened; `log`: all that was said on the way."""

    done: bool
    log: str

    @classmethod
    def of(cls, said: Said, *, done: bool = True) -> "Outcome":
        return cls(done and not said.error, f"{said.error}\n{said.log}")


Probe = Callable[[StageHand, Roles], Outcome]
"""Brings about what it needs in a new project, and makes one call."""
