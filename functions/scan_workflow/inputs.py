"""What the state machine hands to its steps: ids only."""

import json
from contextlib import suppress
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from functions.core.model import Id


class RunInput(BaseModel):
    """`reason`: what ended the run, where somebody else than the workflow says so."""

    model_config = ConfigDict(frozen=True)

    project: Id
    scan: Id
    run: int = Field(ge=1)
    reason: str = Field(default="", max_length=512)


class ChunkInput(RunInput):
    chunk: str = Field(pattern=r"^[0-9]{5,9}$")


class WaitingChunkInput(ChunkInput):
    """`waits`: how often the gate has told it to wait."""

    waits: int = Field(default=0, ge=0)


class EndedTaskInput(ChunkInput):
    """`task`: as ECS tells of it, or what a Catch put there, whose cause is the same as text."""

    task: dict[str, Any] = Field(default_factory=dict)

    @property
    def taken_back(self) -> bool:
        """Whether AWS took its capacity back."""
        return self._told.get("StopCode") == "SpotInterruption"

    @property
    def _told(self) -> dict[str, Any]:
        told: object = self.task
        if "Cause" in self.task:
            told = None
            with suppress(ValueError):  # a task that never was has a sentence for a cause
                told = json.loads(str(self.task["Cause"]))
        return told if isinstance(told, dict) else {}


class FailedChunkInput(EndedTaskInput):
    """`error`: what a Catch put there, if another step failed."""

    error: dict[str, str] = Field(default_factory=dict)

    @property
    def why(self) -> str:
        return (
            self.error.get("Error", "")
            or str(self.task.get("Error", ""))
            or f"no attempt of run {self.run} came to a result"
        )
