"""What the HTTP API tells of an export beyond what is kept of it."""

from collections.abc import Callable

from pydantic import Field

from functions.core.export import Export, ExportStatus
from functions.core.model import Model


class ExportView(Model):
    export: Export
    link: str | None = Field(
        description="Where the document is, for some minutes and without a token; null until it is done."
    )

    @classmethod
    def of(cls, export: Export, link: Callable[[Export], str]) -> "ExportView":
        return cls(export=export, link=link(export) if export.status is ExportStatus.DONE else None)
