"""Figures, measured side by side in one run; the last line on standard output is one JSON object."""
