"""Frames as a client might send them: whole ones, ones with something changed in them, and noise."""

import json
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

Json = dict[str, Any]

MAX_DEPTH = 300
"""The embedded AWS drops the connection over JSON that Python cannot nest; the function alone is tried with deeper."""
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 10**30, "", " ", "\x00", "\ud800", "💥" * 50, "a" * 3000, [], [[]], {}, {"action": "ping"},
    "$connect", "$disconnect", "$default", "subscribe\n", "SUBSCRIBE", "../../x", "scan:", "project:", "scan:*", "SUB#x", "NaN",
    "' OR 1=1 --", "{{7*7}}", "<script>", "2026-11-21T08:00:00Z",
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """Real ids: a project of ours with a scan, and another's."""

    project: str
    scan: str
    foreign_project: str
    foreign_scan: str

    @property
    def topics(self) -> tuple[str, ...]:
        return (f"scan:{self.scan}", f"project:{self.project}")

    @property
    def foreign_topics(self) -> tuple[str, ...]:
        return (f"scan:{self.foreign_scan}", f"project:{self.foreign_project}")


class Cases:
    """An endless supply, the same for the same seed."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._random = Random(seed)
        self._makers: tuple[tuple[Callable[[], str | bytes], int], ...] = (
            (self._whole, 4),
            (self._foreign, 2),
            (self._changed, 8),
            (self._damaged, 3),
            (self._noise, 2),
            (self._large, 1),
            (self._binary, 1),
        )

    def next(self) -> str | bytes:
        makers, weights = zip(*self._makers, strict=True)
        (maker,) = self._random.choices(makers, weights)
        made: str | bytes = maker()
        return made

    def _whole(self) -> str:
        return _text(self._frame(self._world.topics, self._world.project))

    def _foreign(self) -> str:
        """Of another's things, by whatever project is named."""
        named = self._random.choice((self._world.project, self._world.foreign_project, ""))
        return _text(self._frame(self._world.foreign_topics, named))

    def _changed(self) -> str:
        frame: Json = self._frame(self._world.topics + self._world.foreign_topics, self._world.project)
        for _ in range(self._random.randint(1, 3)):
            frame = self._random.choice((self._other_value, self._less, self._more, self._nested))(frame)
        return _text(frame)

    def _damaged(self) -> str:
        text = self._whole()
        at = self._random.randrange(len(text) + 1)
        return self._random.choice(
            (
                text[:at],
                text[at:],
                text[:at] + self._junk(3) + text[at:],
                text + text,
                text.replace('"', "'"),
                f"[{text}]",
            )
        )

    def _noise(self) -> str:
        return self._junk(self._random.randint(0, 200))

    def _large(self) -> str:
        size = self._random.choice((4095, 4096, 4097, 20_000, 100_000))
        return self._random.choice(("x" * size, _text({"action": "ping", "pad": "x" * size}), "[" * MAX_DEPTH))

    def _binary(self) -> bytes:
        return self._random.choice((self._random.randbytes(self._random.randint(0, 300)), self._whole().encode()))

    def _frame(self, topics: tuple[str, ...], project: str) -> Json:
        action = self._random.choice(("subscribe", "unsubscribe", "ping"))
        if action == "ping":
            return {"action": action}
        frame = {"action": action, "topic": self._random.choice(topics)}
        if self._random.random() < 0.5:
            frame["project"] = project
        if action == "subscribe" and self._random.random() < 0.5:
            frame["since"] = self._world.scan
        return frame

    def _other_value(self, frame: Json) -> Json:
        return {**frame, self._name(frame): self._random.choice(ODD)}

    def _less(self, frame: Json) -> Json:
        gone = self._name(frame)
        return {name: value for name, value in frame.items() if name != gone}

    def _more(self, frame: Json) -> Json:
        return {
            **frame,
            self._random.choice(("extra", "Action", "", "__proto__", "since", "topic")): self._random.choice(ODD),
        }

    def _nested(self, frame: Json) -> Json:
        value: Any = self._random.choice(ODD)
        for _ in range(self._random.choice((1, 10, MAX_DEPTH // 2))):
            value = self._random.choice(([value], {"a": value}))
        return {**frame, self._name(frame): value}

    def _name(self, frame: Mapping[str, Any]) -> str:
        return self._random.choice((*frame, "action", "topic"))

    def _junk(self, length: int) -> str:
        alphabet = string.printable + '{}[]",:\x00\x1b\u202e\ufffdé漢💥'
        return "".join(self._random.choice(alphabet) for _ in range(length))


def _text(frame: Json) -> str:
    return json.dumps(frame)
