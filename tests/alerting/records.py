"""Records of the tables' streams as Lambda hands them over."""

from typing import Any

from functions.core.model import Model
from functions.store.attributes import encode_item, to_item

Record = dict[str, Any]
CREATED = 1_795_248_000.0


def a_record(family: str, number: int, *, new: Model | None = None, old: Model | None = None) -> Record:
    keys = {"pk": {"S": f"{family}#x"}, "sk": {"S": str(number)}}
    images = {
        name: encode_item(to_item(model, keys["pk"]["S"], keys["sk"]["S"]))
        for name, model in (("NewImage", new), ("OldImage", old))
        if model is not None
    }
    return {
        "eventID": f"event-{number}",
        "eventName": "MODIFY" if new and old else "INSERT" if new else "REMOVE",
        "dynamodb": {"Keys": keys, "ApproximateCreationDateTime": CREATED, "SequenceNumber": str(number), **images},
    }


def poisoned(record: Record) -> Record:
    """The same with an image that no model accepts."""
    images = dict(record["dynamodb"])
    images["NewImage"] = {**images["NewImage"], "project": {"N": "7"}}
    return {**record, "dynamodb": images}
