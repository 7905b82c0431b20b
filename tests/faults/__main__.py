"""`make faults`: the last line on stdout tells of how many runs, and what was wrong after them.

RUNS scans of the lab, each with a fault of KINDS in turn (all of them, or some, parted by commas) at a moment that SEED makes;
each ends within BOUND seconds or counts as stuck.
"""

import json
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.ended_early import unwind_when_told_to_end
from tests.faults.kinds import KINDS
from tests.faults.play import play
from tests.faults.stand import standing
from tests.progress import say


def main() -> int:
    unwind_when_told_to_end()
    kinds = [each for each in os.environ.get("KINDS", "").split(",") if each] or list(KINDS)
    runs, seed = int(os.environ.get("RUNS") or len(kinds)), int(os.environ.get("SEED") or 1)
    bound = float(os.environ.get("BOUND") or 600)
    if unknown := [each for each in kinds if each not in KINDS]:
        say(f"there is no kind {', '.join(unknown)}; there are {', '.join(KINDS)}")
        return 2
    figures: Counter[str] = Counter(lost=0, twice=0, stuck=0, wrong_status=0)
    with tempfile.TemporaryDirectory() as directory, standing(Path(directory), say) as stand:
        for index in range(runs):
            name = kinds[index % len(kinds)]
            say(f"run {index + 1} of {runs}: {name}")
            verdict = play(stand, name, random.Random(f"{seed}/{index}/{name}"), bound=bound, tell=say)
            for fault in verdict.told:
                say(f"  {fault}")
            figures.update(verdict.figures)
    sys.stdout.write(json.dumps({"runs": runs, **figures}) + "\n")
    return int(any(figures.values()))


if __name__ == "__main__":
    sys.exit(main())
