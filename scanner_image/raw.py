"""What the tools said, byte for byte, kept beside the result; bounded."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_BYTES = 256 << 20


class RawOutput:
    """Files `<tool>-<n>.<extension>.gz` in `directory`; `MOST_BYTES` of output of one attempt are kept, uncompressed."""

    def __init__(self, directory: Path, *, most: int = MOST_BYTES) -> None:
        self.directory = directory
        self.files: list[Path] = []
        self._left = most

    @contextmanager
    def keep(self, tool: str, extension: str) -> Iterator[Callable[[bytes], None]]:
        path = self.directory / f"{tool}-{len(self.files)}.{extension}.gz"
        self.files.append(path)
        with gzip.open(path, "wb", compresslevel=3) as file:

            def write(data: bytes) -> None:
                kept = data[: self._left]
                self._left -= len(kept)
                file.write(kept)

            yield write
