"""What the audit functions are made of. Imports are inside the functions: no function pays for what only another one uses."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from functions.adapters import clients
from functions.store.table import Table

if TYPE_CHECKING:
    from functions.usecases.record_source import RecordSource
    from functions.usecases.seal_audit import SealAudit


@cache
def seal_audit() -> SealAudit:
    from functions.adapters.seals import Seals
    from functions.settings import SealSettings
    from functions.store.audit_log import AuditLog
    from functions.usecases.seal_audit import SealAudit

    settings = SealSettings.from_environment()
    return SealAudit(log=AuditLog(Table(clients.dynamodb(), settings.table)), seals=Seals(clients.s3(), settings.seals))


@cache
def record_source() -> RecordSource:
    from functions.adapters.interfaces import Interfaces
    from functions.settings import SourceSettings
    from functions.store.sources import Sources
    from functions.usecases.record_source import RecordSource

    table = Table(clients.dynamodb(), SourceSettings.from_environment().table)
    return RecordSource(interfaces=Interfaces(clients.ec2()), sources=Sources(table))
