"""The timeline: one item for each change of an exposure or a host, never changed again."""

from collections.abc import Iterable

from functions.core.history import HistoryEntry
from functions.core.model import Protocol
from functions.store import keys
from functions.store.attributes import Item, to_item
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import Key, Table
from functions.store.writes import Range


class History:
    def __init__(self, table: Table) -> None:
        self.table = table

    def record(self, entries: Iterable[HistoryEntry]) -> None:
        """Recording one again changes nothing: its key is the record's and its version. Raises Unavailable."""
        items = (_to_item(entry) for entry in entries)
        self.table.batch_put({(item[keys.PK], item[keys.SK]): item for item in items}.values())

    def of_exposure(
        self,
        project: str,
        network: str,
        asset: str,
        protocol: Protocol,
        port: int,
        *,
        limit: int = 100,
        cursor: str = "",
    ) -> Page[HistoryEntry]:
        """Newest first. Raises InvalidInput for a cursor of another list."""
        subject = keys.exposure(asset, protocol, port)
        pk = keys.history(project, network, keys.bucket_of(asset))
        span = Range(pk, f"{subject}#", f"{subject}#~", forward=False)
        return list_page(self.table, HistoryEntry, span, limit=limit, cursor=cursor, query=subject)

    def of_host(
        self, project: str, network: str, asset: str, *, limit: int = 100, cursor: str = ""
    ) -> Page[HistoryEntry]:
        """The host and all its exposures, newest first; the index lags a little. Raises InvalidInput."""
        pk = keys.history(project, network, keys.bucket_of(asset))

        def base_key(position: str) -> Key:
            return pk, position.partition("#")[2]

        span = Range(keys.history_of_host(project, network, asset), index=keys.GSI1, forward=False)
        return list_page(self.table, HistoryEntry, span, limit=limit, cursor=cursor, base_key=base_key)


def _to_item(entry: HistoryEntry) -> Item:
    pk = keys.history(entry.project, entry.network, keys.bucket_of(entry.asset))
    sk = keys.history_entry(_subject(entry), entry.version)
    index = {
        keys.GSI1_PK: keys.history_of_host(entry.project, entry.network, entry.asset),
        keys.GSI1_SK: f"{entry.at:%Y-%m-%dT%H:%M:%S.%fZ}#{sk}",
    }
    return to_item(entry, pk, sk, **index)


def _subject(entry: HistoryEntry) -> str:
    if entry.protocol is None or entry.port is None:
        return keys.asset_key(entry.asset)
    return keys.exposure(entry.asset, entry.protocol, entry.port)
