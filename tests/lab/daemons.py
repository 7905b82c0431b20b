"""The real servers from Debian that a lab runs: their configuration and their command lines."""

from pathlib import Path

from tests.lab.namespaces import run


def argv(kind: str, *, port: int, directory: Path) -> list[str]:
    """The command that serves `kind` in the foreground; `directory` is its own, and empty at first."""
    return _COMMANDS[kind](port, directory)


def _sshd(port: int, directory: Path) -> list[str]:
    # sshd insists on this empty directory, which Debian makes only when the service is started by the system.
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    key = directory / "host_key"
    if not key.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])
    config = directory / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 0.0.0.0\nListenAddress ::\nHostKey {key}\nPidFile none\nUsePAM no\n"
        "PasswordAuthentication no\nAuthorizedKeysFile none\nMaxStartups 100\n"
    )
    return ["/usr/sbin/sshd", "-D", "-e", "-f", str(config)]


def _redis(port: int, directory: Path) -> list[str]:
    return [
        *("redis-server", "--port", str(port), "--bind", "0.0.0.0", "::", "--protected-mode", "no"),
        *("--daemonize", "no", "--save", "", "--appendonly", "no", "--dir", str(directory)),
    ]


def _dnsmasq(port: int, directory: Path) -> list[str]:
    return [
        *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--no-poll"),
        *("--user=root", "--group=root", "--pid-file=", f"--port={port}", "--address=/lab.test/192.0.2.1"),
        # Every address of the lab has a name.
        "--synth-domain=lab.test,10.0.0.0/8,at-",
    ]


_COMMANDS = {"sshd": _sshd, "redis": _redis, "dnsmasq": _dnsmasq}
