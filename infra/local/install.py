"""Installs what this machine lacks: `python -m infra.local.install [--tests]`."""

import argparse
import sys

from infra.local import tools
from infra.local.errors import LocalError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true", help="what the tests' lab needs too")
    options = parser.parse_args()
    try:
        installed = tools.ensure(tools.TESTING if options.tests else tools.SCANNING)
    except LocalError as error:
        sys.exit(str(error))
    if installed:
        sys.stderr.write(f"installed {' '.join(installed)}\n")


if __name__ == "__main__":
    main()
