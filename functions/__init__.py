"""Everything that runs in Lambda: entry points outside, the domain inside."""
