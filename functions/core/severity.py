"""What an alert is worth: the table of types, and a network's overrides of it."""

from functools import lru_cache

from functions.core.alert import SEVERITIES, AlertType, Severity
from functions.core.model import Protocol
from functions.core.network import AlertSettings, SeverityOverride
from functions.core.ports import PortSet, parse_ports


def rated(
    kind: AlertType,
    settings: AlertSettings,
    *,
    protocol: Protocol | None = None,
    port: int | None = None,
    service: str = "",
) -> Severity:
    """The first override that fits decides; one of ports, protocol or service fits no alert of a host or a network."""
    for override in settings.severities:
        if _fits(override, kind, protocol, port, service):
            return override.severity
    return SEVERITIES[kind]


def _fits(
    override: SeverityOverride, kind: AlertType, protocol: Protocol | None, port: int | None, service: str
) -> bool:
    return (
        override.type in (None, kind)
        and override.protocol in (None, protocol)
        and override.service in ("", service)
        and (not override.ports or (port is not None and port in _ports(override.ports)))
    )


@lru_cache(maxsize=256)
def _ports(text: str) -> PortSet:
    return parse_ports(text, protocol=Protocol.TCP, field="alerts.severities.ports")
