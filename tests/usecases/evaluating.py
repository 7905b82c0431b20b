"""A network whose changes are evaluated as they come, and a queue that remembers."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from functions.adapters.queue import Queue
from functions.core.exposure import Exposure
from functions.core.host import Host
from functions.core.ids import new_id
from functions.core.model import Model
from functions.core.network import Network
from functions.core.rule import RuleSet
from functions.store.attributes import encode_item, to_item
from functions.store.hosts import Hosts
from functions.store.rules import Rules
from functions.store.stream import StreamRecord, read_record
from functions.store.waiting import Waiting
from functions.usecases.evaluate import Evaluate
from tests.backend import NOW, Backend
from tests.core.test_derive import a_change, an_exposure

LATER = NOW + timedelta(days=1)
SETTLING_S = 5


class FakeQueue(Queue):
    """Remembers what was sent."""

    def __init__(self) -> None:
        self.sent: list[Mapping[str, Any]] = []
        self.delays: list[int] = []

    def send(self, message: Mapping[str, Any], *, delay_s: int = 0) -> None:
        self.sent.append(message)
        self.delays.append(delay_s)


class Evaluating:
    """One network whose exposures change under the consumer's eyes."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.reviews = FakeQueue()
        self.rules = Rules(backend.table)
        self.waiting = Waiting(backend.table)
        self.numbers = 0
        self.consume = Evaluate(
            networks=backend.networks,
            rules=self.rules,
            hosts=Hosts(backend.table),
            alerts=backend.alerts,
            waiting=self.waiting,
            reviews=self.reviews,
            clock=backend.clock,
            settling_s=SETTLING_S,
        )

    def watch(self, **settings: Any) -> Network:
        self.network = self.backend.network(alerts={"confirm": [], **settings})
        return self.network

    def publish(self, *rules: dict[str, Any], default: str = "allow") -> None:
        pointer = self.rules.pointer(self.network.project, self.network.id)
        made = {"project": self.network.project, "scope": self.network.id, "version": pointer.latest + 1}
        fields = {**made, "created": NOW, "created_by": "somebody", "default": default, "rules": rules}
        self.rules.publish(RuleSet.model_validate(fields), expected=pointer.version)

    def exposure(self, kind: str = "opened", **fields: Any) -> Exposure:
        change = a_change(kind, **{"scan": new_id(NOW), **fields.pop("evidence", {})})
        return an_exposure(change, project=self.network.project, network=self.network.id, **fields)

    def record(self, after: Model | None, before: Model | None = None, *, family: str = "EXP") -> StreamRecord:
        self.numbers += 1
        pk, sk = f"{family}#{self.network.project}", f"k{self.numbers}"
        images = {"Keys": encode_item({"pk": pk, "sk": sk}), "ApproximateCreationDateTime": 1_795_248_000.0}
        images["SequenceNumber"] = str(self.numbers)
        if after is not None:
            images["NewImage"] = encode_item(to_item(after, pk, sk))
        if before is not None:
            images["OldImage"] = encode_item(to_item(before, pk, sk))
        return read_record({"eventID": f"event-{self.numbers}", "dynamodb": images})

    def tell(self, *records: StreamRecord) -> None:
        assert list(self.consume(records)) == []

    def change(self, before: Exposure | None, after: Exposure) -> Exposure:
        self.tell(self.record(after, before))
        return after

    @property
    def alerts(self) -> dict[str, str]:
        return {alert.type.value: alert.status.value for alert in self.backend.alerts.list(self.backend.project).items}

    def alert(self, kind: str) -> Any:
        (found,) = (each for each in self.backend.alerts.list(self.backend.project).items if each.type == kind)
        return found


def later(exposure: Exposure, kind: str, **fields: Any) -> Exposure:
    change = a_change(kind, scan=new_id(LATER), at=LATER)
    return Exposure.model_validate({**dict(exposure), "change": change, "version": exposure.version + 1, **fields})


def a_host(at: Evaluating, **fields: Any) -> Host:
    plain = {"project": at.network.project, "network": at.network.id, "asset": "10.0.0.1", "scan": new_id(NOW)}
    return Host.model_validate({**plain, "first_seen": NOW, "last_changed": NOW, **fields})
