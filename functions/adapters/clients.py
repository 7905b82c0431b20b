"""boto3 clients, made once in a process, when they are first needed."""

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

    from functions.adapters.sns import Client as SnsClient

_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "max_attempts": 5})


@cache
def dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=_CONFIG)


@cache
def s3() -> "S3Client":
    """Links that it signs are of the fourth version in every region; the others are refused by newer buckets."""
    return boto3.client("s3", config=_CONFIG.merge(Config(signature_version="s3v4")))


@cache
def stepfunctions() -> "SFNClient":
    return boto3.client("stepfunctions", config=_CONFIG)


@cache
def scheduler() -> "EventBridgeSchedulerClient":
    return boto3.client("scheduler", config=_CONFIG)


@cache
def connections(callback_url: str) -> "ApiGatewayManagementApiClient":
    """`callback_url`: the WebSocket API's `@connections` endpoint."""
    return boto3.client("apigatewaymanagementapi", endpoint_url=callback_url, config=_CONFIG)


@cache
def events() -> "EventBridgeClient":
    return boto3.client("events", config=_CONFIG)


@cache
def sqs() -> "SQSClient":
    return boto3.client("sqs", config=_CONFIG)


@cache
def ec2() -> Any:
    make: Any = boto3.client  # as above
    return make("ec2", config=_CONFIG)


@cache
def sns() -> "SnsClient":
    make: Any = boto3.client  # the stubs that are installed do not know this service
    client: SnsClient = make("sns", config=_CONFIG)
    return client
