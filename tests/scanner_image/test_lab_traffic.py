"""The bytes that an attempt tells are those that left its machine."""

from functools import partial

import pytest

from functions.core.messages import ChunkSpec
from functions.core.model import Protocol
from tests.scanner_image.lab_attempts import Attempts, chunk_spec

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

HOSTS = partial(chunk_spec, "10.77.0.8-10.77.0.18", rate=5000)
NEIGHBOURS = 500
"""Bytes by which the way to the router is found: they are in no capture of IP."""


@pytest.mark.parametrize(
    "spec",
    [
        HOSTS(ports="1-1000"),
        HOSTS(ports="1-1000", discovery="nmap"),
        HOSTS(ports="1-1000", profile="standard"),
        HOSTS(ports="53,69,123,161", protocol=Protocol.UDP, rate=500),
    ],
    ids=["masscan", "nmap", "with services", "over UDP"],
)
def test_the_bytes_that_are_told_are_those_at_the_wire(attempts: Attempts, spec: ChunkSpec) -> None:
    with attempts.lab.capture() as sent:
        attempts.run(spec)

    told = attempts.progress.bytes_sent
    assert told is not None
    assert not sent.lost
    assert 0 <= told - sum(packet.size for packet in sent.packets) < NEIGHBOURS
