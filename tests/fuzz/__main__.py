"""`make fuzz`: both doors of the deployed local stack, from their own descriptions; the last line on stdout tells the figures.

It runs in a network namespace of its own, which has a loopback and nothing else: whatever a made request makes the product
do, no packet leaves this machine.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from infra import asset
from infra.local import emulator
from infra.local.deploy import install_cdk
from infra.local.paths import LocalPaths
from infra.settings import STAGES
from tests.e2e.conftest import free_port
from tests.e2e.platform import Platform, deployed
from tests.fuzz import estate, frames
from tests.fuzz.doors import OverHttp
from tests.fuzz.http_cases import HttpFuzz
from tests.fuzz.tally import Tally
from tests.progress import say

FITTING = int(os.environ.get("FITTING", "20"))
UNFITTING = int(os.environ.get("UNFITTING", "8"))
FRAMES = int(os.environ.get("FRAMES", "400"))
SEED = int(os.environ.get("SEED", "0"))
INSIDE = "VEDETTE_FUZZ_INSIDE"
LIFE_S = 4 * 3600
"""Of a person's credential: longer than any run."""
RESOLVER = Path("/etc/resolv.conf")


def fuzz_http(platform: Platform) -> Tally:
    platform.issuer.life_s = LIFE_S
    url = platform.access.url.rstrip("/")
    answer = requests.get(f"{url}/openapi.json", timeout=300)
    answer.raise_for_status()
    description = answer.json()
    with listening(estate.PORT):
        ids = estate.build(platform.project("fuzzed"))
        say(f"{len(description['paths'])} paths; ids of {sorted(ids)}")
        tokens = (platform.access.token, platform.issuer.token(estate.OWNER))
        fuzz = HttpFuzz(door=OverHttp(), base_url=url, tokens=tokens, ids=ids, tally=Tally(say), seed=SEED)
        return fuzz.run(description, fitting=FITTING, unfitting=UNFITTING)


@contextmanager
def listening(port: int) -> Iterator[None]:
    """Something to find: a port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", port), backlog=128) as server:

        def take() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.close()

        threading.Thread(target=take, daemon=True).start()
        yield
        server.shutdown(socket.SHUT_RDWR)


@contextmanager
def resolving(directory: Path) -> Iterator[None]:
    """A resolver of this namespace's own, which knows no name: who asks it has an answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 53))
        named = directory / RESOLVER.name
        named.write_text("nameserver 127.0.0.1\n")
        subprocess.run(["mount", "--bind", str(named), str(RESOLVER.resolve())], check=True)

        def answer() -> None:
            while True:
                try:
                    query, asker = server.recvfrom(512)
                except OSError:
                    return
                # The question again, as an answer (0x8180) of which there is none: no such name (3).
                server.sendto(query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12:], asker)

        threading.Thread(target=answer, daemon=True).start()
        try:
            yield
        finally:
            subprocess.run(["umount", str(RESOLVER.resolve())], check=True)


def inside() -> int:
    """In the namespace: everything."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as directory,
        resolving(Path(directory)),
        deployed(Path(directory), port=free_port(), tell=say) as platform,
    ):
        # Frames want scans, and among the requests are some that halt the organisation.
        framed = frames.run(platform, cases=FRAMES, seed=SEED, tell=say)
        say(f"frames: {json.dumps(framed)}")
        tally = fuzz_http(platform)
    shallow = tally.shallow()
    for route, told in sorted(shallow.items()):
        say(f"too few past validation: {route}: {told}")
    say(f"after {time.monotonic() - started:.0f} s")
    figures = {
        "http_cases": tally.cases,
        "past_validation": tally.past_validation,
        "frame_cases": framed["frame_cases"],
        "server_errors": len(tally.server_errors) + framed["server_errors"],
        "schema_violations": len(tally.schema_violations) + framed["schema_violations"],
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 1 if figures["server_errors"] or figures["schema_violations"] or shallow else 0


def main() -> int:
    if os.environ.get(INSIDE):
        return inside()
    # Packages come over the network, which there is none of inside.
    asset.build(STAGES["local"])
    tools = LocalPaths().tools
    emulator.install(tools)
    install_cdk(tools)
    words = ["unshare", "--net", "--mount", sys.executable, "-m", "tests.fuzz"]
    return subprocess.run(words, env={**os.environ, INSIDE: "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
