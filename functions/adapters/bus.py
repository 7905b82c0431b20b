"""The EventBridge bus `vedette`: what everything that comes later subscribes to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from functions.core.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "vedette"
_MAX_ENTRIES = 10


@dataclass(frozen=True)
class Announcement:
    """`detail_type`: `scan.*`, `alert.*` or `network.changed`; `detail` is plain JSON and stays under 200 KiB."""

    detail_type: str
    detail: Mapping[str, Any]
    time: datetime


class Bus:
    def __init__(self, client: "EventBridgeClient", name: str) -> None:
        self._client = client
        self._name = name

    def put(self, announcements: Sequence[Announcement]) -> None:
        """Raises Unavailable when the bus did not take all of them; putting again may repeat some."""
        for start in range(0, len(announcements), _MAX_ENTRIES):
            answer = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._name,
                        "Source": SOURCE,
                        "DetailType": announcement.detail_type,
                        "Detail": json.dumps(announcement.detail, separators=(",", ":")),
                        "Time": announcement.time,
                    }
                    for announcement in announcements[start : start + _MAX_ENTRIES]
                ]
            )
            if answer["FailedEntryCount"]:
                codes = {entry.get("ErrorCode", "") for entry in answer["Entries"]} - {""}
                raise Unavailable(f"the bus refused {answer['FailedEntryCount']} events: {', '.join(sorted(codes))}")
