"""`make matrix`: the last line on stdout tells how many cells were asked, and how many were answered wrongly.

With a pattern as its argument, only the actions that hold it are asked for.
"""

import json
import sys
import tempfile
from pathlib import Path

from tests.e2e.conftest import free_port
from tests.e2e.platform import Platform, deployed
from tests.matrix.matrix import Matrix, unmatched
from tests.matrix.world import MEMBERS, World, someone
from tests.progress import say


def measure(platform: Platform, *, only: str) -> dict[str, int]:
    platform.issuer.life_s = 7200
    with platform.as_user(someone("owner")) as owner:
        world = World(platform, owner)
        for name in (*MEMBERS, "owner", "stranger"):
            world.enter(name)
        world.halt()
        own, foreign = world.settle("own"), world.settle("foreign")
        world.home = own.project
        for name in MEMBERS:
            world.join(own.project, name, name)
        world.enter("deputy")
        world.join(own.project, "deputy", "admin")
        for each in (own, foreign):
            world.halt("projects", each.project)
        matrix = Matrix(world, own, foreign, world.common())
        cells = [*unmatched(platform), *matrix.cells(say, only=only), *matrix.closed_doors()]
    wrong = [cell for cell in cells if cell.wrong]
    for cell in wrong:
        say(str(cell))
    return {"cells": len(cells), "wrong": len(wrong)}


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, deployed(Path(directory), port=free_port(), tell=say) as platform:
        figures = measure(platform, only=sys.argv[1] if len(sys.argv) > 1 else "")
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.exit(1 if figures["wrong"] else 0)


if __name__ == "__main__":
    main()
