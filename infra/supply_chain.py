"""What the project is made of: known vulnerabilities in it, and its bill of materials; for every lock file.

`make audit-dependencies` and `make sbom`. Both tools run in an environment of their own, from a lock of their own.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.asset import PROJECT
from infra.locks import LOCKS

TOOLS_LOCK = PROJECT / "infra" / "supply_chain.lock"
DOCUMENTS = PROJECT / "build" / "sbom"
TIMEOUT_SECONDS = 900


@dataclass(frozen=True)
class Audit:
    """Of one lock file: each vulnerability as a line, or why nobody could be asked."""

    lock: str
    vulnerabilities: tuple[str, ...] = ()
    unanswered: str = ""


def audit(lock: str) -> Audit:
    """Asks for the exact versions of the lock; installs and resolves nothing."""
    done = _tool("pip-audit", "--requirement", lock, "--disable-pip", "--format", "json", "--progress-spinner", "off")
    return read_audit(lock, done.stdout, done.stderr)


def read_audit(lock: str, said: str, complained: str) -> Audit:
    """pip-audit ends with 1 both for a vulnerability and when it reached nobody: only its document tells them apart."""
    try:
        document = json.loads(said)
    except ValueError:
        last = complained.strip().splitlines()[-1:] or ["it said nothing"]
        return Audit(lock, unanswered=last[0])
    found = tuple(
        f"{package['name']} {package.get('version', '?')}: {each['id']}, mended in {', '.join(each['fix_versions']) or 'nothing yet'}"
        for package in document["dependencies"]
        for each in package.get("vulns", ())
    )
    skipped = [f"{each['name']}: {each['skip_reason']}" for each in document["dependencies"] if "skip_reason" in each]
    return Audit(lock, vulnerabilities=found, unanswered="; ".join(skipped))


def bill_of_materials(lock: str) -> Path:
    """Needs no network: all of it stands in the lock, hashes included."""
    written = DOCUMENTS / f"{Path(lock).with_suffix('').as_posix().replace('/', '-')}.cdx.json"
    DOCUMENTS.mkdir(parents=True, exist_ok=True)
    _tool("cyclonedx-py", "requirements", lock, "--output-file", str(written), "--of", "JSON").check_returncode()
    return written


def _tool(*words: str) -> subprocess.CompletedProcess[str]:
    own = ("uv", "run", "--quiet", "--no-project", "--isolated", "--with-requirements", str(TOOLS_LOCK))
    return subprocess.run(
        [*own, *words], cwd=PROJECT, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )


def main() -> int:
    """1: something is known. Where nobody could be asked, a warning says so: that is no all-clear, and no failure."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("what", choices=("audit", "sbom"))
    if arguments.parse_args().what == "sbom":
        for lock in LOCKS:
            sys.stdout.write(f"{bill_of_materials(lock.output).relative_to(PROJECT)}\n")
        return 0
    audits = [audit(lock.output) for lock in LOCKS]
    for each in audits:
        for line in each.vulnerabilities:
            sys.stdout.write(f"::error file={each.lock}::{line}\n")
        if each.unanswered:
            sys.stdout.write(f"::warning file={each.lock}::not audited: {each.unanswered}\n")
        elif not each.vulnerabilities:
            sys.stdout.write(f"{each.lock}: nothing is known\n")
    if any(each.vulnerabilities for each in audits):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
