"""Alerts and channels to tell and to be told of."""

from datetime import UTC, datetime
from typing import Any

from functions.core.alert import Alert, AlertType, Severity, Why
from functions.core.ids import derived_id
from functions.core.model import Protocol

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
PROJECT, NETWORK, OTHER_NETWORK, CHANNEL = (derived_id(AT, each) for each in ("project", "network", "other", "channel"))


def alert(name: str = "alert", **fields: Any) -> Alert:
    plain = {
        "id": derived_id(AT, name),
        "project": PROJECT,
        "network": NETWORK,
        "type": AlertType.NEW_PORT,
        "severity": Severity.HIGH,
        "rated": Severity.HIGH,
        "asset": "192.0.2.10",
        "address": "192.0.2.10",
        "protocol": Protocol.TCP,
        "port": 443,
        "group": derived_id(AT, "group"),
        "why": Why(text="443/tcp on 192.0.2.10 is open."),
        "raised": AT,
        "updated": AT,
    }
    return Alert.model_validate({**plain, **fields})
