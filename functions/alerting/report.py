"""What a stream consumer tells of the records that it gave up: a log line each, and a metric with an alarm on it."""

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools import Logger

from functions.usecases.consume_stream import GivenUp

NAMESPACE = "Vedette"
METRIC = "FailedRecords"


def answer(consumer: str, given_up: Sequence[GivenUp], logger: Logger) -> dict[str, Any]:
    """Lambda is told of no failure, for it would only try again; `kept` tells an operator who sent a record again."""
    for each in given_up:
        logger.error("gave a record up", record=each.record, kept=each.key, error=each.error)
    if given_up:
        sys.stdout.write(json.dumps(_metric(consumer, len(given_up))) + "\n")
    return {"batchItemFailures": [], "kept": [each.key for each in given_up]}


def _metric(consumer: str, count: int) -> dict[str, Any]:
    """CloudWatch reads this form out of the log."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["consumer"]],
        "Metrics": [{"Name": METRIC, "Unit": "Count"}],
    }
    milliseconds = int(time.time() * 1000)
    return {
        "_aws": {"Timestamp": milliseconds, "CloudWatchMetrics": [directive]},
        "consumer": consumer,
        METRIC: count,
    }
