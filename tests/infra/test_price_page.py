"""docs/price.md tells what the code would estimate today."""

from infra.price_page import PAGE, page


def test_the_page_is_what_the_estimate_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"
