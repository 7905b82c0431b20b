"""EventBridge Scheduler: one schedule for each network that has one, named by the network's id."""

import json
from typing import TYPE_CHECKING

from functions.core.network import Network, Schedule

if TYPE_CHECKING:
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_scheduler.type_defs import UpdateScheduleInputTypeDef

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""Replaced by Scheduler with the time for which it fires: the cause that the scan's id derives from."""

_RETRY_SECONDS = 3600
_RETRIES = 10


class Scheduler:
    """`target_arn`: the queue of ticks; `role_arn`: what Scheduler sends as; `dead_letter_arn`: ticks not delivered."""

    def __init__(
        self,
        client: "EventBridgeSchedulerClient",
        *,
        group: str,
        target_arn: str,
        role_arn: str,
        dead_letter_arn: str,
    ) -> None:
        self._client = client
        self._group = group
        self._target_arn = target_arn
        self._role_arn = role_arn
        self._dead_letter_arn = dead_letter_arn

    def put(self, network: Network) -> None:
        """Make Scheduler agree with the network: create, update or delete. Putting again changes nothing."""
        if network.schedule is None:
            self.delete(network.id)
            return
        request = self._request(network, network.schedule)
        try:
            self._client.update_schedule(**request)
        except self._client.exceptions.ResourceNotFoundException:
            self._client.create_schedule(**request)

    def delete(self, network: str) -> None:
        """A schedule that is not there is success."""
        try:
            self._client.delete_schedule(Name=network, GroupName=self._group)
        except self._client.exceptions.ResourceNotFoundException:
            return

    def _request(self, network: Network, schedule: Schedule) -> "UpdateScheduleInputTypeDef":
        return {
            "Name": network.id,
            "GroupName": self._group,
            "ScheduleExpression": schedule.expression,
            "ScheduleExpressionTimezone": schedule.timezone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED" if schedule.enabled and network.enabled else "DISABLED",
            "Target": {
                "Arn": self._target_arn,
                "RoleArn": self._role_arn,
                "Input": json.dumps(
                    {"project": network.project, "network": network.id, "scheduled_time": SCHEDULED_TIME}
                ),
                "RetryPolicy": {"MaximumEventAgeInSeconds": _RETRY_SECONDS, "MaximumRetryAttempts": _RETRIES},
                "DeadLetterConfig": {"Arn": self._dead_letter_arn},
            },
        }
