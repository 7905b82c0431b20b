"""`make wire`: the last line on stdout tells how many packets of workers were in scope, and how many were not.

With a pattern as its argument, only the acts whose names hold it are played.
"""

import json
import sys
import tempfile
from pathlib import Path

from tests.e2e.conftest import free_port
from tests.e2e.platform import deployed
from tests.lab.lab import Lab
from tests.lab.network import WORKER_NETWORK, WORKER_NETWORK6
from tests.progress import say
from tests.wire import world
from tests.wire.acts import Wire
from tests.wire.ground import Ground
from tests.wire.names import Names
from tests.wire.sniffers import Heard, listening
from tests.wire.tally import Tally, failed

_MOST_TOLD = 50


def judged(wire: Wire, heard: Heard) -> Tally:
    ground = Ground(world.infrastructure(wire.lab), tuple(wire.leaves))
    tally = Tally(ground, (WORKER_NETWORK, WORKER_NETWORK6))
    for place in heard.files:
        tally.take(place, heard.frames(place))
    return tally


def told(wire: Wire, heard: Heard, tally: Tally) -> list[str]:
    """Says what was seen; gives why it shows less than it should, if it does."""
    for act in wire.acts:
        say(f"{act.name}: {tally.count(act)} packets in scope")
    for line in tally.outside[:_MOST_TOLD]:
        say(f"out of scope: {line}")
    lost = [f"{heard.lost} packets were lost by the captures"] if heard.lost else []
    return [*wire.not_shown, *tally.blind(wire.acts), *lost]


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        names = Names.enter(root)
        with Lab.start(world.HOSTS) as lab:
            resolver = str(lab.host("dns").address)
            with deployed(root / "platform", port=free_port(), name_servers=resolver, tell=say) as platform:
                names.ask_nobody()
                platform.place_tasks(lab.worker_namespaces)
                wire = Wire(platform, lab, names, say)
                world.check_alive(lab)
                with listening(lab, root) as heard:
                    wire.prepare()
                    wire.play(sys.argv[1] if len(sys.argv) > 1 else "")
                world.check_alive(lab)
            tally = judged(wire, heard)
        blind = told(wire, heard, tally)
    for why in blind:
        say(why)
    sys.stdout.write(json.dumps(tally.figures) + "\n")
    return int(failed(tally.figures, blind))


if __name__ == "__main__":
    sys.exit(main())
