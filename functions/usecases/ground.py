"""What alerts of a network are derived from beside its records: settings and policy, read once for a batch of work."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from functions.core.derive import Ground
from functions.core.errors import NotFound
from functions.core.host import Host
from functions.store.hosts import Hosts
from functions.store.networks import Networks
from functions.store.rules import Rules

MOVED = "rules or settings changed while alerts were derived from those before"
"""Why a network is looked at again. Whoever read the new ones may have been done before what the old ones said was written."""


@dataclass(frozen=True, kw_only=True)
class Grounds:
    networks: Networks
    rules: Rules
    hosts: Hosts
    _grounds: dict[tuple[str, str], Ground | None] = field(default_factory=dict)
    _hosts: dict[tuple[str, str, str], Host | None] = field(default_factory=dict)

    def of(self, project: str, network: str) -> Ground | None:
        """None for a network that is gone: nobody watches it any more."""
        key = (project, network)
        if key not in self._grounds:
            self._grounds[key] = self._read(project, network)
        return self._grounds[key]

    def moved(self) -> Iterator[tuple[str, str]]:
        """Project and network of each ground that is not any more what it was when it was read."""
        for key, ground in self._grounds.items():
            if ground is not None and not ground.decides_as(self._read(*key)):
                yield key

    def host_tags(self, ground: Ground, asset: str) -> tuple[str, ...]:
        """Those of the asset's record; nothing is read for rules that ask for none."""
        if not ground.asks_for_tags:
            return ()
        host = self.host(ground.network.project, ground.network.id, asset)
        return host.tags if host else ()

    def host(self, project: str, network: str, asset: str) -> Host | None:
        """The asset's record; None for one that was never seen up."""
        key = (project, network, asset)
        if key not in self._hosts:
            self._hosts[key] = self._read_host(*key)
        return self._hosts[key]

    def _read(self, project: str, network: str) -> Ground | None:
        try:
            found = self.networks.get(project, network)
        except NotFound:
            return None
        return Ground(found, self.rules.policy(project, network))

    def _read_host(self, project: str, network: str, asset: str) -> Host | None:
        try:
            return self.hosts.get(project, network, asset)
        except NotFound:
            return None
