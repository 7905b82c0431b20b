"""The live view of a scan: bars for the scan and each running chunk, ports and alerts as they appear."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cli.terminal import safe, service_text

Json = dict[str, Any]


class View(Protocol):
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def show(self, frame: Json) -> None: ...


def view_for(console: Console) -> View:
    return Bars(console) if console.is_terminal else Lines(console)


def sentence(event: Json) -> str:
    """One event as a line for people; empty for what is only progress."""
    tell = _SENTENCES.get(event["type"])
    return tell(event["data"]) if tell else ""


def _cell(data: Json) -> str:
    return f"{safe(data['asset'])} {data['port']}/{data['protocol']}"


def _subject(alert: Json) -> str:
    """A cell, a host, or nothing for what concerns the whole network."""
    return _cell(alert) if alert.get("port") is not None else safe(alert.get("asset", ""))


def _count(data: Json, things: str) -> str:
    number = data.get(things)
    return f"{number} {things.removesuffix('s') if number == 1 else things}"


def _found(data: Json) -> str:
    return f"open {_cell(data)} {service_text(data.get('service'))}".rstrip()


def _because(data: Json) -> str:
    return f": {safe(data['reason'])}" if data.get("reason") else ""


def paused(data: Json) -> str:
    """Of a scan as its event or the API tells it: what holds it, and what it waits for."""
    held = "halted" if data.get("stop") == "halt" else "paused"
    why = data.get("why") or data.get("stop_why")
    told = f"{held}: {safe(why, limit=300)}" if why else held
    return f"{told}; it goes on by itself at {safe(data['resume_at'])}" if data.get("resume_at") else told


_SENTENCES: dict[str, Callable[[Json], str]] = {
    "scan.planned": lambda data: f"planned: {_count(data, 'chunks')}, {_count(data, 'cells')}",
    "chunk.started": lambda data: (
        f"chunk {data['chunk']} started (attempt {data['attempt']}): {safe(data.get('summary', ''))}"
    ),
    "chunk.done": lambda data: f"chunk {data['chunk']} {data.get('outcome', 'done')}: {data.get('open_ports', 0)} open",
    "chunk.failed": lambda data: f"chunk {data['chunk']} failed{_because(data)}",
    "port.found": _found,
    "alert.raised": lambda data: f"alert {data['severity']} {data['type']} {_subject(data)}".rstrip(),
    "baseline.recorded": lambda data: f"baseline: {data.get('count')} exposures recorded without an alert",
    "log": lambda data: f"chunk {data.get('chunk')}: {safe(data.get('text', ''), limit=300)}",
    "scan.paused": lambda data: f"scan {paused(data)}",
    "scan.resumed": lambda data: f"scan goes on: run {data.get('run')}",
    "scan.finished": lambda data: f"scan {data['status']}{_because(data)}",
}


class Lines:
    """Plain lines, for pipes and logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tenths: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self, frame: Json) -> None:
        if frame["type"] == "chunk.progress":
            self._progress(frame["data"])
        elif line := sentence(frame):
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _progress(self, data: Json) -> None:
        tenth = int(data["fraction"] * 10)
        if tenth > self._tenths.get(data["chunk"], 0):
            self._tenths[data["chunk"]] = tenth
            self._console.print(f"chunk {data['chunk']} {data['phase']} {tenth * 10} %")


class Bars:
    """Bars that move, and above them what was found."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=36),
            TextColumn("{task.percentage:>3.0f} %", markup=False),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            refresh_per_second=8,
        )
        self._scan = self._bars.add_task("scan", total=None, note="")
        self._chunks: dict[str, TaskID] = {}
        self._fractions: dict[str, float] = {}
        self._open: set[tuple[str, str, int]] = set()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def show(self, frame: Json) -> None:
        data = frame.get("data", {})
        match frame["type"]:
            case "snapshot":
                self._snapshot(data)
            case "scan.planned":
                self._bars.update(self._scan, total=data["chunks"])
            case "chunk.started":
                self._chunk(data["chunk"], 0.0, "starting")
            case "chunk.progress":
                self._chunk(data["chunk"], data["fraction"], f"{data['phase']}, {data['open_ports']} open")
            case "chunk.done" | "chunk.failed":
                self._finish(data["chunk"])
            case "port.found":
                self._open.add((data["asset"], data["protocol"], data["port"]))
        if line := sentence(frame):
            self._bars.console.print(line, markup=False, highlight=False)
        self._bars.update(self._scan, completed=sum(self._fractions.values()), note=f"{len(self._open)} open")

    def _snapshot(self, data: Json) -> None:
        counts = data.get("counts", {})
        if counts.get("chunks"):
            self._bars.update(self._scan, total=counts["chunks"])
        for chunk in data.get("running", []):
            progress = chunk.get("progress") or {"fraction": 0.0, "phase": "starting", "open_ports": 0}
            self._chunk(chunk["chunk"], progress["fraction"], progress["phase"])

    def _chunk(self, chunk: str, fraction: float, note: str) -> None:
        if chunk not in self._chunks:
            self._chunks[chunk] = self._bars.add_task(f"chunk {chunk}", total=1.0, note="")
        self._fractions[chunk] = fraction
        self._bars.update(self._chunks[chunk], completed=fraction, note=note)

    def _finish(self, chunk: str) -> None:
        self._fractions[chunk] = 1.0
        if chunk in self._chunks:
            self._bars.update(self._chunks[chunk], completed=1.0, visible=False)
