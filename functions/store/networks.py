"""Networks of a project, edited by version."""

from functions.core.errors import AlreadyExists, NotFound, StaleVersion
from functions.core.network import Network
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW, version_is
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Range


class Networks:
    def __init__(self, table: Table) -> None:
        self.table = table

    def create(self, network: Network) -> None:
        """Raises AlreadyExists."""
        try:
            self.table.put(to_item(network, keys.networks(network.project), network.id), IS_NEW)
        except ConditionFailed as failure:
            raise AlreadyExists("the network exists already", current=failure.public(Network)) from None

    def get(self, project: str, network: str) -> Network:
        item = self.table.find(keys.networks(project), network)
        if item is None:
            raise _missing(network)
        return to_model(Network, item)

    def list(self, project: str, *, limit: int = 100, cursor: str = "") -> Page[Network]:
        return list_page(self.table, Network, Range(keys.networks(project)), limit=limit, cursor=cursor)

    def update(self, network: Network, *, expected: int) -> Network:
        """Replaces the network where version `expected` still stands. Raises StaleVersion, NotFound."""
        edited = network.model_copy(update={"version": expected + 1})
        try:
            self.table.put(to_item(edited, keys.networks(network.project), network.id), version_is(expected))
        except ConditionFailed as failure:
            raise _refused(failure, network.id) from None
        return edited

    def delete(self, project: str, network: str, *, expected: int) -> None:
        """Raises StaleVersion, NotFound."""
        try:
            self.table.delete(keys.networks(project), network, version_is(expected))
        except ConditionFailed as failure:
            raise _refused(failure, network) from None


def _missing(network: str) -> NotFound:
    return NotFound(f"there is no network {network} in this project")


def _refused(failure: ConditionFailed, network: str) -> NotFound | StaleVersion:
    if failure.item is None:
        return _missing(network)
    return StaleVersion("the network was edited meanwhile; read it again", current=failure.public(Network))
