"""What is made of the audit's answers: silence is never an all-clear."""

import json
from pathlib import Path

from infra.asset import PROJECT
from infra.locks import LOCKS
from infra.supply_chain import TOOLS_LOCK, read_audit

CLEAN = {"name": "pydantic", "version": "2.12.0", "vulns": []}


def said(*dependencies: object) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


def test_a_lock_of_which_nothing_is_known_is_clean() -> None:
    audit = read_audit("a.lock", said(CLEAN), "")
    assert (audit.vulnerabilities, audit.unanswered) == ((), "")


def test_a_vulnerability_is_told_with_what_mends_it() -> None:
    hole = {"name": "six", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
    assert read_audit("a.lock", said(CLEAN, hole), "").vulnerabilities == ("six 1.0: PYSEC-1, mended in 1.1",)


def test_an_audit_that_reached_nobody_says_so() -> None:
    audit = read_audit("a.lock", "", "ERROR: could not connect to PyPI\n")
    assert audit.unanswered == "ERROR: could not connect to PyPI"
    assert read_audit("a.lock", "", "").unanswered
    assert read_audit("a.lock", said({"name": "x", "skip_reason": "not on PyPI"}), "").unanswered == "x: not on PyPI"


def test_every_lock_file_is_audited() -> None:
    kept = {str(path.relative_to(PROJECT)) for path in PROJECT.rglob("*requirements.lock") if ".venv" not in path.parts}
    assert {path for path in kept if not path.startswith((".", "build"))} <= {lock.output for lock in LOCKS}
    assert TOOLS_LOCK.exists()


def test_the_workflow_audits_and_keeps_the_bill_of_materials() -> None:
    text = Path(PROJECT, ".github/workflows/ci.yml").read_text()
    assert "make audit-dependencies" in text
    assert "make sbom" in text
    assert "build/sbom" in text
