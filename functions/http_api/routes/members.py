"""Members of a project: listed, promoted, removed; and leaving."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.member import USER_PATTERN, Member
from functions.core.roles import Permission, Role
from functions.http_api.caller import Allowed, Caller, Cursor, IfMatch, Limit, PathId, Services, expected_version
from functions.http_api.member_models import RoleChange
from functions.http_api.models import ListOf
from functions.http_api.paging import listed

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/members"
_ONE = f"{_ALL}/<user>"
_TAGS = ["members"]
PathUser = Annotated[str, Path(pattern=USER_PATTERN)]


@router.get(_ALL, tags=_TAGS, summary="List the members of a project")
def list_members(project: PathId, services: Services, limit: Limit = 50, cursor: Cursor = "") -> ListOf[Member]:
    return listed(services.members.list(project, limit=limit, cursor=cursor))


@router.delete(f"{_ALL}/me", status_code=204, tags=_TAGS, summary="Leave the project")
def leave(project: PathId, services: Services, caller: Caller, allowed: Allowed) -> Response[Any]:
    """Refused to its last admin, who makes another one first."""
    services.manage_members.remove(
        project=project, user=caller.id, keep_admin=not _may_repair(allowed), now=services.now()
    )
    return Response(status_code=204, body="")


@router.get(_ONE, tags=_TAGS, summary="Read a member")
def read_member(project: PathId, user: PathUser, services: Services) -> Member:
    return services.members.get(project, user)


@router.put(_ONE, tags=_TAGS, summary="Set a member's role")
def set_role(
    *,
    project: PathId,
    user: PathUser,
    body: RoleChange,
    services: Services,
    caller: Caller,
    allowed: Allowed,
    if_match: IfMatch = "",
) -> Member:
    """From now on, and a lower role closes their live connections. The last admin is only lowered by an owner."""
    return services.manage_members.set_role(
        project=project,
        user=user,
        role=Role(body.role),
        expected=expected_version(if_match),
        by=caller.id,
        keep_admin=not _may_repair(allowed),
        now=services.now(),
    )


@router.delete(_ONE, status_code=204, tags=_TAGS, summary="Remove a member")
def remove_member(
    *, project: PathId, user: PathUser, services: Services, allowed: Allowed, if_match: IfMatch = ""
) -> Response[Any]:
    """From now on; their live connections close, and what they invited ends. The last admin is only removed by an owner."""
    services.manage_members.remove(
        project=project,
        user=user,
        expected=expected_version(if_match),
        keep_admin=not _may_repair(allowed),
        now=services.now(),
    )
    return Response(status_code=204, body="")


def _may_repair(allowed: frozenset[Permission]) -> bool:
    """A project without an admin is still an owner's."""
    return Permission.ORGANISATION_WRITE in allowed
