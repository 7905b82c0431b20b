"""Owners of the organisation: who may do everything in every project."""

from datetime import timedelta
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.errors import Conflict
from functions.core.member import USER_PATTERN, Member
from functions.core.roles import Role
from functions.http_api.caller import Caller, Cause, Cursor, Limit, PathId, Services
from functions.http_api.member_models import InvitationView, NewInvitationView, OwnerInvitationRequest
from functions.http_api.models import ListOf
from functions.http_api.paging import listed
from functions.store.keys import ORGANISATION

router = APIGatewayHttpRouter()
_ALL = "/v1/owners"
_INVITATIONS = f"{_ALL}/invitations"
_TAGS = ["owners"]


@router.get(_ALL, tags=_TAGS, summary="List the owners")
def list_owners(services: Services, limit: Limit = 50, cursor: Cursor = "") -> ListOf[Member]:
    """Without those whom the issuer of their identity makes owners, by group."""
    return listed(services.members.list(ORGANISATION, limit=limit, cursor=cursor))


@router.get(_INVITATIONS, tags=_TAGS, summary="List the invitations to be an owner that wait")
def list_owner_invitations(services: Services, limit: Limit = 50, cursor: Cursor = "") -> ListOf[InvitationView]:
    page = services.invitations.list(ORGANISATION, now=services.now(), limit=limit, cursor=cursor)
    return ListOf(items=tuple(map(InvitationView.of, page.items)), next_cursor=page.next_cursor or None)


@router.post(_INVITATIONS, status_code=201, tags=_TAGS, summary="Invite an owner; the code is shown this once")
def invite_owner(body: OwnerInvitationRequest, services: Services, caller: Caller, cause: Cause) -> NewInvitationView:
    made = services.manage_members.invite(
        project=ORGANISATION,
        identifier=cause.identifier("invitation", ORGANISATION),
        email=body.email,
        role=Role.OWNER,
        life=timedelta(days=body.days),
        by=caller.answerable or caller.id,
        now=services.now(),
    )
    return NewInvitationView(code=made.code, invitation=InvitationView.of(made.invitation))


@router.delete(
    f"{_INVITATIONS}/<invitation>", status_code=204, tags=_TAGS, summary="Withdraw an invitation to be an owner"
)
def withdraw_owner_invitation(invitation: PathId, services: Services) -> Response[Any]:
    services.invitations.get(ORGANISATION, invitation, now=services.now())
    services.invitations.delete(ORGANISATION, invitation)
    return Response(status_code=204, body="")


@router.delete(f"{_ALL}/<user>", status_code=204, tags=_TAGS, summary="Make an owner one no more")
def remove_owner(user: Annotated[str, Path(pattern=USER_PATTERN)], services: Services, caller: Caller) -> Response[Any]:
    """Not oneself: so there is always one left."""
    if user == caller.id:
        raise Conflict("an owner is removed by another owner: there would be none left otherwise")
    services.manage_members.remove(project=ORGANISATION, user=user, keep_admin=False, now=services.now())
    return Response(status_code=204, body="")
