"""Messages are signed as the Standard Webhooks convention says, so that its libraries can check them."""

from functions.core.signature import PREFIX, headers, new_signing_secret, sign
from tests.e2e.receiver import TOLERANCE_S, verified

BODY = b'{"test": 2432232314}'
AT = 1614265330


def test_a_signature_is_the_conventions_own_example() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signature = sign(secret, message="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=AT, body=BODY)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_takes_what_was_signed_and_nothing_else() -> None:
    secret = new_signing_secret()
    signed = headers([secret], message="m1", timestamp=AT, body=BODY)
    assert verified(secret, signed, BODY, now=AT)
    assert verified(secret, signed, BODY, now=AT + TOLERANCE_S)
    assert not verified(secret, signed, BODY, now=AT + TOLERANCE_S + 1), "replayed later"
    assert not verified(secret, signed, BODY + b" ", now=AT), "another body"
    assert not verified(secret, signed | {"webhook-id": "m2"}, BODY, now=AT), "another id"
    assert not verified(secret, signed | {"webhook-timestamp": str(AT + 1)}, BODY, now=AT), "another time"
    assert not verified(new_signing_secret(), signed, BODY, now=AT), "another secret"


def test_while_secrets_change_either_one_checks() -> None:
    old, new = new_signing_secret(), new_signing_secret()
    signed = headers([new, old], message="m1", timestamp=AT, body=BODY)
    assert verified(old, signed, BODY, now=AT)
    assert verified(new, signed, BODY, now=AT)


def test_secrets_are_long_and_never_the_same() -> None:
    secrets = {new_signing_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(secret) >= len(PREFIX) + 43 for secret in secrets)
