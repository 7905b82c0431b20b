"""Tokens of a project: made, listed, revoked."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.http_api.caller import Cause, Cursor, Limit, PathId, Services
from functions.http_api.models import ListOf, NewTokenView, TokenRequest, TokenView
from functions.usecases.tokens import create_token as make

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/tokens"
_TAGS = ["tokens"]


@router.post(_ALL, status_code=201, tags=_TAGS, summary="Create a token; it is shown this once")
def create_token(project: PathId, body: TokenRequest, services: Services, cause: Cause) -> NewTokenView:
    services.projects.get(project)
    made = make(
        services.tokens,
        identifier=cause.identifier("token", project),
        project=project,
        name=body.name,
        scopes=body.scopes,
        expires=body.expires,
        now=services.now(),
    )
    return NewTokenView(token=made.text, details=TokenView.of(made.token))


@router.get(_ALL, tags=_TAGS, summary="List the tokens of a project")
def list_tokens(project: PathId, services: Services, limit: Limit = 50, cursor: Cursor = "") -> ListOf[TokenView]:
    page = services.tokens.list(project, limit=limit, cursor=cursor)
    return ListOf(items=tuple(map(TokenView.of, page.items)), next_cursor=page.next_cursor or None)


@router.delete(f"{_ALL}/<token>", status_code=204, tags=_TAGS, summary="Revoke a token, from now on")
def revoke_token(project: PathId, token: PathId, services: Services) -> Response[Any]:
    services.tokens.revoke(project, token, now=services.now())
    return Response(status_code=204, body="")
