"""`make bench-reads`: how many items a request of the HTTP API evaluates, in a network of 1,000 and in one of 200,000 exposures.

Lists, filters, counts and trends of the deployed API; the items are counted on the way to DynamoDB (see meter). A list that
stops before its end must hand on a cursor.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from functions.core.alert import SEVERITIES, Alert, AlertType, Why
from functions.core.counting import Count
from functions.core.exposure import ChangeKind
from functions.core.history import of_exposure
from functions.core.ids import derived_id
from functions.core.model import Protocol
from functions.store.alert_items import alert_item
from functions.store.attributes import Item
from functions.store.counters import Counted, Counters
from functions.store.history import History
from tests.bench import seed
from tests.bench.estate import metered, planted, quiet
from tests.bench.meter import Meter
from tests.e2e.conftest import free_port
from tests.e2e.platform import Json, Platform, deployed
from tests.progress import say
from tests.scenario.rehearsal import Stand, standing

SMALL = 1000
EXPOSURES = int(os.environ.get("EXPOSURES", "200000"))
LIMIT = 100
DAYS = 400
"""As far back as a trend may ask."""
MOST = 1100
"""Items that one request may evaluate: a thousand of a list, and what else it needs to know."""


@dataclass(frozen=True)
class Call:
    name: str
    path: tuple[str, ...]
    query: Mapping[str, Any]


def calls(estate: seed.Estate) -> Iterator[Call]:
    network, asset = estate.network, next(estate.assets())
    here = {"network": network, "limit": LIMIT}
    yield Call("exposures", ("exposures",), here)
    yield Call("exposures on a port", ("exposures",), {**here, "port": 443})
    yield Call("exposures with a service that none has", ("exposures",), {**here, "service": "gopher"})
    yield Call("exposures that are closed, of which there are none", ("exposures",), {**here, "state": "closed"})
    yield Call("exposures of a /24", ("exposures",), {**here, "cidr": "10.128.0.0/24"})
    yield Call("exposures of an address", ("exposures",), {**here, "address": asset})
    yield Call("hosts", ("hosts",), here)
    yield Call("alerts", ("alerts",), {"limit": LIMIT})
    yield Call("open alerts", ("alerts",), {"limit": LIMIT, "status": "open"})
    yield Call("alerts of a type that none has", ("alerts",), {"limit": LIMIT, "type": "BLOCKED"})
    yield Call("open alerts of a network", ("alerts",), {**here, "status": "open"})
    yield Call("open alerts of an address", ("alerts",), {**here, "status": "open", "address": asset})
    yield Call("alerts of a group", ("alerts",), {"limit": LIMIT, "group": _group(estate, 443), "status": "open"})
    yield Call("groups of alerts", ("alerts", "groups"), {"limit": LIMIT})
    yield Call("counts of alerts", ("alerts", "counts"), {})
    yield Call("history of a port", ("networks", network, "hosts", asset, "history"), {"port": 443, "limit": LIMIT})
    yield Call("history of a host", ("networks", network, "hosts", asset, "history"), {"limit": LIMIT})
    yield Call("an address across networks", ("addresses", asset), {})
    yield Call("scans", ("scans",), {"limit": LIMIT})
    yield Call("trends by day", ("trends",), {"days": DAYS})
    yield Call("trends of a network by month", ("trends",), {"network": network, "days": DAYS, "by": "month"})
    yield Call("which rule decides", ("networks", network, "rules", "decide"), {"asset": asset, "port": 443})
    yield Call("why a port is as it is", ("why",), {"asset": asset, "port": 443})


def plant_the_past(stand: Stand, estate: seed.Estate) -> None:
    """Days of counters, and a port that has changed each day."""
    counters, history = Counters(stand.backend.table), History(stand.backend.table)
    before = estate.exposure(next(estate.assets()), 443)
    for day in range(DAYS):
        at = estate.at - timedelta(days=DAYS - day)
        counted = Count(estate.project, estate.network, at.date(), {"opened": 2, "closed": 1, "open": 1})
        counters.add(estate.project, estate.network, [Counted("past", day + 1, counted)])
        change = before.change.model_copy(update={"at": at, "kind": ChangeKind.CHANGED})
        after = before.model_copy(update={"version": before.version + 1, "change": change, "last_changed": at})
        entry = of_exposure(before, after, written=at)
        assert entry is not None
        history.record([entry])
        before = after


def alerts(estate: seed.Estate) -> Iterator[Item]:
    """One for each host: the embedded DynamoDB looks at all of a partition for each page of it."""
    for index, asset in enumerate(estate.assets()):
        yield alert_item(an_alert(estate, asset, seed.OPEN[index % len(seed.OPEN)]))


def an_alert(estate: seed.Estate, asset: str, port: int) -> Alert:
    exposure = estate.exposure(asset, port)
    return Alert(
        id=derived_id(estate.at, AlertType.NEW_PORT, estate.project, asset, str(port)),
        project=estate.project,
        network=estate.network,
        type=AlertType.NEW_PORT,
        severity=SEVERITIES[AlertType.NEW_PORT],
        rated=SEVERITIES[AlertType.NEW_PORT],
        asset=asset,
        address=asset,
        protocol=Protocol.TCP,
        port=port,
        service=exposure.service,
        group=_group(estate, port),
        why=Why(text=f"{port}/tcp on {asset} is open", change=exposure.change, scan=estate.scan),
        raised=estate.at,
        updated=estate.at,
    )


def _group(estate: seed.Estate, port: int) -> str:
    return derived_id(estate.at, AlertType.NEW_PORT, estate.scan, str(port))


def measured(platform: Platform, stand: Stand, meter: Meter, exposures: int) -> dict[str, int]:
    """Items evaluated by each call."""
    estate = planted(platform, stand, exposures)
    with seed.unheard(stand.operator, "Evaluate", "Publish"):
        for port in seed.OPEN:
            stand.backend.alerts.create(an_alert(estate, next(estate.assets()), port))
        seed.write(stand.backend.table, alerts(estate))
        plant_the_past(stand, estate)
    found = {}
    for call in calls(estate):
        meter.start()
        page = platform.client.get("projects", estate.project, *call.path, **call.query)
        count = meter.count
        found[call.name] = count.items_read
        say(f"{exposures}: {call.name}: {count.items_read} items, {count.read_units:g} read units, {_held(page)}")
        if count.items_read > MOST:
            raise SystemExit(f"{call.name} evaluated {count.items_read} items of {exposures} exposures")
    return found


def _held(page: Json) -> str:
    """A page that is short and goes on says so."""
    if "items" not in page:
        return "no list"
    more = "a cursor" if page.get("next_cursor") else "no cursor"
    return f"{len(page['items'])} on the page, {more}"


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, deployed(Path(directory), port=free_port(), tell=say) as platform:
        stand = standing(platform)
        quiet(stand)
        with Meter(platform.running.endpoints.endpoint_url).running() as meter:
            metered(stand, meter, "HttpApi")
            started = datetime.now(UTC)
            small, large = (measured(platform, stand, meter, size) for size in (SMALL, EXPOSURES))
            say(f"both after {(datetime.now(UTC) - started).total_seconds():.0f} s")
    rows = [{"name": name, "items_1k": small[name], "items_200k": large[name]} for name in small]
    sys.stdout.write(json.dumps({"exposures": [SMALL, EXPOSURES], "calls": rows}) + "\n")


if __name__ == "__main__":
    main()
