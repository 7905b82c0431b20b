"""The inventory of open and once open cells."""

from collections.abc import Iterator, Sequence

from functions.core.errors import NotFound, StaleVersion
from functions.core.exposure import PRESENT, Exposure
from functions.core.messages import AddressRange, KnownExposure
from functions.core.model import Protocol
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW, version_is
from functions.store.cursor import Page
from functions.store.estate import Estate, Part, part_of, span_of, spans_of
from functions.store.table import ConditionFailed, Table

_OF_CELLS = ("asset", "protocol", "port", "state")


class Exposures:
    def __init__(self, table: Table) -> None:
        self.table = table

    def get(self, project: str, network: str, asset: str, protocol: Protocol, port: int) -> Exposure:
        pk = keys.exposures(project, network, keys.bucket_of(asset))
        item = self.table.find(pk, keys.exposure(asset, protocol, port))
        if item is None:
            raise NotFound(f"port {port}/{protocol} of {asset} was never found open")
        return to_model(Exposure, item)

    def save(self, exposure: Exposure) -> None:
        """Version 1 must be new; any other must follow the one before. Raises StaleVersion, whose `current` may be empty."""
        pk = keys.exposures(exposure.project, exposure.network, keys.bucket_of(exposure.asset))
        item = to_item(exposure, pk, keys.exposure(exposure.asset, exposure.protocol, exposure.port))
        try:
            self.table.put(item, IS_NEW if exposure.version == 1 else version_is(exposure.version - 1))
        except ConditionFailed as failure:
            raise StaleVersion("the exposure changed meanwhile", current=failure.public(Exposure)) from None

    def of_block(self, project: str, network: str, first: str, last: str) -> Iterator[Exposure]:
        """All exposures of the assets from `first` to `last` of one block, in one range read."""
        return self._estate(project, network).read(Exposure, span_of(first, last))

    def open_in(
        self, project: str, network: str, ranges: Sequence[AddressRange], hosts: Sequence[str], protocol: Protocol
    ) -> Iterator[Exposure]:
        """Exposures of these assets that may be open."""
        estate = self._estate(project, network)
        for part in spans_of(ranges, hosts):
            for exposure in estate.read(Exposure, part):
                if exposure.state in PRESENT and exposure.protocol == protocol:
                    yield exposure

    def known_in(
        self, project: str, network: str, ranges: Sequence[AddressRange], hosts: Sequence[str], protocol: Protocol
    ) -> Iterator[KnownExposure]:
        """The cells of `open_in`, for a plan: no more of each is read than says which it is."""
        estate = self._estate(project, network)
        for part in spans_of(ranges, hosts):
            for item in estate.items(part, fields=_OF_CELLS):
                if item["state"] in PRESENT and item["protocol"] == protocol:
                    yield KnownExposure(asset=item["asset"], protocol=protocol, port=item["port"])

    def list(
        self,
        project: str,
        network: str,
        *,
        address: str = "",
        cidr: str = "",
        port: int | None = None,
        protocol: str | None = "",
        service: str = "",
        state: str | None = "",
        limit: int = 100,
        cursor: str = "",
    ) -> Page[Exposure]:
        """One network's exposures; `address` is an asset: an address or hostname. A page may be short and go on.

        Raises InvalidInput.
        """
        part: Part = part_of(address=address, cidr=cidr)

        def match(exposure: Exposure) -> bool:
            return (
                (port is None or exposure.port == port)
                and (not protocol or exposure.protocol == protocol)
                and (not service or exposure.service.name == service)
                and (not state or exposure.state == state)
            )

        query = (address, cidr, port, str(protocol or ""), service, str(state or ""))
        return self._estate(project, network).page(Exposure, part, match, limit=limit, cursor=cursor, query=query)

    def _estate(self, project: str, network: str) -> Estate:
        return Estate(table=self.table, pk=lambda bucket: keys.exposures(project, network, bucket))
