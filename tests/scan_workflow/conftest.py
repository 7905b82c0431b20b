"""What the workflow's tests stand on."""

from tests.backend import aws_clients, backend
from tests.scan_workflow.rehearsal import rehearsal

__all__ = ["aws_clients", "backend", "rehearsal"]
