"""Small authorities for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core.authority import Authority, AuthorityKind, AuthorityStatus
from functions.core.ids import derived_id

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PROJECT = derived_id(NOW, "project")


EVER, FOREVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def everywhere(project: str) -> Authority:
    """Allows all that is not denied, at any time: for tests of other things."""
    domains = ("com", "example", "net", "org", "test")
    times = {"starts": EVER, "proved": EVER, "created": EVER, "until": FOREVER}
    return authority("0.0.0.0/0", "::/0", name="everywhere", project=project, domains=domains, **times)


def authority(*ranges: str, name: str = "one", **fields: Any) -> Authority:
    """An attestation that counts from NOW for a year."""
    return Authority.model_validate(
        {
            "id": derived_id(NOW, "authority", name),
            "project": PROJECT,
            "kind": AuthorityKind.ATTESTATION,
            "ranges": ranges,
            "authorized_by": "the owner",
            "statement": "all of it",
            "status": AuthorityStatus.ACTIVE,
            "starts": NOW,
            "until": NOW + timedelta(days=365),
            "proved": NOW,
            "recorded_by": "somebody",
            "created": NOW,
            **fields,
        }
    )
