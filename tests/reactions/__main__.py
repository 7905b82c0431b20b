"""`make reactions`: the last line on stdout tells the seconds of each."""

import json
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.e2e.conftest import free_port
from tests.e2e.platform import deployed
from tests.lab.lab import Lab
from tests.progress import say
from tests.reactions.reactions import LONG, authority_end, kill_switch, token_revocation, window_end
from tests.reactions.scans import Stand


def measure(stand: Stand) -> dict[str, float]:
    told: dict[str, float] = {}

    def take(name: str, reaction: Callable[[], float]) -> None:
        told[name] = round(reaction(), 2)
        say(f"{name}: {told[name]} s")

    project = stand.project("a halt and a token")
    stand.attest(project, until=datetime.now(UTC) + LONG)
    scan = stand.begin(project)
    take("token_revocation", lambda: token_revocation(stand, project, scan))
    take("kill_switch", lambda: kill_switch(stand, project, scan))
    stand.end(project, scan)
    take("window_end", lambda: window_end(stand))
    take("authority_end", lambda: authority_end(stand))
    return {name: told[name] for name in ("kill_switch", "window_end", "authority_end", "token_revocation")}


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, Lab.start() as lab:
        names = str(lab.host("dns").address)
        with deployed(Path(directory), port=free_port(), name_servers=names, tell=say) as platform:
            platform.place_tasks(lab.worker_namespaces)
            figures = measure(Stand(platform, lab))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
