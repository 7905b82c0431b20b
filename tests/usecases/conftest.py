"""What the tests of use cases stand on."""

from tests.backend import aws_clients, backend
from tests.usecases.reviewing import at

__all__ = ["at", "aws_clients", "backend"]
