"""What fits a field beyond its schema: without it nearly every made request would stop at the first grammar."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from tests.fuzz.fitting_requests import BODIES, QUERIES

ADDRESSES = ("127.0.0.1", "127.0.0.3", "127.0.0.0/29", "127.0.0.8-127.0.0.11")
TIMES = ("2026-11-01T00:00:00Z", "2027-06-01T00:00:00Z", "2028-01-01T12:00:00+02:00")
DATES = ("2026-11-20", "2027-01-01")

WORDS: Mapping[str, Sequence[Any]] = {
    "asset": ("127.0.0.1", "127.0.0.9", "10.0.0.1"),
    "address": ("127.0.0.1", "10.0.0.1"),
    "source": ("127.0.0.1",),
    "target": ("127.0.0.1",),
    "cidr": ("127.0.0.0/24", "10.0.0.0/8"),
    "port": (1, 80, 443),
    "ports": ("1", "22,80", "1-5"),
    "profile": ("standard", "connect"),
    "expression": ("rate(1 day)", "cron(0 6 * * ? *)"),
    "timezone": ("UTC", "Europe/Berlin"),
    "until": TIMES[1:],
    "expires": TIMES[1:],
    "at": TIMES,
    "since": TIMES[:1],
    "before": TIMES[1:],
    "version": (1, 2),
    "cursor": ("",),
    "url": ("https://hooks.example/vedette", "http://127.0.0.1:9/hook"),
    "topic": ("arn:aws:sns:us-east-1:000000000000:vedette-fuzz",),
    "rate": (100, 1000),
    "csv": ("name,action,assets,ports\nweb,allow,127.0.0.1,80\n", "name,action\nall,allow\n"),
    "service": ("http", ""),
    "regions": ("us-east-1",),
    "assets": ADDRESSES,
    "email": ("someone@example.org",),
    "tag": ("dmz",),
    "tags": ("dmz", "office"),
    "hostnames": ("printer.example",),
    "hostname": ("printer.example",),
    "ranges": ADDRESSES,
    "domains": ("example.org",),
    "targets": ADDRESSES,
    "exclusions": ("127.0.0.5",),
    "first": DATES[:1],
    "last": DATES[1:],
    "hour": ("2026-11-21T08",),
    "start": ("08:00",),
    "end": ("18:00",),
}
"""By the name of a field or of a query parameter; a list is filled with them."""

SHARE = 0.85
"""Of the fields that get a fitting word; the rest stays as it was made."""
BEGUN = 0.7
"""Of the requests that begin with one that a client would send; the rest is made through and through."""
CHANGES = (0, 1, 1, 1, 2)
"""How many fields of a begun request are put there, or replaced, by made ones."""


class Fitting:
    """Puts words, and ids that are there, where a made request has text that fits the schema alone."""

    def __init__(self, ids: Mapping[str, Sequence[str]], random_: random.Random) -> None:
        self._ids = ids
        self._random = random_

    def body(self, label: str, made: Any) -> Any:
        return self._begun(BODIES.get(label, ()), self.value("", made))

    def query(self, label: str, made: Mapping[str, Any]) -> dict[str, Any]:
        fitting: dict[str, Any] = self._begun(QUERIES.get(label, ()), self.value("", dict(made)))
        return fitting

    def path(self, made: Mapping[str, Any], *, share: float = SHARE) -> dict[str, Any]:
        return {name: self._id(name, value, share) for name, value in made.items()}

    def value(self, name: str, made: Any, *, share: float = SHARE) -> Any:
        """`made` anew: lists and objects through and through."""
        if isinstance(made, dict):
            return {key: self.value(key, each, share=share) for key, each in made.items()}
        if isinstance(made, list):
            return [self.value(name, each, share=share) for each in made]
        if made is None or isinstance(made, bool) or self._random.random() > share:
            return made
        known = [each for each in self._known(name) if isinstance(each, str) is isinstance(made, str)]
        return self._random.choice(known) if known else made

    def version(self, found: str) -> str:
        """The one that was `found` last, or now and then another."""
        return found if self._random.random() <= SHARE else '"7"'

    def _begun(self, examples: Sequence[Mapping[str, Any]], made: Any) -> Any:
        """`made` where there is no example; else one of them with some fields as `made` has them."""
        if not examples or not isinstance(made, dict) or self._random.random() > BEGUN:
            return made
        begun = self._named(self._random.choice(examples))
        changed = self._random.sample(sorted(made), k=min(len(made), self._random.choice(CHANGES)))
        return {**begun, **{name: made[name] for name in changed}}

    def _named(self, example: Any) -> Any:
        """`example` with ids that are there for their names in braces."""
        if isinstance(example, Mapping):
            return {key: self._named(each) for key, each in example.items()}
        if isinstance(example, list):
            return [self._named(each) for each in example]
        known = self._ids.get(example[1:-1]) if isinstance(example, str) and example.startswith("{") else None
        return self._random.choice(known) if known else example

    def _id(self, name: str, made: Any, share: float) -> Any:
        known = self._known(name)
        return self._random.choice(known) if known and self._random.random() <= share else made

    def _known(self, name: str) -> Sequence[Any]:
        return self._ids.get(name) or WORDS.get(name, ())
