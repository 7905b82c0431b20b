"""What nmap says of a service, bounded; one object for all ports of which it says the same."""

from collections.abc import Iterable, Mapping

from functions.core.service import Service

_KEPT = 1024
"""Most ports of a network speak as others do."""
_KEPT_CHARS = 1024
"""What a hostile one says of itself is not kept for another."""

_Said = tuple[str, ...]
_known: dict[_Said, Service] = {}


def service_of(told: Mapping[str, str], cpe: Iterable[str]) -> Service:
    """`told`: the attributes of a service element; of `cpe` its caller has seen to the bounds. Raises ValueError."""
    get = told.get
    said = (
        get("name", ""),
        get("product", ""),
        get("version", ""),
        get("extrainfo", ""),
        get("tunnel", ""),
        get("conf", "0"),
        *cpe,
    )
    return _known.get(said) or _made(said)


def _made(said: _Said) -> Service:
    name, product, version, extra, tunnel, confidence, *cpe = said
    service = Service(
        name=name[:128],
        product=product[:512],
        version=version[:256],
        extra=extra[:512],
        tunnel=tunnel[:32],
        cpe=tuple(cpe),
        confidence=min(max(int(confidence), 0), 10),
    )
    if sum(map(len, said)) <= _KEPT_CHARS:
        if len(_known) >= _KEPT:
            _known.clear()
        _known[said] = service
    return service
