"""Ticks of the Scheduler, and the sweeper of scans that never started."""
