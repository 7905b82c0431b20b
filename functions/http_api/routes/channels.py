"""Channels: where alerts are sent, and what became of each."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.channel import Channel, ChannelDraft, Trial
from functions.core.delivery import Entry
from functions.http_api.caller import Cause, Cursor, IfMatch, Limit, PathId, Services, expected_version
from functions.http_api.channel_models import ChannelDelivery, NewChannel, ResendRequest
from functions.http_api.models import ListOf
from functions.http_api.paging import listed

router = APIGatewayHttpRouter()
_PROJECT = "/v1/projects/<project>"
_ALL = f"{_PROJECT}/channels"
_ONE = f"{_ALL}/<channel>"
_TAGS = ["channels"]


@router.post(_ALL, status_code=201, tags=_TAGS, summary="Create a channel; a webhook's secret is shown this once")
def create_channel(project: PathId, body: ChannelDraft, services: Services, cause: Cause) -> NewChannel:
    services.projects.get(project)
    identifier = cause.identifier("channel", project)
    made = services.manage_channels.create(project=project, identifier=identifier, draft=body, now=services.now())
    return NewChannel(channel=made.channel, secret=made.secret)


@router.get(_ALL, tags=_TAGS, summary="List the channels; there are few")
def list_channels(project: PathId, services: Services) -> ListOf[Channel]:
    return ListOf(items=services.channels.all(project))


@router.get(_ONE, tags=_TAGS, summary="Read a channel")
def read_channel(project: PathId, channel: PathId, services: Services) -> Channel:
    return services.channels.get(project, channel)


@router.put(_ONE, tags=_TAGS, summary="Replace a channel's settings; its secret stays")
def update_channel(
    project: PathId, channel: PathId, body: ChannelDraft, services: Services, if_match: IfMatch = ""
) -> Channel:
    expected = expected_version(if_match)
    return services.manage_channels.update(
        project=project, identifier=channel, draft=body, expected=expected, now=services.now()
    )


@router.delete(_ONE, status_code=204, tags=_TAGS, summary="Delete a channel; what waited on it is not sent")
def delete_channel(project: PathId, channel: PathId, services: Services, if_match: IfMatch = "") -> Response[Any]:
    services.channels.delete(project, channel, expected=expected_version(if_match))
    return Response(status_code=204, body="")


@router.post(f"{_ONE}/rotate", tags=_TAGS, summary="Replace a webhook's secret; the old one signs too for a day")
def rotate_secret(project: PathId, channel: PathId, services: Services, if_match: IfMatch = "") -> NewChannel:
    expected = expected_version(if_match)
    made = services.manage_channels.rotate(project=project, identifier=channel, expected=expected, now=services.now())
    return NewChannel(channel=made.channel, secret=made.secret)


@router.post(f"{_ONE}/test", status_code=202, tags=_TAGS, summary="Send a test message; the channel shows its outcome")
def test_channel(project: PathId, channel: PathId, services: Services, cause: Cause) -> Trial:
    message = cause.identifier("test", project, channel)
    return services.manage_channels.test(project=project, identifier=channel, message=message, now=services.now())


@router.get(f"{_ONE}/deliveries", tags=_TAGS, summary="List what waits or has failed on a channel")
def list_outbox(
    project: PathId, channel: PathId, services: Services, limit: Limit = 50, cursor: Cursor = ""
) -> ListOf[Entry]:
    services.channels.get(project, channel)
    return listed(services.outbox.list(project, channel, limit=limit, cursor=cursor))


@router.post(f"{_ONE}/resend", status_code=202, tags=_TAGS, summary="Send again what has failed, one page a call")
def resend_failed(project: PathId, channel: PathId, body: ResendRequest, services: Services) -> ListOf[Entry]:
    return listed(
        services.manage_channels.resend(project=project, identifier=channel, alerts=body.alerts, cursor=body.cursor)
    )


@router.get(f"{_PROJECT}/alerts/<alert>/deliveries", tags=_TAGS, summary="Say what became of an alert on each channel")
def list_deliveries(project: PathId, alert: PathId, services: Services) -> ListOf[ChannelDelivery]:
    names = {channel.id: channel.name for channel in services.channels.all(project)}
    found = services.alerts.get(project, alert).deliveries
    return ListOf(
        items=tuple(
            ChannelDelivery(channel=each, name=names.get(each, ""), delivery=delivery)
            for each, delivery in sorted(found.items())
        )
    )
