"""What the sealing of the audit log is made of."""

from functools import cache

from functions.adapters import clients
from functions.adapters.seals import Seals
from functions.settings import SealSettings
from functions.store.audit_log import AuditLog
from functions.store.table import Table
from functions.usecases.seal_audit import SealAudit


@cache
def seal_audit() -> SealAudit:
    settings = SealSettings.from_environment()
    return SealAudit(log=AuditLog(Table(clients.dynamodb(), settings.table)), seals=Seals(clients.s3(), settings.seals))
