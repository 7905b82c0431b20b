"""The audit log: who changed what, from where, on which request, and what it was before."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field

from functions.core.model import Id, Model, Time

Verb = Literal["create", "update", "delete"]

MAX_TOLD = 4096
"""Bytes of one value that an entry tells whole; of a longer one it tells the digest."""
REMOVED = "(removed)"
_SECRET = re.compile(r"secret|hash|password|ticket")


class Acting(Model):
    """Who makes the changes of one request, or of one machine's step."""

    principal: str
    kind: str
    """`token` or `user` for who comes in by the HTTP API; `schedule`, `sweep`, `review`, `bootstrap` for what does not."""
    name: str = ""
    route: str
    """Method and path as the table of access writes it, or the name of the step."""
    request: str
    source: str = ""
    """The address that the request came from."""


class AuditEntry(Acting):
    """One change of one item; only fields that differ, without secrets. What a later version adds is passed over."""

    model_config = ConfigDict(extra="ignore")

    id: Id
    at: Time
    project: Id | Literal[""] = Field(description="Empty for what belongs to the organisation.")
    verb: Verb
    subject: str = Field(description="What kind of thing was changed, e.g. `network`.")
    subject_id: str
    before: dict[str, Any]
    after: dict[str, Any]


def told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as an entry tells them: secrets removed at any depth, long values by their digest."""
    return {name: _shortened(_told(name, value)) for name, value in fields.items()}


def canonical(value: Any) -> bytes:
    """One text for one value, whoever writes it: what digests and chains are made over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_text).encode()


def _told(name: str, value: Any) -> Any:
    if _SECRET.search(name):
        return REMOVED
    if isinstance(value, Mapping):
        return {str(key): _told(str(key), each) for key, each in value.items()}
    if isinstance(value, list):
        return [_told("", each) for each in value]
    return value


def _shortened(value: Any) -> Any:
    text = canonical(value)
    if len(text) <= MAX_TOLD and not isinstance(value, bytes):
        return value
    return {"sha256": hashlib.sha256(text).hexdigest(), "bytes": len(text)}


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
