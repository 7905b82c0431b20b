"""Consumers of the streams: evaluate, publish, broadcast."""
