"""The lab's end of the process that plays its services."""

import json
import subprocess
import sys
from pathlib import Path

from tests.lab.namespaces import LabError

_REPOSITORY = Path(__file__).parents[2]
_PATIENCE_S = 60.0


class StageProcess:
    """The process that plays the services, as seen by the lab."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.stage", str(directory)],
            cwd=_REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, **what: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise LabError("the stage has died")
        if error := json.loads(answer)["error"]:
            raise LabError(f"stage: {error}")

    def close(self) -> None:
        try:
            self._process.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
