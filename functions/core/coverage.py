"""What a scan found out about each cell: the words that coverage is told in."""

from enum import StrEnum


class Answer(StrEnum):
    """The state of a covered cell, or why it is not covered."""

    OPEN = "open"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    OPEN_FILTERED = "open_filtered"
    """A UDP port that was silent: open with nothing to say to what was sent, or behind a firewall that drops. nmap's `open|filtered`."""
    FILTERED = "filtered"
    """Something on the way said that it may not be reached (ICMP: prohibited): neither open nor closed as far as can be told."""
    HOST_DOWN = "host_down"
    NOT_OPEN = "not_open"
    """Discovery saw no open answer and does not tell a refusal from silence: covered, and never a verdict on an exposure."""
    EXCLUDED = "excluded"
    NOT_COVERED = "not_covered"


class Method(StrEnum):
    """How a cell was probed."""

    SYN = "syn"
    CONNECT = "connect"
    UDP = "udp"
    NONE = "none"


COVERED = frozenset(Answer) - {Answer.EXCLUDED, Answer.NOT_COVERED}
