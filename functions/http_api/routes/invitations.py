"""Invitations: made by an admin for one e-mail address, accepted by whoever logs in with it."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.member import Member
from functions.core.roles import Role
from functions.http_api.caller import Caller, Cause, Cursor, Limit, PathId, Services
from functions.http_api.member_models import Acceptance, InvitationRequest, InvitationView, NewInvitationView
from functions.http_api.models import ListOf

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/invitations"
_TAGS = ["members"]


@router.post(_ALL, status_code=201, tags=_TAGS, summary="Invite somebody; the code is shown this once")
def invite(
    project: PathId, body: InvitationRequest, services: Services, caller: Caller, cause: Cause
) -> NewInvitationView:
    services.projects.get(project)
    made = services.manage_members.invite(
        project=project,
        identifier=cause.identifier("invitation", project),
        email=body.email,
        role=Role(body.role),
        life=timedelta(days=body.days),
        by=caller.answerable or caller.id,
        now=services.now(),
    )
    return NewInvitationView(code=made.code, invitation=InvitationView.of(made.invitation))


@router.get(_ALL, tags=_TAGS, summary="List the invitations that wait")
def list_invitations(
    project: PathId, services: Services, limit: Limit = 50, cursor: Cursor = ""
) -> ListOf[InvitationView]:
    page = services.invitations.list(project, now=services.now(), limit=limit, cursor=cursor)
    return ListOf(items=tuple(map(InvitationView.of, page.items)), next_cursor=page.next_cursor or None)


@router.delete(f"{_ALL}/<invitation>", status_code=204, tags=_TAGS, summary="Withdraw an invitation")
def withdraw(project: PathId, invitation: PathId, services: Services) -> Response[Any]:
    services.invitations.get(project, invitation, now=services.now())
    services.invitations.delete(project, invitation)
    return Response(status_code=204, body="")


@router.post("/v1/invitations/accept", tags=_TAGS, summary="Accept an invitation with the code that came with it")
def accept(body: Acceptance, services: Services, caller: Caller) -> Member:
    """You must be logged in with the e-mail address that was invited, and it must be verified."""
    return services.manage_members.accept(body.code, caller, now=services.now())
