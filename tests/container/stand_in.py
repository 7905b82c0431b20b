"""A stand-in for the scanner's base image on a Debian machine: the same release, from the machine's own apt sources."""

import hashlib
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.local.paths import PROJECT

DOCKERFILE = PROJECT / "scanner_image" / "Dockerfile"
CACHE = PROJECT / ".vedette" / "container"
OWN_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_NOT_IN_A_SLIM_BASE = tuple(f"./usr/share/{name}/*" for name in ("doc", "info", "locale", "man"))
_DPKG = "force-unsafe-io\n" + "".join(f"path-exclude {path.removeprefix('.')}\n" for path in _NOT_IN_A_SLIM_BASE)
_BOOTSTRAP_S = 400


@dataclass(frozen=True)
class StandIn:
    """What to import, and the name that the Dockerfile's FROM uses for it."""

    name: str
    release: str
    mirror: str

    def archive(self) -> Path:
        """The packed base; made once for a mirror, a release and a set of certificates."""
        recipe = hashlib.sha256(f"{self}{_DPKG}".encode())
        for certificate in sorted(OWN_CERTIFICATES.glob("*.crt")):
            recipe.update(certificate.read_bytes())
        packed = CACHE / f"{self.release}-{recipe.hexdigest()[:16]}.tar"
        if not packed.exists():
            CACHE.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="vedette-base-") as place:
                self._pack(self._bootstrap(Path(place) / "base"), packed.with_suffix(".part"))
            packed.with_suffix(".part").replace(packed)
        return packed

    def _bootstrap(self, base: Path) -> Path:
        _run("debootstrap", "--variant=minbase", self.release, str(base), self.mirror)
        (base / "etc/dpkg/dpkg.cfg.d/slim").write_text(_DPKG)
        # What lets this machine reach its mirrors lets a build on it reach them.
        shutil.copytree(OWN_CERTIFICATES, base / OWN_CERTIFICATES.relative_to("/"), dirs_exist_ok=True)
        return base

    @staticmethod
    def _pack(base: Path, to: Path) -> None:
        left_out = (*_NOT_IN_A_SLIM_BASE, "./var/cache/apt/archives/*.deb", "./var/lib/apt/lists/*")
        _run("tar", f"--directory={base}", *(f"--exclude={path}" for path in left_out), "--create", f"--file={to}", ".")


def stand_in() -> StandIn | None:
    """None where the machine's own sources do not have the release: there, the engine fetches the base itself."""
    name = base_name()
    release = name.partition(":")[2].partition("-")[0]
    mirror = _sources().get(release)
    return StandIn(name, release, mirror) if mirror else None


def base_name() -> str:
    """What the Dockerfile builds on unless told otherwise."""
    found = re.search(r"^ARG DEBIAN=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert found, "the Dockerfile names no base"
    return found[1]


def _sources() -> dict[str, str]:
    """Mirrors of Debian by release, as this machine's apt knows them."""
    listed = _run("apt-get", "indextargets", "--format", "$(LABEL)|$(CODENAME)|$(REPO_URI)", "Created-By: Packages")
    rows = (line.split("|") for line in listed.splitlines())
    return {release: mirror for label, release, mirror in rows if label == "Debian"}


def _run(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=_BOOTSTRAP_S, check=False)
    assert done.returncode == 0, f"{' '.join(argv)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout
