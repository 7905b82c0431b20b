"""masscan's capture library, built once where no image has it installed."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from functions.core.errors import ScannerFailed

SOURCE = Path(__file__).with_name("pcap_shim.c")
LIBRARY = "libpcap.so"
INSTALLED = Path("/usr/local/lib") / LIBRARY
MARK = b"vedette-pcap:"
"""What the library says on standard error when masscan opens a link through it."""
_BUILD_S = 60
COMPILE = ("cc", "-O2", "-shared", "-fPIC", f"-Wl,-soname,{LIBRARY}", "-Wl,--no-as-needed", "-o")
LINK = ("-l:libpcap.so.0.8", "-ldl")


def library_directory(directory: Path) -> Path | None:
    """A directory in `directory` with the library, readable by the tools; None where the image has it installed."""
    if INSTALLED.exists() and MARK in INSTALLED.read_bytes():
        return None
    place = directory / "lib"
    place.mkdir(mode=0o755)
    shutil.copy(_built(), place / LIBRARY)
    (place / LIBRARY).chmod(0o644)
    return place


def _built() -> Path:
    """The compiled library, from the cache if this very source was built before."""
    name = f"{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}.so"
    library = _cache() / name
    if not library.exists():
        with tempfile.TemporaryDirectory(dir=_cache()) as scratch:
            made = Path(scratch) / name
            _compile(made)
            made.replace(library)
    return library


def _cache() -> Path:
    """The directory that `VEDETTE_BUILD` names, or one beside the sources."""
    place = Path(os.environ.get("VEDETTE_BUILD") or SOURCE.parent.parent / ".vedette" / "build")
    place.mkdir(parents=True, exist_ok=True)
    return place


def _compile(to: Path) -> None:
    try:
        done = subprocess.run(
            [*COMPILE, str(to), str(SOURCE), *LINK], capture_output=True, text=True, timeout=_BUILD_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScannerFailed(f"masscan's capture library needs a C compiler: {error}") from error
    if done.returncode != 0:
        raise ScannerFailed(f"masscan's capture library could not be built: {done.stderr[-300:]}")
