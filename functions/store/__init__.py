"""DynamoDB: the only place that knows pk and sk."""
