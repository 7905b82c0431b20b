"""The language of a scenario: what happens on each day, and what the product must say of it, line by line.

    office: host web 10.50.0.2 80/http/nginx/1.22.1 443/https     a host with its services; `off` after it: not there yet

    day 3
      web 8080 opens http/nginx/1.22.1    the world changes, before the night's scans
      office scan fails                   what is otherwise a whole scan of each network whose night it is
      = web 8080 open                     from here on its state must be this
      + NEW_PORT web 8080 high            from here on there must be this alert; none that is not told of may be there
    noon                                  then deadlines are looked at, and people do what they do
      ack NEW_PORT web 8080 until 9
      ~ NEW_PORT web 8080 info ack        from here on the alert must be this
      - NEW_PORT web 8080                 from here on the alert must be resolved

What is not told stays as it is, and is held to it after each night and each noon.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Line:
    number: int
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"line {self.number}: {' '.join(self.words)}"


@dataclass
class Part:
    """What happens, in order, and what must hold after it."""

    events: list[Line] = field(default_factory=list)
    expectations: list[Line] = field(default_factory=list)

    def add(self, line: Line) -> None:
        (self.expectations if line.words[0] in EXPECTING else self.events).append(line)


@dataclass
class Day:
    number: int
    night: Part = field(default_factory=Part)
    noon: Part = field(default_factory=Part)


@dataclass(frozen=True)
class Script:
    hosts: tuple[Line, ...]
    days: tuple[Day, ...]
    """Every one from the first to the last: most of them are days on which nothing happens."""


EXPECTING = frozenset({"=", "+", "-", "~"})


def read_script(path: Path, *, days: int) -> Script:
    hosts: list[Line] = []
    told = {number: Day(number) for number in range(1, days + 1)}
    part: Part | None = None
    day: Day | None = None
    for line in _lines(path):
        match line.words:
            case ("day", number):
                day = told.get(int(number))
                if day is None:
                    break
                part = day.night
            case ("noon",) if day is not None:
                part = day.noon
            case _ if part is None:
                hosts.append(line)
            case _:
                part.add(line)
    return Script(tuple(hosts), tuple(told.values()))


def _lines(path: Path) -> Iterator[Line]:
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        words = tuple(text.partition("#")[0].split())
        if words:
            yield Line(number, words)
