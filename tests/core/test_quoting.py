"""A caller's text shown back cannot forge a line, a terminal escape or a flood."""

from functions.core.quoting import quoted


def test_unusual_characters_are_escaped() -> None:
    assert quoted("a\n\x1b[31m\u202e\u00e9") == r"'a\n\x1b[31m\u202e\xe9'"


def test_long_text_is_cut() -> None:
    assert quoted("a" * 80) == f"'{'a' * 80}'"
    assert quoted("a" * 81) == f"'{'a' * 80}...'"
