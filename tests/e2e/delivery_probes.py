"""Probes of the role that delivers: one alert, one channel that is a topic."""

from collections.abc import Mapping

from functions.core.alert import Alert, AlertType, Mark
from functions.core.channel import Channel
from functions.core.delivery import Occasion, entry_of
from functions.core.ids import new_id
from functions.store.channels import Channels
from functions.store.outbox import Outbox
from infra.grants import On
from tests.core import delivery_examples
from tests.e2e.outcome import Outcome, Probe
from tests.e2e.platform import Json
from tests.e2e.roles import Pair, Roles
from tests.e2e.stage_hand import StageHand, message


def channel(hand: StageHand) -> Channel:
    """A topic of its own; it hears of nothing but what a probe tells it."""
    topic = hand.operator.aws("sns").create_topic(Name=f"vedette-{hand.project}")["TopicArn"]
    now = hand.now
    made = Channel.model_validate(
        {"id": new_id(now), "project": hand.project, "name": "probe", "kind": "sns", "topic": topic, "created": now}
        | {"updated": now, "routes": [{"types": [AlertType.NEW_HOST]}]}
    )
    Channels(hand.table).create(made, None)
    return made


def _set_aside(hand: StageHand) -> Alert:
    """The bus tells of it too, and nothing comes of that: it is acknowledged."""
    now = hand.now
    alert = delivery_examples.alert(
        id=new_id(now),
        project=hand.project,
        network=hand.network().id,
        type=AlertType.NEW_HOST,
        raised=now,
        updated=now,
        acknowledged=Mark(by="me", at=now, reason="known"),
    )
    hand.stores.alerts.create(alert)
    return alert


def _heard(hand: StageHand, _roles: Roles) -> Outcome:
    channel(hand)
    event = {"detail-type": "alert.raised", "detail": _set_aside(hand).model_dump(mode="json")}
    said = hand.invoke("Deliver", message(event))
    return Outcome.of(said, done=not said.said["batchItemFailures"])


def given_up(hand: StageHand, to: Channel) -> Alert:
    """An alert whose delivery has failed."""
    alert = _set_aside(hand)
    waited = entry_of(alert, to.id, Occasion.RAISED, due=hand.now, now=hand.now)
    Outbox(hand.table).add(waited.model_copy(update={"status": "failed"}))
    return alert


def again(to: Channel, alert: Alert) -> Json:
    """What the API sends when somebody asks for it."""
    where = {"project": to.project, "channel": to.id}
    return {"detail-type": "channel.resend", **where, "subjects": [alert.id]}


def _sent_by_hand(hand: StageHand, _roles: Roles) -> Outcome:
    """What had been given up is sent, whatever became of the alert since."""
    to = channel(hand)
    alert = given_up(hand, to)
    said = hand.invoke("Deliver", message(again(to, alert)))
    after = hand.stores.alerts.get(hand.project, alert.id).deliveries.get(to.id)
    left = Outbox(hand.table).find(hand.project, to.id, alert.id)
    told = after is not None and after.status == "sent" and left is None
    outcome = Outcome.of(said, done=told and not said.said["batchItemFailures"])
    return Outcome(outcome.done, f"{outcome.log}\n{after.error if after else ''}")


def _due(hand: StageHand, _roles: Roles) -> Outcome:
    said = hand.invoke("Deliver", message({"detail-type": "Scheduled Event"}))
    return Outcome.of(said, done=not said.said["batchItemFailures"])


_ON_TABLE: tuple[tuple[On, str, Probe], ...] = (
    (On.TABLE, "GetItem", _sent_by_hand),
    (On.TABLE, "Query", _heard),
    (On.TABLE, "PutItem", _sent_by_hand),
    (On.TABLE, "UpdateItem", _sent_by_hand),
    (On.TABLE, "DeleteItem", _sent_by_hand),
    (On.GSI2, "Query", _due),
)

DELIVER: Mapping[Pair, Probe] = {
    **{Pair("Deliver", on, f"dynamodb:{action}"): probe for on, action, probe in _ON_TABLE},
    Pair("Deliver", On.TOPICS, "sns:Publish"): _sent_by_hand,
}
