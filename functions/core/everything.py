"""Hosts that answer on everything: on so many ports, with so few services behind them, that their open ports say nothing."""

from dataclasses import dataclass
from datetime import datetime

from functions.core.host import Host
from functions.core.intervals import IntervalSet
from functions.core.service import Service

FEWEST_PORTS = 100
"""Fewer ports neither show such a host nor clear one."""
FEWEST_SERVICES = 5
_GUESS = 3
"""A service's confidence up to which its port was not heard, but guessed from the port table."""
_SHUT = "tcpwrapped"
"""nmap's name for what takes a connection and ends it without a word: as proxies and tarpits do on every port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one chunk saw of one host. `asked`: the chunk's ports, `covered`: those that were covered of this host."""

    asked: IntervalSet
    covered: IntervalSet
    open: int
    identified: int
    at: datetime

    @property
    def answers_everything(self) -> bool:
        return is_wide(self.open, self.asked.count) and self.identified < FEWEST_SERVICES

    @property
    def clears(self) -> bool:
        return self.covered.count >= FEWEST_PORTS and not self.answers_everything


def is_evidence(service: Service) -> bool:
    """Whether something was heard behind the port."""
    return service.confidence > _GUESS and service.name != _SHUT


def is_named(service: Service) -> bool:
    """Whether a longer look would say no more."""
    return service.name == _SHUT or (is_evidence(service) and bool(service.product))


def is_wide(open_ports: int, asked: int) -> bool:
    """Whether it answers on so many of the ports asked that they are in doubt."""
    return open_ports >= FEWEST_PORTS and 2 * open_ports >= asked


def looked_at(host: Host, look: Look) -> Host:
    """The host with its flag as this look leaves it. A look judges its own ports alone, so those of one scan commute."""
    if not (look.answers_everything or look.clears):
        return host
    first, last = look.asked.ranges[0][0], look.asked.ranges[-1][1]
    spans = [span for span in host.everything_ports if not _overlap(span, first, last)]
    since = host.answers_everything if spans else None
    if look.answers_everything:
        spans.append(f"{first}-{last}")
        since = min(host.answers_everything or look.at, look.at)
    return host.model_copy(update={"everything_ports": tuple(sorted(spans)), "answers_everything": since})


def _overlap(span: str, first: int, last: int) -> bool:
    low, _, high = span.partition("-")
    return int(low) <= last and first <= int(high)
