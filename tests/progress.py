"""What a long run tells of its way, line by line on standard error: standard output has its result alone."""

import sys


def say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
