"""What exports are made of."""

from functools import cache

from functions.adapters import clients
from functions.adapters.export_objects import ExportObjects
from functions.adapters.results import Results
from functions.settings import ExportSettings
from functions.store.alert_lists import AlertLists
from functions.store.exports import Exports
from functions.store.exposures import Exposures
from functions.store.hosts import Hosts
from functions.store.ledger import Ledger
from functions.store.networks import Networks
from functions.store.scans import Scans
from functions.store.table import Table
from functions.usecases.export import WriteExport
from functions.usecases.scan_document import ScanDocument
from functions.wiring.clock import utc_now


@cache
def write_export() -> WriteExport:
    settings = ExportSettings.from_environment()
    table = Table(clients.dynamodb(), settings.table)
    return WriteExport(
        exports=Exports(table),
        networks=Networks(table),
        exposures=Exposures(table),
        hosts=Hosts(table),
        alerts=AlertLists(table),
        scans=Scans(table),
        document=ScanDocument(ledger=Ledger(table), results=Results(clients.s3(), settings.bucket)),
        objects=ExportObjects(clients.s3(), settings.bucket),
        now=utc_now,
        limit_s=settings.limit_s,
    )
