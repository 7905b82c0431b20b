"""What the cases came to, route by route, and whether that is good enough."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

ENOUGH = 0.25
"""Of each route's cases with a credential: so many must be judged by what lies behind validation."""
STOPPED = frozenset({400, 401, 403, 413, 415, 422, 428, 429})
"""What a request is told that came no further than validation or authority."""


@dataclass
class Tally:
    """`tell`: hears of each fault as it is found: a long run that is broken off has told what it saw."""

    tell: Callable[[str], object] = print
    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    """Of cases with a credential: by route, how often each status."""
    without: int = 0
    """Cases without a credential, or with one that is none."""
    server_errors: list[str] = field(default_factory=list)
    schema_violations: list[str] = field(default_factory=list)

    def server_error(self, told: str) -> None:
        self.server_errors.append(told)
        self.tell(f"server error: {told}")

    def schema_violation(self, told: str) -> None:
        self.schema_violations.append(told)
        self.tell(f"schema violation: {told}")

    def count(self, route: str, status: int) -> None:
        self.statuses.setdefault(route, Counter())[status] += 1

    @property
    def cases(self) -> int:
        return self.without + sum(each.total() for each in self.statuses.values())

    @property
    def past_validation(self) -> int:
        return sum(_past(each) for each in self.statuses.values())

    def shallow(self) -> Mapping[str, str]:
        """Routes of whose cases too few came past validation, each with what its cases were told."""
        return {
            route: f"{_past(each)} of {each.total()}: {dict(each)}"
            for route, each in self.statuses.items()
            if _past(each) < ENOUGH * each.total()
        }


def _past(statuses: Counter[int]) -> int:
    return sum(number for status, number in statuses.items() if status not in STOPPED)
