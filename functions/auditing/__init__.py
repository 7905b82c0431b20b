"""The sealing of the audit log."""
