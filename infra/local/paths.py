"""Where one local instance keeps what it makes."""

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class LocalPaths:
    """`root` holds one instance; the tools that all instances share stay with the project."""

    root: Path = PROJECT

    @property
    def home(self) -> Path:
        return self.root / ".vedette"

    @property
    def tools(self) -> Path:
        return PROJECT / ".vedette" / "tools"

    @property
    def state(self) -> Path:
        return self.home / "state"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def tmp(self) -> Path:
        return self.home / "tmp"

    @property
    def task_logs(self) -> Path:
        return self.log / "tasks"

    @property
    def task_records(self) -> Path:
        return self.run / "tasks"

    @property
    def credentials(self) -> Path:
        return self.home / "credentials.json"

    @property
    def namespaces(self) -> Path:
        """Names of the network namespaces for tasks, one a line; missing or empty means the root namespace."""
        return self.home / "namespaces"

    @property
    def identity(self) -> Path:
        """The issuer that knows the people, as JSON; missing means the app's own user pool."""
        return self.home / "identity.json"

    @property
    def name_servers(self) -> Path:
        """Whom tasks ask for the names of hosts, addresses parted by commas; missing means nobody."""
        return self.home / "name-servers"

    def make(self) -> None:
        made = (self.home, self.state, self.log, self.run, self.tmp, self.task_logs, self.task_records, self.tools)
        for directory in made:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
