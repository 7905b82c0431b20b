"""docs/roles.md, written from the table of roles and that of frames: `make docs`."""

from collections.abc import Iterable
from pathlib import Path

from functions.core.roles import OWN, ROLES, SCOPES, Permission, Role
from functions.websocket.frames import PERMISSIONS as FRAMES

PAGE = Path(__file__).parents[1] / "docs" / "roles.md"
_HEAD = """# Who may do what

Written by `make docs` from `functions/core/roles.py` and `functions/websocket/frames.py`; a test holds it to them. Which permission a route needs is told with
each route at `/docs`, from `functions/http_api/access.py`.

A user has one role in each project that they are a member of, and each role has all of the one before it. An owner has every permission in every
project; so has an organisation token with every scope. A token has what its scopes allow, in its own project or, as an organisation token, in all. A project that a
caller does not reach answers as one that does not exist; a permission that is missing is named. Outside of any project, whoever is no owner may list the projects
that they reach; with a role in any project, or a token's scope `read`, they may also see the exclusions and the halt of the organisation (`organisation.read`), for these hold in
their projects too and say why a scan is refused; and an organisation token with the scope `admin` may create projects.

Roles are read with every request and every `subscribe`; whoever loses one, or gets a lower one, has what they and their tokens have open closed within seconds. A token may
never do more than the user who made it, or rotated it last, may do now: it ends with their membership, an organisation token with their ownership. What is not read anew is
who is an owner *by the issuer's group*: their own credential alone tells it. Taken out of the group, they stay an owner, on an open live view too, until that credential ends (fifteen minutes
with the app's own pool, as long as another issuer says), and the tokens that they made stay until somebody revokes them. Invite people as owners where that is too long.
"""


def page() -> str:
    roles = tuple(Role)
    rows = [
        (f"`{permission}`", text, *("yes" if permission in ROLES[role] else "" for role in roles), _scopes(permission))
        for own in OWN.values()
        for permission, text in own.items()
    ]
    return "\n".join(
        (
            _HEAD,
            *_table(("permission", "allows to", *roles, "token's scopes"), rows),
            "\n## Frames of the live view\n",
            *_table(("action", "permission"), ((f"`{action}`", _name(needed)) for action, needed in FRAMES.items())),
            "",
        )
    )


def _name(permission: Permission | None) -> str:
    return f"`{permission}`" if permission else "none"


def _scopes(permission: Permission) -> str:
    return ", ".join(f"`{scope}`" for scope, allowed in SCOPES.items() if permission in allowed)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    titles = tuple(head)
    return [_row(titles), _row("---" for _ in titles), *map(_row, rows)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
