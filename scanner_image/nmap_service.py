"""What nmap says of a service, bounded; one object for all ports of which it says the same."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from functions.core.service import Service

_BOUNDS = (("name", 128), ("product", 512), ("version", 256), ("extrainfo", 512), ("tunnel", 32))
_CONFIDENCE_CHARS = 16
_KEPT = 1024
"""Most ports of a network speak as others do; what hostile ones say of themselves takes some megabytes at the most."""


def service_of(told: Mapping[str, str], cpe: Iterable[str]) -> Service:
    """`told`: the attributes of a service element; of `cpe` its caller has seen to the bounds. Raises ValueError."""
    texts = tuple([told.get(name, "")[:most] for name, most in _BOUNDS])
    return _service(texts, told.get("conf", "0")[:_CONFIDENCE_CHARS], tuple(cpe))


@lru_cache(_KEPT)
def _service(texts: tuple[str, ...], confidence: str, cpe: tuple[str, ...]) -> Service:
    name, product, version, extra, tunnel = texts
    return Service(
        name=name,
        product=product,
        version=version,
        extra=extra,
        tunnel=tunnel,
        cpe=cpe,
        confidence=min(max(int(confidence), 0), 10),
    )
