"""The domain, pure: standard library and pydantic, no clock, no environment, no I/O."""
