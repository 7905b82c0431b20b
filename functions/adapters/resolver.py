"""Names to addresses, by the system's resolver, in bounded time."""

import socket
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait

_AT_ONCE = 16


def look_up(name: str) -> tuple[str, ...]:
    """Every address of `name`, each once, in the resolver's order; none when it has none."""
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in answers))


class Resolver:
    """`timeout_s` bounds a whole call of `resolve`, however many names it is given and however slow their servers."""

    def __init__(self, lookup: Callable[[str], tuple[str, ...]] = look_up, *, timeout_s: float = 20) -> None:
        self._lookup = lookup
        self._timeout_s = timeout_s

    def resolve(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The addresses of each name, unchecked; empty for a name that has none or was not answered in time."""
        pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="resolver")
        futures: dict[str, Future[tuple[str, ...]]] = {name: pool.submit(self._lookup, name) for name in names}
        done, _ = wait(futures.values(), timeout=self._timeout_s)
        pool.shutdown(wait=False, cancel_futures=True)
        return {name: future.result() if future in done else () for name, future in futures.items()}
