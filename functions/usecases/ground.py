"""What alerts of a network are derived from beside its records: settings and policy, read once for a batch of work."""

from dataclasses import dataclass, field

from functions.core.derive import Ground
from functions.core.errors import NotFound
from functions.store.hosts import Hosts
from functions.store.networks import Networks
from functions.store.rules import Rules


@dataclass(frozen=True, kw_only=True)
class Grounds:
    networks: Networks
    rules: Rules
    hosts: Hosts
    _grounds: dict[tuple[str, str], Ground | None] = field(default_factory=dict)
    _tags: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)

    def of(self, project: str, network: str) -> Ground | None:
        """None for a network that is gone: nobody watches it any more."""
        key = (project, network)
        if key not in self._grounds:
            self._grounds[key] = self._read(project, network)
        return self._grounds[key]

    def host_tags(self, ground: Ground, asset: str) -> tuple[str, ...]:
        """Those of the asset's record; nothing is read for rules that ask for none."""
        if not ground.asks_for_tags:
            return ()
        key = (ground.network.project, ground.network.id, asset)
        if key not in self._tags:
            self._tags[key] = self._tags_of(*key)
        return self._tags[key]

    def _read(self, project: str, network: str) -> Ground | None:
        try:
            found = self.networks.get(project, network)
        except NotFound:
            return None
        return Ground(found, self.rules.policy(project, network))

    def _tags_of(self, project: str, network: str, asset: str) -> tuple[str, ...]:
        try:
            return self.hosts.get(project, network, asset).tags
        except NotFound:
            return ()
