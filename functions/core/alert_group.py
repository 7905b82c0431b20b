"""One line for one cause across many hosts in one scan."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from functions.core.alert import UNRESOLVED, AlertStatus, AlertType, RuleRef, Severity
from functions.core.model import Id, Model, Protocol, Time


class Sample(Model):
    alert: Id
    asset: str
    text: str


class AlertGroup(Model):
    id: Id
    network: Id
    type: AlertType
    protocol: Protocol | None = None
    port: int | None = None
    scan: str = ""
    rule: RuleRef | None = None
    since: Time
    """The time of its cause, which its id carries."""
    count: int
    unresolved: int
    statuses: Mapping[AlertStatus, int]
    severities: Mapping[Severity, int]
    """Of the unresolved ones, as shown; of all where none is."""
    worst: Severity
    sample: tuple[Sample, ...] = Field(max_length=8)


class GroupFilter(Model):
    """What is left empty holds for every group."""

    type: AlertType | None = None
    network: Id | Literal[""] = ""
    status: Literal["unresolved", "resolved", ""] = "unresolved"
    """`unresolved`: at least one of its alerts is; `resolved`: none is any more; empty: both."""

    def holds(self, group: AlertGroup) -> bool:
        standing = "unresolved" if group.unresolved else "resolved"
        return self.type in (None, group.type) and self.network in ("", group.network) and self.status in ("", standing)


def worst_of(severities: Mapping[Severity, int]) -> Severity:
    """Info where there is none."""
    order = tuple(Severity)
    return max((each for each, count in severities.items() if count > 0), key=order.index, default=Severity.INFO)


def unresolved_of(statuses: Mapping[AlertStatus, int]) -> int:
    return sum(count for status, count in statuses.items() if status in UNRESOLVED)
