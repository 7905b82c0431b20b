"""The headers that every answer carries, whatever it is: what a browser may do with it, which is nothing."""

from collections.abc import Mapping
from typing import Any

SECURITY_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def secured(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer to API Gateway with these headers; where it has one of its own, that one stays."""
    return {**answer, "headers": {**SECURITY_HEADERS, **(answer.get("headers") or {})}}
