"""Text for a terminal: what scanned hosts chose can neither move the cursor nor write markup."""

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.text import Text

SOON = timedelta(days=30)
"""Before a certificate's end, from when on the end is told."""
_CUT = 120
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe(text: object, *, limit: int = _CUT) -> str:
    """One printable line: control, format and unassigned characters as `\\x1b`-like escapes, cut at `limit`."""
    shown = "".join(
        character
        if unicodedata.category(character) not in _UNSAFE
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in str(text)[: limit + 1]
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def plain(text: object, style: str = "") -> Text:
    """A Rich text that is never read as markup."""
    return Text(safe(text), style=style)


def service_text(service: dict[str, Any] | None) -> str:
    """`http nginx 1.22.1`, as much as is known."""
    known = service or {}
    name = f"{known['tunnel']}/{known['name']}" if known.get("tunnel") else known.get("name", "")
    return " ".join(safe(part) for part in (name, known.get("product"), known.get("version")) if part)


def proven_text(service: dict[str, Any] | None, *, now: datetime | None = None) -> str:
    """The service with what it proves of itself: its certificate, with its end where that is near or past, and its host keys."""
    known = service or {}
    proofs = [_certificate(known["tls"], now or datetime.now(UTC))] if known.get("tls") else []
    proofs += [f"{safe(key['type'])} {key['bits']} SHA256:{safe(key['sha256'])}" for key in known.get("ssh") or ()]
    return " ".join((service_text(known), *(f"[{each}]" for each in proofs))).strip()


def _certificate(told: dict[str, Any], now: datetime) -> str:
    shown = f"certificate {told['sha256'][:12]} of {told['subject']}".replace("  ", " ")
    if not told["not_after"]:
        return safe(shown)
    ends = datetime.fromisoformat(told["not_after"])
    if ends <= now:
        return safe(f"{shown}, EXPIRED {ends:%Y-%m-%d}")
    return safe(f"{shown}, expires {ends:%Y-%m-%d}" if ends - now <= SOON else shown)
