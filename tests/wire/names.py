"""Names that mean what a test says: a hosts file for this process and what it starts, and nobody to ask beyond it."""

import ctypes
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.lab.namespaces import run

_CLONE_NEWNS = 0x00020000
_HOSTS, _SERVERS = Path("/etc/hosts"), Path("/etc/resolv.conf")
_NOBODY = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"


class Names:
    """Covers this machine's files in a mount namespace of our own: nobody else sees it, and it ends with us."""

    def __init__(self, directory: Path) -> None:
        self._hosts, self._servers = directory / "hosts", directory / "resolv.conf"
        self._known = _HOSTS.read_text()

    @classmethod
    def enter(cls, directory: Path) -> Self:
        """From the only thread: those that are started later follow, and so do processes."""
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(_CLONE_NEWNS):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), "unshare")
        run(["mount", "--make-rslave", "/"])
        names = cls(directory)
        names.say({})
        _cover(_HOSTS, names._hosts)
        return names

    def ask_nobody(self) -> None:
        """From now on only what is said here is known; until then packages may still be fetched."""
        self._servers.write_text(_NOBODY)
        _cover(_SERVERS, self._servers)

    def say(self, meanings: Mapping[str, Sequence[str]]) -> None:
        """From now on these names have these addresses."""
        lines = "".join(f"{address} {name}\n" for name, addresses in meanings.items() for address in addresses)
        self._hosts.write_text(self._known + lines)


def _cover(system: Path, own: Path) -> None:
    own.chmod(0o644)
    run(["mount", "--bind", str(own), str(system)])
