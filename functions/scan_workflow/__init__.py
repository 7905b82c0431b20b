"""The Lambda steps of the scan workflow."""
