"""What a scanned host says can neither move the cursor nor write markup."""

import io

import pytest
from rich.console import Console

from cli.tables import print_rows
from cli.terminal import safe, service_text


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07", r"\x1b[2J\x1b]0;owned\x07"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("right\u202eleft", r"right\u202eleft"),
        ("\u2028line", r"\u2028line"),
        ("\x9b31m", r"\x9b31m"),
    ],
)
def test_control_and_format_characters_are_shown_as_escapes(hostile: str, shown: str) -> None:
    assert safe(hostile) == shown


def test_a_huge_banner_is_cut() -> None:
    assert len(safe("x" * 100_000)) == 120


def test_markup_in_a_banner_is_printed_as_it_is() -> None:
    out = io.StringIO()
    terminal = Console(file=out, force_terminal=True, width=100, color_system=None)
    print_rows(terminal, title="", columns=("service",), rows=[("[red]x[/red] [link=http://e]y[/link]",)])
    assert "[red]x[/red] [link=http://e]y[/link]" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_a_pipe_gets_one_line_a_row_parted_by_tabs() -> None:
    out = io.StringIO()
    print_rows(Console(file=out), title="T", columns=("a", "b"), rows=[("1", "x\ty")])
    assert out.getvalue() == "1\tx\\ty\n"


def test_a_service_is_named_by_as_much_as_is_known() -> None:
    assert (
        service_text({"name": "http", "product": "nginx", "version": "1.22", "tunnel": "ssl"}) == "ssl/http nginx 1.22"
    )
    assert service_text({}) == ""
    assert service_text(None) == ""
