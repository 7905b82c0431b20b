"""What the state machine hands to its steps: ids only."""

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


class FailedChunkInput(ChunkInput):
    """`error`: what a Catch put there, if a step failed."""

    error: dict[str, str] = Field(default_factory=dict)

    @property
    def why(self) -> str:
        return self.error.get("Error", "") or f"no attempt of run {self.run} came to a result"
