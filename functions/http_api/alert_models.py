"""What the routes of alerts take and give beyond the domain's own models."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal, Self, TypeVar

from pydantic import Field, model_validator

from functions.core.alert import UNRESOLVED, AlertStatus, AlertType, Severity
from functions.core.alert_filter import AlertFilter
from functions.core.alert_life import Action, Wish
from functions.core.counting import Changes
from functions.core.model import Id, Model
from functions.core.trends import AlertCount, alert_counts
from functions.usecases.triage import Bulk, Outcome

K = TypeVar("K")

MAX_BULK = 100


class CommentDraft(Model):
    text: str = Field(min_length=1, max_length=4000)


class BulkRequest(Wish):
    """An action on alerts by id, or on the next page of those that a filter holds for."""

    action: Action
    alerts: tuple[Id, ...] = Field(default=(), max_length=MAX_BULK)
    filter: AlertFilter | None = None
    limit: int = Field(default=MAX_BULK, ge=1, le=MAX_BULK, description="Of a filter: at most so many in this call.")
    cursor: str = Field(default="", max_length=4096, description="`next_cursor` of the call before.")

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if bool(self.alerts) == (self.filter is not None):
            raise ValueError("give the alerts' ids, or a filter: one of the two")
        return self

    @property
    def wish(self) -> Wish:
        return Wish(reason=self.reason, until=self.until, assignee=self.assignee)


class BulkAnswer(Model):
    """Each alert by itself: some may be done and others not."""

    done: int
    failed: int
    results: tuple[Outcome, ...]
    next_cursor: str | None = Field(default=None, description="Call again with it: a filter may hold for more.")

    @classmethod
    def of(cls, bulk: Bulk) -> "BulkAnswer":
        done = sum(outcome.done for outcome in bulk.outcomes)
        failed = len(bulk.outcomes) - done
        return cls(done=done, failed=failed, results=bulk.outcomes, next_cursor=bulk.next_cursor or None)


class AlertCounts(Model):
    """As they were counted last, some seconds behind: read without reading alerts."""

    network: Id | Literal[""]
    total: int
    unresolved: int
    types: dict[AlertType, int] = Field(description="Of the unresolved ones.")
    severities: dict[Severity, int] = Field(description="Of the unresolved ones, as shown.")
    statuses: dict[AlertStatus, int]
    items: tuple[AlertCount, ...]

    @classmethod
    def of(cls, network: str, counters: Changes) -> "AlertCounts":
        counts = alert_counts(counters)
        unresolved = tuple(each for each in counts if each.status in UNRESOLVED)
        return cls(
            network=network,
            total=sum(each.count for each in counts),
            unresolved=sum(each.count for each in unresolved),
            types=_sums((each.type, each.count) for each in unresolved),
            severities=_sums((each.severity, each.count) for each in unresolved),
            statuses=_sums((each.status, each.count) for each in counts),
            items=counts,
        )


def _sums(counts: Iterable[tuple[K, int]]) -> dict[K, int]:
    sums: Counter[K] = Counter()
    for key, count in counts:
        sums[key] += count
    return dict(sums)
