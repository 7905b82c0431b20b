"""Tokens of a project: made, listed, rotated, revoked."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.http_api.caller import (
    Allowed,
    Caller,
    Cause,
    Cursor,
    IfMatch,
    Limit,
    PathId,
    RequestCause,
    Services,
    expected_version,
)
from functions.http_api.models import ListOf, NewTokenView, TokenRequest, TokenRotation, TokenView
from functions.usecases.tokens import Maker, NewToken
from functions.wiring.http_api import HttpApi

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/tokens"
_OWN = "/v1/tokens"
_TAGS = ["tokens"]


@router.post(_ALL, status_code=201, tags=_TAGS, summary="Create a token; it is shown this once")
def create_token(
    *, project: PathId, body: TokenRequest, services: Services, caller: Caller, allowed: Allowed, cause: Cause
) -> NewTokenView:
    services.projects.get(project)
    return _shown(_make(services, Maker(caller, allowed), project, body, cause))


@router.get(_ALL, tags=_TAGS, summary="List the tokens of a project")
def list_tokens(project: PathId, services: Services, limit: Limit = 50, cursor: Cursor = "") -> ListOf[TokenView]:
    return _listed(services, project, limit, cursor)


@router.post(f"{_ALL}/<token>/rotate", tags=_TAGS, summary="Replace a token's secret; the new one is shown this once")
def rotate_token(
    *,
    project: PathId,
    token: PathId,
    body: TokenRotation,
    services: Services,
    caller: Caller,
    allowed: Allowed,
    if_match: IfMatch = "",
) -> NewTokenView:
    return _shown(_rotate(services, Maker(caller, allowed), project, token, body=body, if_match=if_match))


@router.delete(f"{_ALL}/<token>", status_code=204, tags=_TAGS, summary="Revoke a token, from now on")
def revoke_token(project: PathId, token: PathId, services: Services) -> Response[Any]:
    services.manage_tokens.revoke(project, token, now=services.now())
    return Response(status_code=204, body="")


@router.post(_OWN, status_code=201, tags=_TAGS, summary="Create a token of the organisation; it is shown this once")
def create_organisation_token(
    body: TokenRequest, services: Services, caller: Caller, allowed: Allowed, cause: Cause
) -> NewTokenView:
    return _shown(_make(services, Maker(caller, allowed), "", body, cause))


@router.get(_OWN, tags=_TAGS, summary="List the tokens of the organisation")
def list_organisation_tokens(services: Services, limit: Limit = 50, cursor: Cursor = "") -> ListOf[TokenView]:
    return _listed(services, "", limit, cursor)


@router.post(f"{_OWN}/<token>/rotate", tags=_TAGS, summary="Replace the secret of a token of the organisation")
def rotate_organisation_token(
    *, token: PathId, body: TokenRotation, services: Services, caller: Caller, allowed: Allowed, if_match: IfMatch = ""
) -> NewTokenView:
    return _shown(_rotate(services, Maker(caller, allowed), "", token, body=body, if_match=if_match))


@router.delete(f"{_OWN}/<token>", status_code=204, tags=_TAGS, summary="Revoke a token of the organisation")
def revoke_organisation_token(token: PathId, services: Services) -> Response[Any]:
    services.manage_tokens.revoke("", token, now=services.now())
    return Response(status_code=204, body="")


def _make(services: HttpApi, maker: Maker, project: str, body: TokenRequest, cause: RequestCause) -> NewToken:
    return services.manage_tokens.make(
        maker,
        identifier=cause.identifier("token", project),
        project=project,
        name=body.name,
        scopes=body.scopes,
        expires=body.expires,
        requests_per_minute=body.requests_per_minute,
        now=services.now(),
    )


def _rotate(
    services: HttpApi, maker: Maker, project: str, token: str, *, body: TokenRotation, if_match: str
) -> NewToken:
    return services.manage_tokens.rotate(
        maker,
        project,
        token,
        overlap=timedelta(minutes=body.overlap_minutes),
        expected=expected_version(if_match),
        now=services.now(),
    )


def _listed(services: HttpApi, project: str, limit: int, cursor: str) -> ListOf[TokenView]:
    page = services.tokens.list(project, limit=limit, cursor=cursor)
    used = services.tokens.last_used(token.id for token in page.items)
    views = tuple(TokenView.of(token, used.get(token.id)) for token in page.items)
    return ListOf(items=views, next_cursor=page.next_cursor or None)


def _shown(made: NewToken) -> NewTokenView:
    return NewTokenView(token=made.text, details=TokenView.of(made.token))
