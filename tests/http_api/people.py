"""People as the issuer of their identity tells of them, and how they come to be members."""

from functions.core.identity import user_id
from functions.core.token import Principal
from tests.http_api.conftest import Answer, Api


def person(name: str, *, owner: bool = False, verified: bool = True) -> Api:
    """Whoever logs in as `name`@example.com."""
    return Api(
        Principal(
            id=user_id("https://issuer.example", name),
            kind="user",
            name=name.title(),
            email=f"{name}@example.com",
            email_verified=verified,
            owner=owner,
        )
    )


def id_of(who: Api) -> str:
    assert who.principal is not None
    return who.principal.id


def invite(by: Api, project: str, name: str, role: str) -> Answer:
    return by.post(f"/v1/projects/{project}/invitations", {"email": f"{name}@example.com", "role": role})


def join(by: Api, project: str, name: str, role: str) -> Api:
    """A member, invited by `by`."""
    who = person(name)
    accepted = who.post("/v1/invitations/accept", {"code": invite(by, project, name, role).body["code"]})
    assert accepted.status == 200, accepted.body
    return who
