"""The scanners this machine needs, installed from Debian where that is allowed."""

import ctypes.util
import os
import shutil
from dataclasses import dataclass

from infra.local.commands import run
from infra.local.errors import CommandError, ToolMissingError


@dataclass(frozen=True)
class Tool:
    """`program` is looked for on PATH; a name that starts with `lib` is a shared library."""

    program: str
    package: str

    def present(self) -> bool:
        if self.program.startswith("lib"):
            return ctypes.util.find_library(self.program.removeprefix("lib")) is not None
        return shutil.which(self.program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin") is not None


# cc and libpcap make the capture library that masscan needs to lose no answers.
SCANNING = (
    Tool("nmap", "nmap"),
    Tool("masscan", "masscan"),
    Tool("libpcap", "libpcap0.8"),
    Tool("cc", "gcc"),
    Tool("ip", "iproute2"),
)
TESTING = (
    *SCANNING,
    Tool("nft", "nftables"),
    Tool("ss", "iproute2"),
    Tool("tcpdump", "tcpdump"),
    Tool("ndiff", "ndiff"),
    Tool("xmllint", "libxml2-utils"),
    Tool("openssl", "openssl"),
    Tool("ps", "procps"),
    Tool("redis-server", "redis-server"),
    Tool("sshd", "openssh-server"),
    Tool("dnsmasq", "dnsmasq-base"),
    Tool("podman", "podman"),
    Tool("runc", "runc"),
    Tool("debootstrap", "debootstrap"),
)


def ensure(tools: tuple[Tool, ...] = SCANNING) -> list[str]:
    """The packages that were installed. Raises ToolMissingError with the command to run where it may not install."""
    missing = [tool for tool in tools if not tool.present()]
    if not missing:
        return []
    packages = sorted({tool.package for tool in missing} | ({"libc6-dev"} if _needs_compiler(missing) else set()))
    names = ", ".join(tool.program for tool in missing)
    by_hand = f"apt-get install {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise ToolMissingError(f"Missing: {names}. On Debian or Ubuntu, install them with: {by_hand}")
    as_root = _as_root()
    if as_root is None:
        raise ToolMissingError(f"Missing: {names}. Run: sudo {by_hand}")
    quiet = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    try:
        run([*quiet, "install", "--no-install-recommends", *packages])
    except CommandError:
        # A fresh machine has no package lists yet.
        run([*quiet, "update"])
        run([*quiet, "install", "--no-install-recommends", *packages])
    return packages


def _needs_compiler(missing: list[Tool]) -> bool:
    return any(tool.program == "cc" for tool in missing)


def _as_root() -> list[str] | None:
    """What to put before a command to run it as root without a password; None where that is not allowed."""
    if os.geteuid() == 0:
        return []
    try:
        run(["sudo", "-n", "true"], seconds=10)
    except (CommandError, FileNotFoundError):
        return None
    return ["sudo", "-n"]
