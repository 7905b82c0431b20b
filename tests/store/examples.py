"""The things that the store's tests keep."""

from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core.alert import Alert, AlertType, Severity, Why
from functions.core.chunk import Chunk
from functions.core.coverage import Method
from functions.core.exposure import Change, ChangeKind, Exposure, ExposureState
from functions.core.host import Host
from functions.core.ids import derived_id
from functions.core.model import Protocol
from functions.core.network import Network
from functions.core.profile import PROFILES
from functions.core.scan import Cause, Scan, Snapshot

AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def identifier(name: str, *, at: datetime = AT) -> str:
    return derived_id(at, name)


PROJECT, OTHER_PROJECT = identifier("project"), identifier("other project")
NETWORK = identifier("network")
SCAN = identifier("scan")


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def network(name: str = "network", project: str = PROJECT, **fields: Any) -> Network:
    plain = {"name": name, "targets": ("10.0.0.0/24",), "ports": "22,80", "created": AT, "updated": AT}
    return Network.model_validate({**plain, "id": identifier(name), "project": project, **fields})


def scan(name: str = "scan", *, network: str = NETWORK, at: datetime = AT, **fields: Any) -> Scan:
    snapshot = Snapshot(
        targets=("10.0.0.0/24",), ports="22,80", protocols=(Protocol.TCP,), profile=PROFILES["standard"], rate=100
    )
    plain: dict[str, Any] = {
        "id": identifier(name, at=at),
        "project": PROJECT,
        "network": network,
        "cause": Cause(kind="api", principal="test", key=name),
        "snapshot": snapshot,
        "created": at,
    }
    return Scan.model_validate({**plain, **fields})


def chunk(number: int = 0, **fields: Any) -> Chunk:
    return Chunk.model_validate({"project": PROJECT, "scan": SCAN, "chunk": f"{number:05}", "cells": 512, **fields})


def exposure(asset: str, port: int, **fields: Any) -> Exposure:
    change = Change(kind=ChangeKind.OPENED, scan=SCAN, chunk="00000", attempt=1, at=AT, how=Method.SYN)
    plain: dict[str, Any] = {
        "project": PROJECT,
        "network": NETWORK,
        "asset": asset,
        "address": "10.0.0.1",
        "protocol": Protocol.TCP,
        "port": port,
        "state": ExposureState.OPEN,
        "first_seen": AT,
        "last_changed": AT,
        "change": change,
    }
    return Exposure.model_validate({**plain, **fields})


def host(asset: str, **fields: Any) -> Host:
    plain = {"project": PROJECT, "network": NETWORK, "asset": asset, "first_seen": AT, "last_changed": AT}
    return Host.model_validate({**plain, **fields})


def alert(name: str = "alert", *, asset: str = "10.0.0.1", port: int | None = 22, **fields: Any) -> Alert:
    plain: dict[str, Any] = {
        "id": identifier(name),
        "project": PROJECT,
        "network": NETWORK,
        "type": AlertType.NEW_PORT,
        "severity": Severity.HIGH,
        "rated": fields.get("severity", Severity.HIGH),
        "asset": asset,
        "address": asset,
        "protocol": Protocol.TCP if port is not None else None,
        "port": port,
        "group": identifier("group"),
        "why": Why(text="it is open", scan=SCAN),
        "raised": AT,
        "updated": AT,
    }
    return Alert.model_validate({**plain, **fields})
