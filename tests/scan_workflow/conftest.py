"""What the workflow's tests stand on."""

from tests.backend import aws_clients, backend

__all__ = ["aws_clients", "backend"]
