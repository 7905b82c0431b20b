"""What the tests of delivery stand on."""

from tests.backend import aws_clients, backend
from tests.delivery.post_office import post_office

__all__ = ["aws_clients", "backend", "post_office"]
