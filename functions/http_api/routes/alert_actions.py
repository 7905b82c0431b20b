"""What people do with alerts: one route for each action, and one for many alerts at once."""

from collections.abc import Callable

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.alert import Alert
from functions.core.alert_life import Action, Wish
from functions.http_api.alert_models import BulkAnswer, BulkRequest
from functions.http_api.caller import Caller, PathId, Services

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/alerts"
_TAGS = ["alerts"]

SUMMARIES = {
    Action.ACKNOWLEDGE: "Acknowledge an alert: it is right as it is, for good or until a time; needs a reason",
    Action.UNACKNOWLEDGE: "Take the acknowledgement back",
    Action.ASSIGN: "Assign an alert to somebody, or with an empty assignee to nobody",
    Action.TAKE: "Take an alert: it is in progress, by the caller",
    Action.RELEASE: "Give an alert back that is in progress",
    Action.RESOLVE: "Resolve an alert by hand; needs a reason. It comes back where a later scan finds its cause",
    Action.REOPEN: "Open a resolved alert again",
    Action.SNOOZE: "Set an alert aside until a time: it is not delivered before",
    Action.UNSNOOZE: "End a snooze",
    Action.MUTE: "Never deliver an alert, for good or until a time; needs a reason",
    Action.UNMUTE: "Deliver a muted alert again",
}


@router.post(f"{_ALL}/bulk", tags=_TAGS, summary="Do one thing with many alerts; tells of each whether it was done")
def act_on_many(project: PathId, body: BulkRequest, services: Services, caller: Caller) -> BulkAnswer:
    by, now = caller.id, services.now()
    if body.filter is None:
        return BulkAnswer.of(services.triage.these(project, body.alerts, body.action, body.wish, by=by, now=now))
    return BulkAnswer.of(
        services.triage.matching(
            project, body.filter, body.action, body.wish, by=by, now=now, limit=body.limit, cursor=body.cursor
        )
    )


def _route(action: Action) -> Callable[..., Alert]:
    def act_on_alert(project: PathId, alert: PathId, body: Wish, services: Services, caller: Caller) -> Alert:
        return services.triage.one(project, alert, action, body, by=caller.id, now=services.now())

    act_on_alert.__name__ = f"{action}_alert"
    return act_on_alert


for _action, _summary in SUMMARIES.items():
    router.post(f"{_ALL}/<alert>/{_action}", tags=_TAGS, summary=_summary)(_route(_action))
