"""SECURITY.md names a test for each control: every one of them exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
TARGET = re.compile(r"`make ([\w-]+)`")


def page() -> str:
    return (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def named_in(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    return {
        node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    }


def test_every_test_that_the_page_names_is_there() -> None:
    named = NAMED.findall(page())
    assert len(named) > 40
    assert [f"{path}::{name}" for path, name in named if name not in named_in(ROOT / path)] == []


def test_every_threat_names_a_test() -> None:
    threats = page().partition("## Threats, controls, tests")[2].partition("\n## ")[0]
    rows = [line for line in threats.splitlines() if line.startswith("| ") and not line.startswith("| threat ")]
    assert len(rows) > 15
    assert [row for row in rows if not NAMED.search(row.rsplit("|", 2)[1])] == []


def test_every_command_that_the_page_names_is_there() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(TARGET.findall(page())) <= targets
