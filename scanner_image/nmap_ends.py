"""Which of nmap's elements mean something when they end."""

from collections.abc import Callable

_ENDS_OF_NOTHING = (
    *("status", "address", "hostname", "hostnames", "extraports", "extrareasons", "ports", "state", "service", "elem"),
    *("table", "osmatch", "osclass", "portused", "times", "hosthint", "taskbegin", "taskprogress", "taskend"),
)


class Ends(dict[str, None]):
    """Asked for each tag that ends, by `__getitem__`: one that means nothing is found at once, which costs no call into Python.

    Any other tag is a missing key, which a dictionary hands to `__missing__`: here the reader's own function, without a step between.
    """

    __slots__ = ("__missing__",)

    def __init__(self, other: Callable[[str], None]) -> None:
        super().__init__(dict.fromkeys(_ENDS_OF_NOTHING))
        self.__missing__ = other
