"""What delivery tells of what it gave up: a log line, and a metric with an alarm on it."""

import json
import sys
import time

from aws_lambda_powertools import Logger

NAMESPACE = "Vedette"
METRIC = "FailedDeliveries"


def report(given_up: int, logger: Logger) -> None:
    if not given_up:
        return
    logger.error("gave up deliveries; the channels' lists show them", count=given_up)
    # CloudWatch reads this form out of the log.
    metric = {"Namespace": NAMESPACE, "Dimensions": [[]], "Metrics": [{"Name": METRIC, "Unit": "Count"}]}
    directive = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]}
    sys.stdout.write(json.dumps({"_aws": directive, METRIC: given_up}) + "\n")
