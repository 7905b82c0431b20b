"""The worker: scans one chunk and reports what it saw."""
