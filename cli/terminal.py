"""Text for a terminal: what scanned hosts chose can neither move the cursor nor write markup."""

import unicodedata
from typing import Any

from rich.text import Text

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
