"""The addresses of hostnames that are excluded: without them, a name leaves nothing of a range out."""

from collections.abc import Sequence

from functions.adapters.resolver import Resolver
from functions.core.errors import InvalidInput


def addresses_of(names: Sequence[str], resolver: Resolver, *, field: str) -> tuple[str, ...]:
    """As of now, each once. Raises InvalidInput for a name that has none: it might be any address."""
    found = resolver.resolve(names) if names else {}
    for name in names:
        if not found[name]:
            raise InvalidInput(field, f"{name} has no address to leave out: exclude its addresses")
    return tuple(dict.fromkeys(address for name in names for address in found[name]))
