"""One client each for the services outside DynamoDB."""
