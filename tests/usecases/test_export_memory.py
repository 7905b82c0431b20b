"""An export takes as much memory for many rows as for few."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.long

SLACK_MIB = 24
"""A part that is sent, copied once or twice, and what an allocator keeps."""


def measured(kind: str, form: str, rows: int) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.usecases.export_memory", kind, form, str(rows)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=500)
    found: dict[str, int] = json.loads(told.stdout.splitlines()[-1])
    assert found["rows"] == rows
    return found


@pytest.mark.parametrize(("kind", "form"), [("exposures", "csv"), ("exposures", "jsonl"), ("scan_xml", "nmap_xml")])
def test_two_hundred_thousand_rows_take_the_memory_of_forty_thousand(kind: str, form: str) -> None:
    few, many = measured(kind, form, 40_000), measured(kind, form, 200_000)
    assert many["bytes"] > 4.5 * few["bytes"]
    assert many["peak_mib"] < few["peak_mib"] + SLACK_MIB
