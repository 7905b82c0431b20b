"""The app on this machine: the embedded AWS, the deployment, the Fargate agent."""

from infra.local.stack import Running, Status, down, status, up

__all__ = ["Running", "Status", "down", "status", "up"]
