"""How a webhook's message is signed, in the form of the Standard Webhooks convention, so that its libraries can check it.

`webhook-id`, `webhook-timestamp` (whole seconds since the epoch) and `webhook-signature`: one or more `v1,` + base64 of
HMAC-SHA256 over `{id}.{timestamp}.{body}`, with a key that is the base64 text of the secret behind `whsec_`.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"


def new_signing_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, *, message: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(signing: Iterable[str], *, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """`signing`: the secrets in force, two while one replaces the other."""
    signatures = (sign(secret, message=message, timestamp=timestamp, body=body) for secret in signing)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
