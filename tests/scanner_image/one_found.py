"""A chunk of twelve cells of which masscan finds one, and what is left of it when an attempt breaks off."""

from functions.core.coverage import Answer
from tests.scanner_image.cells_of import cells
from tests.scanner_image.fake_tools import discovered
from tests.scanner_image.fakes import Document, chunk_spec

SPEC = chunk_spec("10.9.1.0-10.9.1.3", ports="22,80-81")
FOUND = discovered("10.9.1.2", 80)
HANG = "sleep 60"


def assert_only_the_found_is_covered(document: Document, reason: str, outcome: str = "partial") -> None:
    covered = cells(SPEC, document.coverage)
    assert document.trailer.outcome == outcome
    assert reason in document.trailer.reason
    assert document.open == {("10.9.1.2", 80)}
    assert covered.pop(("10.9.1.2", 80)).answer == Answer.OPEN
    assert {line.answer for line in covered.values()} == {Answer.NOT_COVERED}
    assert all(line.reason for line in covered.values())
