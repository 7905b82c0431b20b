"""The trail of an alert, and what people say about it."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.alert import Comment, TrailEntry
from functions.http_api.alert_models import CommentDraft
from functions.http_api.caller import Caller, Cause, Cursor, IfMatch, Limit, PathId, Services, expected_version
from functions.http_api.models import ListOf
from functions.http_api.paging import listed

router = APIGatewayHttpRouter()
_ALERT = "/v1/projects/<project>/alerts/<alert>"
_COMMENTS = f"{_ALERT}/comments"
_COMMENT = f"{_COMMENTS}/<comment>"
_TAGS = ["alerts"]


@router.get(f"{_ALERT}/trail", tags=_TAGS, summary="List what happened to an alert, oldest first")
def list_trail(
    *, project: PathId, alert: PathId, services: Services, limit: Limit = 50, cursor: Cursor = ""
) -> ListOf[TrailEntry]:
    services.alerts.get(project, alert)
    return listed(services.alert_stories.trail(project, alert, limit=limit, cursor=cursor))


@router.get(_COMMENTS, tags=_TAGS, summary="List the comments on an alert, oldest first")
def list_comments(
    *, project: PathId, alert: PathId, services: Services, limit: Limit = 50, cursor: Cursor = ""
) -> ListOf[Comment]:
    services.alerts.get(project, alert)
    return listed(services.alert_stories.comments(project, alert, limit=limit, cursor=cursor))


@router.post(_COMMENTS, status_code=201, tags=_TAGS, summary="Comment on an alert")
def add_comment(
    *, project: PathId, alert: PathId, body: CommentDraft, services: Services, caller: Caller, cause: Cause
) -> Comment:
    identifier = cause.identifier("comment", project, alert)
    comment = Comment(id=identifier, alert=alert, by=caller.id, at=cause.time, text=body.text)
    return services.alert_stories.add(services.alerts.get(project, alert), comment)


@router.get(_COMMENT, tags=_TAGS, summary="Read a comment")
def read_comment(project: PathId, alert: PathId, comment: PathId, services: Services) -> Comment:
    return services.alert_stories.comment(project, alert, comment)


@router.put(_COMMENT, tags=_TAGS, summary="Edit a comment of one's own")
def edit_comment(
    *,
    project: PathId,
    alert: PathId,
    comment: PathId,
    body: CommentDraft,
    services: Services,
    caller: Caller,
    if_match: IfMatch = "",
) -> Comment:
    expected = expected_version(if_match)
    before, found = services.alert_stories.comment(project, alert, comment), services.alerts.get(project, alert)
    return services.alert_stories.edit(found, before, body.text, expected=expected, by=caller.id, now=services.now())


@router.delete(_COMMENT, status_code=204, tags=_TAGS, summary="Delete a comment of one's own")
def delete_comment(
    *,
    project: PathId,
    alert: PathId,
    comment: PathId,
    services: Services,
    caller: Caller,
    if_match: IfMatch = "",
) -> Response[Any]:
    expected = expected_version(if_match)
    before, found = services.alert_stories.comment(project, alert, comment), services.alerts.get(project, alert)
    services.alert_stories.delete(found, before, expected=expected, by=caller.id, now=services.now())
    return Response(status_code=204, body="")
