"""From which addresses this machine would reach the targets, by the kernel's own routes; nothing is sent to find out."""

import contextlib
import socket
from collections.abc import Iterator

from functions.core.messages import ChunkSpec

_DISCARD = 9
_ASKED = 32
"""Targets that stand for all: one of each range."""


def sources(spec: ChunkSpec) -> tuple[str, ...]:
    """Behind an address translation these are not what targets see."""
    found: dict[str, None] = {}
    for target in _samples(spec):
        with contextlib.suppress(OSError):  # no route there: nothing will be sent
            found[_source(target)] = None
    return tuple(found)


def _samples(spec: ChunkSpec) -> list[str]:
    def all_of_them() -> Iterator[str]:
        yield from (each.first for each in spec.addresses)
        for host in spec.hosts:
            yield from host.addresses

    return list(all_of_them())[:_ASKED]


def _source(target: str) -> str:
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((target, _DISCARD))
        return str(probe.getsockname()[0])
