"""The inventory of assets that were seen up."""

from collections.abc import Iterator

from functions.core.errors import NotFound, StaleVersion
from functions.core.host import Host
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW, version_is
from functions.store.cursor import Page
from functions.store.estate import Estate, part_of, span_of
from functions.store.table import ConditionFailed, Table


class Hosts:
    def __init__(self, table: Table) -> None:
        self.table = table

    def get(self, project: str, network: str, asset: str) -> Host:
        item = self.table.find(keys.hosts(project, network, keys.bucket_of(asset)), keys.asset_key(asset))
        if item is None:
            raise NotFound(f"{asset} was never seen up in this network")
        return to_model(Host, item)

    def save(self, host: Host) -> None:
        """Version 1 must be new; any other must follow the one before. Raises StaleVersion, whose `current` may be empty."""
        pk = keys.hosts(host.project, host.network, keys.bucket_of(host.asset))
        item = to_item(host, pk, keys.asset_key(host.asset))
        try:
            self.table.put(item, IS_NEW if host.version == 1 else version_is(host.version - 1))
        except ConditionFailed as failure:
            raise StaleVersion("the host changed meanwhile", current=failure.public(Host)) from None

    def of_block(self, project: str, network: str, first: str, last: str) -> Iterator[Host]:
        """All hosts from `first` to `last` of one block, in one range read."""
        return self._estate(project, network).read(Host, span_of(first, last))

    def list(
        self,
        project: str,
        network: str,
        *,
        address: str = "",
        cidr: str = "",
        tag: str = "",
        up: bool | None = None,
        limit: int = 100,
        cursor: str = "",
    ) -> Page[Host]:
        """One network's hosts; a page may be short and go on. Raises InvalidInput."""
        part = part_of(address=address, cidr=cidr)
        estate = self._estate(project, network)

        def match(host: Host) -> bool:
            return (not tag or tag in host.tags) and (up is None or host.up == up)

        return estate.page(Host, part, match, limit=limit, cursor=cursor, query=(address, cidr, tag, up))

    def _estate(self, project: str, network: str) -> Estate:
        return Estate(table=self.table, pk=lambda bucket: keys.hosts(project, network, bucket))
