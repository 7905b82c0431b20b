"""The caller, as this API knows them."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.member import Member
from functions.core.roles import Permission
from functions.http_api.caller import Allowed, Caller, Cursor, Limit, Services
from functions.http_api.member_models import Me
from functions.store.cursor import Page

router = APIGatewayHttpRouter()


@router.get("/v1/me", tags=["members"], summary="Say who calls and what they reach")
def read_me(services: Services, caller: Caller, allowed: Allowed, limit: Limit = 50, cursor: Cursor = "") -> Me:
    page: Page[Member] = Page(())
    if caller.kind == "user":
        page = services.members.of_user(caller.id, limit=limit, cursor=cursor)
    return Me(
        id=caller.id,
        kind=caller.kind,
        name=caller.name,
        email=caller.email,
        email_verified=caller.email_verified,
        owner=Permission.ORGANISATION_WRITE in allowed,
        project=caller.project,
        scopes=caller.scopes,
        permissions=tuple(sorted(allowed)),
        memberships=page.items,
        next_cursor=page.next_cursor or None,
    )
