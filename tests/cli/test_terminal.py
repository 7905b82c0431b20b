"""What a scanned host says can neither move the cursor nor write markup."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from cli.tables import print_rows
from cli.terminal import proven_text, safe, service_text
from scanner_image.nmap_host import NmapHost
from scanner_image.nmap_xml import NmapXml


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


@pytest.mark.parametrize(
    "banner",
    [
        b"\x1b[2J\x1b[1;1H\x1b]0;owned\x07",
        b"\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
        b"&#x1b;]52;c;aWQ=&#7;",
        b"\xc2\x9b31m\xc2\x9d0;x\xc2\x9c",
        "\u202egro.elpmaxe\u2066\u200f".encode(),
        "\u2028\u2029\x85&#10;&#13;&#9;root: login".encode(),
        b"\xff\xfe\xc3(\xed\xa0\x80",
        b"[red]red[/red] [link=http://evil.example]x[/link] :bomb:",
        b"&lt;script&gt;alert(1)&lt;/script&gt;",
        b"=cmd|&apos; /C calc&apos;!A0",
        b"A" * 1_000_000,
    ],
    ids=lambda banner: ascii(banner[:20]),
)
@pytest.mark.parametrize("terminal", [True, False])
def test_a_banner_comes_from_the_wire_to_the_screen_as_one_printable_line(banner: bytes, terminal: bool) -> None:
    hosts: list[NmapHost] = []
    reader = NmapXml(host=hosts.append, progress=lambda _task, _percent: None)
    port = (
        b'<host><ports><port protocol="tcp" portid="80"><service name="http" product="'
        + banner
        + b'"/></port></ports></host>'
    )
    reader.feed(b'<?xml version="1.0"?><nmaprun>' + port)
    (host,) = hosts
    shown = service_text(host.ports[0].service.model_dump(mode="json"))
    out = io.StringIO()
    screen = Console(file=out, force_terminal=terminal, width=200, color_system=None)
    print_rows(screen, title="", columns=("port", "service"), rows=[("80", shown)])
    (line,) = (each for each in out.getvalue().split("\n") if "http" in each)
    assert line.replace("\t", "").isprintable()
    assert len(line) <= 200
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ("2026-11-20T00:00:00Z", "http [certificate abababababab of a.example, EXPIRED 2026-11-20]"),
        ("2026-12-01T00:00:00Z", "http [certificate abababababab of a.example, expires 2026-12-01]"),
        ("2027-12-01T00:00:00Z", "http [certificate abababababab of a.example]"),
        (None, "http [certificate abababababab of a.example]"),
    ],
)
def test_a_certificate_tells_of_its_end_when_it_is_near(ends: str | None, told: str) -> None:
    certificate = {"subject": "a.example", "sha256": "ab" * 32, "not_after": ends}
    assert proven_text({"name": "http", "tls": certificate}, now=datetime(2026, 11, 21, tzinfo=UTC)) == told


def test_host_keys_are_told_by_their_fingerprints() -> None:
    keys = [{"type": "ssh-ed25519\x1b", "bits": 256, "sha256": "abc"}]
    assert proven_text({"name": "ssh", "ssh": keys}) == r"ssh [ssh-ed25519\x1b 256 SHA256:abc]"
