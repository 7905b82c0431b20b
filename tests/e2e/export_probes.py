"""Probes of the role that writes exports, and of what the API does with them."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from functions.adapters.export_objects import ExportObjects
from functions.core.export import Export, ExportStatus
from functions.core.ids import new_id
from functions.store.exports import Exports
from infra.grants import On
from tests.e2e.outcome import Outcome, Probe
from tests.e2e.roles import Pair, Roles
from tests.e2e.stage_hand import StageHand, message


def export_asked_for(hand: StageHand, kind: str = "exposures", form: str = "csv", **filters: Any) -> Export:
    """As the API writes it, and handed to no queue."""
    now = hand.now
    export = Export.model_validate(
        {
            "id": new_id(now),
            "project": hand.project,
            "kind": kind,
            "format": form,
            "filters": filters,
            "created": now,
            "created_by": "test",
            "until": now + timedelta(days=1),
        }
    )
    Exports(hand.table).create(export)
    return export


def _written(hand: StageHand, export: Export, *, status: ExportStatus = ExportStatus.DONE) -> Outcome:
    said = hand.invoke("Export", message({"project": export.project, "export": export.id}))
    became = Exports(hand.table).get(export.project, export.id, now=hand.now)
    settled = not said.error and not said.said["batchItemFailures"]
    return Outcome.of(said, done=settled and became.status is status)


def _exposures(hand: StageHand, _roles: Roles) -> Outcome:
    hand.network()
    return _written(hand, export_asked_for(hand))


def _resolved_alerts(hand: StageHand, _roles: Roles) -> Outcome:
    return _written(hand, export_asked_for(hand, "alerts", status="resolved"))


def _standing_alerts(hand: StageHand, _roles: Roles) -> Outcome:
    return _written(hand, export_asked_for(hand, "alerts", network=hand.network().id, status="unresolved"))


def _scan(hand: StageHand, _roles: Roles) -> Outcome:
    scan = hand.scan(running=True)
    hand.saved_chunk(scan)
    return _written(hand, export_asked_for(hand, "scan_xml", "nmap_xml", scan=scan.id))


def _broken_off(hand: StageHand, _roles: Roles) -> Outcome:
    """A result that is gone: what was begun is taken back."""
    scan = hand.scan(running=True)
    chunk = hand.saved_chunk(scan)
    hand.results.client.delete_object(Bucket=hand.results.bucket, Key=chunk.result_key)
    export = export_asked_for(hand, "scan_xml", "nmap_xml", scan=scan.id)
    return _written(hand, export, status=ExportStatus.FAILED)


def linked(hand: StageHand, view: Mapping[str, Any]) -> tuple[int, str]:
    """What the link of an export answers."""
    try:
        with urllib.request.urlopen(view["link"], timeout=30) as answer:
            return int(answer.status), str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def done_export(hand: StageHand) -> Export:
    """Written by the account's operator."""
    store, export = Exports(hand.table), export_asked_for(hand)
    size = ExportObjects(hand.results.client, hand.results.bucket).write(export, ["one"])
    return store.finish(store.begin(export), rows=1, size=size, now=hand.now)


EXPORT: Mapping[Pair, Probe] = {
    Pair("Export", on, action): probe
    for on, action, probe in (
        (On.TABLE, "dynamodb:GetItem", _exposures),
        (On.TABLE, "dynamodb:Query", _exposures),
        (On.TABLE, "dynamodb:UpdateItem", _exposures),
        (On.GSI1, "dynamodb:Query", _resolved_alerts),
        (On.GSI2, "dynamodb:Query", _standing_alerts),
        (On.RESULTS, "s3:GetObject", _scan),
        (On.EXPORTS, "s3:PutObject", _exposures),
        (On.EXPORTS, "s3:AbortMultipartUpload", _broken_off),
    )
}
