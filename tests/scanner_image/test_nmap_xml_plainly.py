"""The lean reading of nmap's XML finds what a plain one of the whole tree finds, in whatever pieces and whatever hosts say."""

from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import pytest
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.intervals import IntervalSet
from functions.core.service import Service
from scanner_image.certificates import certificate_of
from scanner_image.host_keys import keys_of
from scanner_image.nmap_host import NmapHost, NmapPort, NmapRest
from scanner_image.nmap_xml import NmapXml
from scanner_image.xml_text import printable
from tests.bench import nmap_documents

SAMPLES = sorted((Path(__file__).parent / "samples").glob("nmap_*.xml"))
FRAGMENTS = (
    b"&#x1b;", b"&#0;", b"&#30;", b"&#31;", b"&#32;", b"&#65534;", b"&#xd800;", b"&#xe9;", b"&#128;", b"&#x110000;", b"&amp;", b"&unknown;", b"&",
    b"&#", b"&#x", b"\x00", b"\x1b[31m", b"\x7f", b"\xff", b"\xe2\x82\xac", b"\xe2\x82", b"\xef\xbf\xbe", b"\xf0\x9f\x92\xa5", b"<", b'"',
    b"<!-- - -->", b"<![CDATA[x]]>", b"x" * 5000,
)  # fmt: skip


def lean(data: bytes, step: int) -> list[NmapHost]:
    hosts: list[NmapHost] = []
    xml = NmapXml(host=hosts.append, progress=lambda _task, _percent: None)
    for start in range(0, len(data), step):
        xml.feed(data[start : start + step])
    return hosts


def plain(data: bytes) -> list[NmapHost]:
    hosts: list[NmapHost] = []
    try:
        for _, element in iterparse(BytesIO(printable(data.decode(errors="replace")).encode())):
            if element.tag == "host":
                hosts.append(host_of(element))
            elif element.tag == "taskprogress":
                float(element.get("percent", "0"))
    except (ParseError, DefusedXmlException, ValueError):
        pass
    return hosts


def host_of(element: Any) -> NmapHost:
    host = NmapHost(timed_out=element.get("timedout") == "true")
    for each in element.iter("status"):
        host.up, host.reason = each.get("state") == "up", each.get("reason", "")[:64]
    for each in element.iter("address"):
        if each.get("addrtype") == "mac":
            host.mac, host.vendor = each.get("addr", "")[:17], each.get("vendor", "")[:128]
        else:
            host.address = each.get("addr", "")
    host.names = [name[:253] for each in element.iter("hostname") if (name := each.get("name"))][:16]
    host.os = next((name[:256] for each in element.iter("osmatch") if (name := each.get("name"))), "")
    host.ports = [port_of(each) for each in element.iter("port")]
    host.rest = [
        NmapRest(extra.get("state", ""), each.get("reason", ""), ports_of(each.get("ports", "")))
        for extra in element.iter("extraports")
        for each in extra.iter("extrareasons")
    ]
    return host


def port_of(element: Any) -> NmapPort:
    port = NmapPort(element.get("protocol", ""), int(element.get("portid", "")))
    for each in element.iter("state"):
        port.state, port.reason = each.get("state", ""), each.get("reason", "")
    told = {"conf": "0"}
    for each in element.iter("service"):
        told |= each.attrib
    port.service = Service(
        name=told.get("name", "")[:128],
        product=told.get("product", "")[:512],
        version=told.get("version", "")[:256],
        extra=told.get("extrainfo", "")[:512],
        tunnel=told.get("tunnel", "")[:32],
        cpe=tuple((each.text or "")[:256] for each in element.iter("cpe"))[:16],
        confidence=min(max(int(told["conf"]), 0), 10),
    )
    for each in element.iter("script"):
        told, below = each.get("output", ""), "".join(each.itertext())
        if each.get("id") == "ssl-cert" and (certificates := certificate_of(told, below)):
            port.service = port.service.model_copy(update={"tls": certificates[0]})
        if each.get("id") == "ssh-hostkey":
            port.service = port.service.model_copy(update={"ssh": keys_of(below)})
    port.scripts = {each.get("id", "")[:64]: each.get("output", "")[:4096] for each in [*element.iter("script")][:16]}
    return port


def ports_of(text: str) -> IntervalSet:
    parts = (part.partition("-") for part in text.split(",") if part)
    return IntervalSet.from_ranges((int(first), int(last or first)) for first, _, last in parts)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_real_document_reads_as_it_does_plainly(sample: Path) -> None:
    data = sample.read_bytes()
    assert lean(data, 4096) == plain(data)
    assert plain(data)


def test_a_document_with_certificates_systems_and_keys_reads_as_it_does_plainly(tmp_path: Path) -> None:
    nmap_documents.write(tmp_path / "nmap.xml", size=200_000)
    data = (tmp_path / "nmap.xml").read_bytes()
    found = lean(data, 1 << 16)
    assert found == plain(data)
    ports = [port for host in found for port in host.ports]
    assert any("ssl-cert" in port.scripts for port in ports)
    assert any(port.service.tls and port.service.tls.sha256 and port.service.tls.issuer for port in ports)
    assert any(len(port.service.ssh) == 3 for port in ports)
    assert any(port.state != "open" for port in ports)
    assert any(host.os for host in found)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(FRAGMENTS)), min_size=1, max_size=4),
    st.sampled_from((1, 13, 4096, 1 << 20)),
)
def test_whatever_hosts_say_reads_as_it_does_plainly(sample: Path, said: list[tuple[float, bytes]], step: int) -> None:
    data = sample.read_bytes()
    for place, fragment in said:
        cut = int(place * len(data))
        data = data[:cut] + fragment + data[cut:]
    assert lean(data, step) == plain(data)
