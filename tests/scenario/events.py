"""The events of a script: how each line changes the world, a night's scans, or what people do in the product."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from functions.core.service import Service
from tests.scenario.script import Line
from tests.scenario.world import World, service


@dataclass
class Night:
    """What becomes of the networks' scans, and of the second looks at what they found."""

    skipped: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    narrowed: dict[str, str] = field(default_factory=dict)
    """The one host that a network's scan is for."""
    before_second_look: list[Callable[[], None]] = field(default_factory=list)
    after_second_look: list[Callable[[], None]] = field(default_factory=list)


@dataclass(frozen=True)
class Deed:
    """Something that a person does: `kind` as in the script, `until` the noon of a day."""

    kind: str
    words: tuple[str, ...]


def happen(line: Line, world: World, night: Night) -> Deed | None:
    """Let it happen to the world or the night; what a person does is handed back."""
    match line.words:
        case (network, "scan", "fails"):
            night.failing.add(network)
        case (network, "not", "scanned"):
            night.skipped.add(network)
        case (_network, "scan", "loses", host):
            night.lost.add(host)
        case (network, "scans", "only", host):
            night.narrowed[network] = host
        case (host, *words) if host in world.hosts:
            _befall(line, world, night, host, tuple(words))
        case (kind, *words):
            return Deed(kind, tuple(words))
    return None


def _befall(line: Line, world: World, night: Night, host: str, words: tuple[str, ...]) -> None:
    match words:
        case ("vanishes",):
            world.vanishes(host)
        case ("returns",):
            world.returns(host)
        case ("answers", "everything"):
            world.hosts[host].answers_everything = True
        case ("answers", "no", "more"):
            world.hosts[host].answers_everything = False
        case (port, "closes"):
            world.closes(host, int(port))
        case (port, "falls", "silent"):
            world.falls_silent(host, int(port))
        case (port, "opens" | "serves", told):
            world.opens(host, int(port), service_told(told))
        case (port, "blinks", told):
            world.opens(host, int(port), service_told(told))
            night.before_second_look.append(lambda: world.closes(host, int(port)))
        case (port, "hides", "from", "the", "second", "look"):
            night.before_second_look.append(lambda: world.hosts[host].hidden.add(int(port)))
            night.after_second_look.append(lambda: world.hosts[host].hidden.discard(int(port)))
        case _:
            raise ValueError(f"nobody knows what happens in {line}")


def service_told(text: str) -> Service:
    """`name/product/version/tunnel`, as much of it as there is."""
    name, product, version, tunnel, *_ = (*text.split("/"), "", "", "")
    return service(name, product, version, tunnel=tunnel)


ACTIONS: Mapping[str, str] = {"acknowledge": "ack", "mute": "muted", "snooze": "snoozed", "resolve": "", "take": ""}
"""What a person does with an alert, by the API's word, and the mark that it leaves."""


def until_told(words: tuple[str, ...], noon: Callable[[int], datetime]) -> tuple[tuple[str, ...], str]:
    """The words without `until N`, and that day's noon; empty for no end."""
    if "until" not in words:
        return words, ""
    place = words.index("until")
    return words[:place], noon(int(words[place + 1])).isoformat()
