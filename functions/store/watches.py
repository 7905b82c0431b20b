"""What concerns a whole network and comes and goes: how often it has, and since when it stands."""

from functions.core.alert import AlertType
from functions.core.errors import StaleVersion
from functions.core.watch import Watch
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW, version_is
from functions.store.table import ConditionFailed, Table


class Watches:
    def __init__(self, table: Table) -> None:
        self.table = table

    def get(self, project: str, network: str, kind: AlertType) -> Watch:
        """One that has never come about where nothing is kept."""
        item = self.table.find(keys.watches(project), keys.watch(network, kind))
        return to_model(Watch, item) if item else Watch(project=project, network=network, type=kind)

    def save(self, watch: Watch) -> None:
        """Version 1 must be new; any other must follow the one before. Raises StaleVersion."""
        item = to_item(watch, keys.watches(watch.project), keys.watch(watch.network, watch.type))
        try:
            self.table.put(item, IS_NEW if watch.version == 1 else version_is(watch.version - 1))
        except ConditionFailed as failure:
            raise StaleVersion("the watch changed meanwhile", current=failure.public(Watch)) from None
