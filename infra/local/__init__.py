"""The same app on one machine: emulator, deploy, Fargate agent."""
