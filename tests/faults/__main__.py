"""`make faults`: the last line on stdout tells of how many runs, what was wrong after them, and how many faults met something.

RUNS scans of the lab, each with a fault of KINDS in turn (all of them, or some, parted by commas) at a moment that SEED makes;
each ends within BOUND seconds or counts as stuck. It fails where anything was wrong, or a fault never met anything.
"""

import json
import os
import random
import sys
import tempfile
from pathlib import Path

from tests.ended_early import unwind_when_told_to_end
from tests.faults.kinds import KINDS
from tests.faults.play import play
from tests.faults.series import is_sound, series
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
    with tempfile.TemporaryDirectory() as directory, standing(Path(directory), say) as stand:
        told = series(
            [kinds[index % len(kinds)] for index in range(runs)],
            lambda name, chance: play(stand, name, random.Random(f"{seed}/{chance}"), bound=bound, tell=say),
            tell=say,
        )
    sys.stdout.write(json.dumps(told) + "\n")
    return int(not is_sound(told))


if __name__ == "__main__":
    sys.exit(main())
