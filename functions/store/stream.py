"""Records of the tables' streams, as consumers read them: a family of keys and the item before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from functions.core.errors import Corrupt
from functions.core.model import Model
from functions.store import keys
from functions.store.attributes import Item, from_image, to_model

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class StreamRecord:
    """`id` names the record for good, redelivered or not; `old`, `new` are empty where the item was not there."""

    id: str
    family: str
    old: Item
    new: Item
    at: datetime
    """When the item was written, to the second."""
    pk: str
    sequence: int
    """Grows with the writes to one item, and to the items of one pk while they are in one shard."""

    @property
    def is_insert(self) -> bool:
        return not self.old

    @property
    def is_removal(self) -> bool:
        return not self.new

    def before(self, kind: type[M]) -> M:
        """Raises Corrupt."""
        return to_model(kind, self.old)

    def after(self, kind: type[M]) -> M:
        """Raises Corrupt."""
        return to_model(kind, self.new)


def read_record(record: Mapping[str, Any]) -> StreamRecord:
    """A record of a Lambda event of a stream with new and old images. Raises Corrupt."""
    try:
        images = record["dynamodb"]
        pk = str(from_image(images["Keys"])[keys.PK])
        return StreamRecord(
            id=str(record["eventID"]),
            family=pk.partition("#")[0],
            old=from_image(images.get("OldImage", {})),
            new=from_image(images.get("NewImage", {})),
            at=datetime.fromtimestamp(float(images["ApproximateCreationDateTime"]), UTC),
            pk=pk,
            sequence=int(images["SequenceNumber"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Corrupt(f"this is no record of a stream: {error!r}") from error
