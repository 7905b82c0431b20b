"""nmap's XML as it comes: whole, cut off, and written by hostile hosts."""

from pathlib import Path
from typing import Any
from xml.parsers.expat import ParserCreate

import pytest

from functions.core.coverage import Answer, Method
from functions.core.service import Service
from scanner_image.nmap import verdict
from scanner_image.nmap_host import NmapHost
from scanner_image.nmap_xml import NmapXml

SAMPLES = Path(__file__).parent / "samples"
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n<nmaprun>'
END = b'<runstats><finished exit="success"/></runstats></nmaprun>'


class Read:
    def __init__(self, *pieces: bytes) -> None:
        self.hosts: list[NmapHost] = []
        self.progress: list[tuple[str, float]] = []
        self.xml = NmapXml(host=self.hosts.append, progress=lambda task, percent: self.progress.append((task, percent)))
        for piece in pieces:
            self.xml.feed(piece)

    @property
    def parser(self) -> Any:
        """Of the standard library, whose newer methods its types do not know yet."""
        return self.xml._parser.parser


def one_host(attributes: bytes, *, inside: bytes = b"") -> bytes:
    return (
        HEAD + b'<host><status state="up" reason="reset"/><address addr="10.0.0.1" addrtype="ipv4"/><ports>'
        b'<port protocol="tcp" portid="80"><state state="open" reason="syn-ack"/><service ' + attributes + b"/>"
        + inside + b"</port></ports></host>"
    )  # fmt: skip


def service_of(document: bytes) -> Service:
    (host,) = Read(document).hosts
    return host.ports[0].service


@pytest.mark.parametrize("step", [1, 7, 4096])
def test_a_document_reads_the_same_in_any_pieces(step: int) -> None:
    data = (SAMPLES / "nmap_sT.xml").read_bytes()

    read = Read(*(data[start : start + step] for start in range(0, len(data), step)))

    assert read.xml.finished
    assert [host.address for host in read.hosts] == ["10.77.0.1", "10.77.0.6"]
    assert [port.port for port in read.hosts[0].ports] == [22, 80, 443]
    assert read.hosts[0].rest[0].reason == "conn-refused"
    assert read.hosts[0].rest[0].ports.count == 997
    assert read.hosts[1].rest[0].reason == "no-response"


@pytest.mark.skipif(
    not hasattr(ParserCreate(), "SetReparseDeferralEnabled"), reason="this parser puts off nothing, or cannot say so"
)
def test_what_the_parser_has_put_off_is_read_in_the_end() -> None:
    read = Read()
    read.parser.SetReparseDeferralEnabled(True)
    for byte in (SAMPLES / "nmap_sT.xml").read_bytes():
        read.xml.feed(bytes((byte,)))
    assert not read.xml.finished

    read.xml.close()

    assert read.xml.finished
    assert [host.address for host in read.hosts] == ["10.77.0.1", "10.77.0.6"]


def test_a_killed_run_gives_its_finished_hosts_and_is_not_finished() -> None:
    read = Read((SAMPLES / "nmap_sigterm.xml").read_bytes())

    read.xml.close()

    assert len(read.hosts) == 1
    assert not read.xml.finished
    assert not read.xml.broken


def test_progress_is_told_while_it_runs() -> None:
    read = Read((SAMPLES / "nmap_sigterm.xml").read_bytes())

    assert read.progress


def test_udp_states_are_kept_apart() -> None:
    read = Read((SAMPLES / "nmap_tcp_udp.xml").read_bytes())

    assert {(port.protocol, port.port, port.state) for port in read.hosts[0].ports} >= {
        ("udp", 53, "open"),
        ("udp", 161, "open"),
    }


def test_udp_states_are_kept_apart_up_to_what_they_say_of_the_cell() -> None:
    read = Read((SAMPLES / "nmap_udp.xml").read_bytes())

    (host,) = read.hosts
    assert {port.port: verdict(port.state, port.reason, Method.UDP).answer for port in host.ports} == {
        53: Answer.OPEN,
        67: Answer.REFUSED,
        68: Answer.REFUSED,
        111: Answer.HOST_DOWN,
        123: Answer.FILTERED,
        137: Answer.FILTERED,
        161: Answer.OPEN_FILTERED,
        500: Answer.OPEN_FILTERED,
    }


@pytest.mark.parametrize(
    ("state", "reason", "answer"),
    [
        ("closed", "reset", Answer.REFUSED),
        ("filtered", "no-response", Answer.NO_ANSWER),
        ("filtered", "admin-prohibited", Answer.FILTERED),
        ("filtered", "host-prohibited", Answer.FILTERED),
        ("filtered", "port-unreach", Answer.REFUSED),
        ("filtered", "host-unreach", Answer.HOST_DOWN),
        ("filtered", "net-unreach", Answer.HOST_DOWN),
        ("filtered", "time-exceeded", Answer.NO_ANSWER),
    ],
)
def test_tcp_ports_that_somebody_forbids_are_told_from_silent_ones(state: str, reason: str, answer: Answer) -> None:
    assert verdict(state, reason, Method.SYN) == (answer, Method.SYN, "")


@pytest.mark.parametrize(
    "declaration",
    [
        b'<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">',
        b'<!ENTITY x SYSTEM "file:///etc/passwd">',
        b'<!ENTITY % x SYSTEM "http://192.0.2.1/x"> %x;',
    ],
)
def test_entities_are_refused(declaration: bytes) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE nmaprun [' + declaration + b"]><nmaprun>&a;&x;</nmaprun>"

    read = Read(bomb)

    assert read.xml.broken
    assert not read.hosts


def test_a_broken_document_keeps_the_hosts_before_the_break() -> None:
    read = Read(one_host(b'name="http"'), b"<host><<<", END)

    assert len(read.hosts) == 1
    assert read.xml.broken
    assert not read.xml.finished


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert service_of(one_host(b'product="caf\xe9 \xff"')).product == "caf\ufffd \ufffd"


def test_terminal_escapes_and_controls_are_kept_as_text() -> None:
    service = service_of(one_host(b'product="&#x1b;[31mred&#7;" version="\x1b]0;title\x07&#0;"'))

    assert service.product == r"\x1b[31mred\x07"
    assert service.version == r"\x1b]0;title\x07\x00"


def test_markup_in_a_banner_is_data() -> None:
    assert service_of(one_host(b'product="&lt;script&gt;=1+1"')).product == "<script>=1+1"


def test_huge_banners_are_cut_to_their_bounds() -> None:
    inside = b"".join(b"<cpe>cpe:/a:" + b"x" * 9000 + b"</cpe>" for _ in range(40))
    long = b"A" * 1_000_000

    service = service_of(one_host(b'name="' + long + b'" product="' + long + b'" conf="99"', inside=inside))

    assert len(service.name) == 128
    assert len(service.product) == 512
    assert service.confidence == 10
    assert len(service.cpe) == 16
    assert len(service.cpe[0]) == 256


def test_scripts_are_bounded() -> None:
    inside = b"".join(b'<script id="s%d" output="%s"/>' % (number, b"y" * 100_000) for number in range(50))

    (host,) = Read(one_host(b'name="http"', inside=inside)).hosts

    assert len(host.ports[0].scripts) == 16
    assert max(map(len, host.ports[0].scripts.values())) == 4096


@pytest.mark.parametrize("attributes", [b'conf="much"', b'name="x" name="y"'])
def test_senseless_attributes_break_the_document_and_nothing_else(attributes: bytes) -> None:
    assert Read(one_host(attributes)).xml.broken


def test_hosts_are_not_held_in_memory() -> None:
    seen: list[str] = []
    xml = NmapXml(host=lambda host: seen.append(host.address), progress=lambda _task, _percent: None)
    xml.feed(HEAD)

    xml.feed(b'<host><address addr="10.0.0.1" addrtype="ipv4"/></host>')

    assert seen == ["10.0.0.1"]


def test_the_best_guess_of_the_system_is_told() -> None:
    guesses = b'<os><osmatch name="Linux 5.3 - 5.4" accuracy="96"/><osmatch name="Linux 3.2" accuracy="95"/></os>'
    document = HEAD + b'<host><status state="up"/><address addr="10.0.0.1" addrtype="ipv4"/>' + guesses + b"</host>"

    (host,) = Read(document + END).hosts

    assert host.os == "Linux 5.3 - 5.4"


def test_an_element_without_an_end_breaks_the_document_and_is_not_held() -> None:
    read = Read(one_host(b'name="http"'), b'<host><hostnames><hostname name="')
    for _ in range(200):
        read.xml.feed(b"x" * (1 << 16))

    assert "an element of more than" in read.xml.broken
    assert [host.address for host in read.hosts] == ["10.0.0.1"]


def test_a_name_that_comes_byte_by_byte_is_whole() -> None:
    document = one_host(b'name="http"', inside=b"<cpe>cpe:/a:igor_sysoev:nginx:1.22.1</cpe>")

    (host,) = Read(*(document[start : start + 1] for start in range(len(document)))).hosts

    assert host.ports[0].service.cpe == ("cpe:/a:igor_sysoev:nginx:1.22.1",)


def test_names_of_systems_are_not_taken_for_those_of_a_port() -> None:
    guess = (
        b'<osmatch name="Linux 5"><osclass osfamily="Linux"><cpe>cpe:/o:linux:linux_kernel:5</cpe></osclass></osmatch>'
    )
    inside = b'<ports><port protocol="tcp" portid="22"><state state="open"/><service name="ssh"/></port></ports>'
    document = HEAD + (b"<host><os>" + guess * 2 + b"</os>" + inside + b"</host>") * 2

    hosts = Read(document + END).hosts

    assert [(host.os, host.ports[0].service) for host in hosts] == [("Linux 5", Service(name="ssh"))] * 2
