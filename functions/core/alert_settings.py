"""What of a network's alert settings its model cannot check."""

from functions.core.alert import OPENNESS
from functions.core.errors import InvalidInput
from functions.core.model import Protocol
from functions.core.network import AlertSettings
from functions.core.ports import parse_ports


def validate_alert_settings(settings: AlertSettings) -> None:
    """Raises InvalidInput with the field at fault."""
    for name in ("confirm", "silent"):
        kinds = getattr(settings, name)
        if len(set(kinds)) < len(kinds):
            raise InvalidInput(f"alerts.{name}", "a type is named twice: name each once")
    if others := [kind.value for kind in settings.confirm if kind not in OPENNESS]:
        message = f"{', '.join(others)} cannot be confirmed by a second look; {', '.join(OPENNESS)} can"
        raise InvalidInput("alerts.confirm", message)
    for index, override in enumerate(settings.severities):
        if not override.ports:
            continue
        for protocol in (override.protocol,) if override.protocol else tuple(Protocol):
            parse_ports(override.ports, protocol=protocol, field=f"alerts.severities.{index}.ports")
