"""Exports: documents of records and of scans, written into the bucket."""
