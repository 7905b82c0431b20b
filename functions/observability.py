"""The logger of every function: JSON lines with the request's id; never an event whole, for events carry tokens."""

from aws_lambda_powertools import Logger


def get_logger(service: str) -> Logger:
    """`service`: the noun of the entry point, e.g. `http_api`."""
    return Logger(service=service, log_uncaught_exceptions=True)
