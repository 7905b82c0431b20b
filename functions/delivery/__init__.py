"""What happened, to the channels that want to hear of it."""
