"""The lines of groups: each is one item, counted with every write of an alert, so that a line is read without its alerts."""

from collections import Counter

from functions.core.alert import UNRESOLVED, AlertStatus, Severity
from functions.core.alert_group import AlertGroup, GroupFilter, unresolved_of, worst_of
from functions.core.ids import time_of
from functions.store import keys
from functions.store.alert_items import SAMPLES, read_group_count
from functions.store.attributes import Item, to_model
from functions.store.cursor import Page
from functions.store.table import Table
from functions.store.walk import Walk
from functions.store.writes import Range

_FACTS = ("network", "type", "protocol", "port", "scan", "rule")


class AlertGroups:
    def __init__(self, table: Table) -> None:
        self.table = table

    def page(self, project: str, wanted: GroupFilter, *, limit: int = 100, cursor: str = "") -> Page[AlertGroup]:
        """The newest cause first. Raises InvalidInput."""

        def read(item: Item) -> AlertGroup | None:
            group = _group(item)
            return group if group.count > 0 and wanted.holds(group) else None

        pk = keys.alert_groups(project)
        spans = (Range(pk, forward=False),)
        walk = Walk(table=self.table, spans=spans, base_key=lambda sk: (pk, sk), query=(pk, wanted.model_dump_json()))
        return walk.page(read, limit=limit, cursor=cursor)


def _group(item: Item) -> AlertGroup:
    statuses: Counter[AlertStatus] = Counter()
    standing: Counter[Severity] = Counter()
    resolved: Counter[Severity] = Counter()
    for name, count in item.items():
        if "/" not in name or not count:
            continue
        status, severity = read_group_count(name)
        statuses[status] += count
        (standing if status in UNRESOLVED else resolved)[severity] += count
    shown = standing or resolved
    identifier = str(item[keys.SK])
    return to_model(
        AlertGroup,
        {
            **{name: item[name] for name in _FACTS if name in item},
            "id": identifier,
            "since": time_of(identifier),
            "count": statuses.total(),
            "unresolved": unresolved_of(statuses),
            "statuses": dict(statuses),
            "severities": dict(shown),
            "worst": worst_of(shown),
            "sample": [item[f"sample{place}"] for place in range(SAMPLES) if f"sample{place}" in item],
        },
    )
