"""Records of the table's stream, as a consumer reads them."""

from typing import Any

from functions.core.model import Model
from functions.store.attributes import encode_item, to_item
from functions.store.stream import StreamRecord, read_record
from tests.store.examples import AT


def a_record(
    pk: str, sequence: int, *, new: Model | None = None, old: Model | None = None, **damage: Any
) -> StreamRecord:
    images = {
        name: encode_item(to_item(model, pk, "x") | damage)
        for name, model in (("NewImage", new), ("OldImage", old))
        if model is not None
    }
    stamp = {"ApproximateCreationDateTime": AT.timestamp(), "SequenceNumber": str(sequence)}
    keyed = {"Keys": encode_item({"pk": pk, "sk": "x"})}
    return read_record({"eventID": f"{pk} {sequence}", "dynamodb": {**keyed, **stamp, **images}})
