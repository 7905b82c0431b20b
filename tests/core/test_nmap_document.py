"""nmap's XML of a scan: read back by the reader of real nmap output."""

from typing import TYPE_CHECKING

from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from functions.core import nmap_document
from functions.core.coverage import Method
from functions.core.messages import HostLine, ObservationLine
from functions.core.model import Protocol
from functions.core.scan import ScanStatus
from functions.core.service import Service
from scanner_image.nmap_host import NmapHost
from scanner_image.nmap_xml import NmapXml
from tests.store.examples import AT, after, scan

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

NGINX = Service(
    name="http", product="nginx", version="1.22", extra="Debian", tunnel="ssl", cpe=("cpe:/a:nginx",), confidence=10
)
HOST = HostLine(
    asset="web.example", address="10.0.0.1", up=True, reason="echo-reply", names=("a.example",), mac="02:00:00:00:00:01",
    vendor="Acme", os="Linux 6", at=AT,
)  # fmt: skip
ENDED = scan(status=ScanStatus.COMPLETED, started=AT, ended=after(60))


def observed(port: int, service: Service = NGINX, **fields: object) -> ObservationLine:
    plain = {"asset": "web.example", "address": "10.0.0.1", "protocol": Protocol.TCP, "port": port, "at": AT}
    return ObservationLine.model_validate({**plain, "how": Method.SYN, "service": service, **fields})


def document(*ports: ObservationLine, told: HostLine = HOST) -> str:
    pieces = (
        nmap_document.beginning(ENDED, {"nmap": "7.93"}),
        nmap_document.host(told, ports),
        nmap_document.end(ENDED, 1),
    )
    return "".join(text for piece in pieces for text in piece)


def read_back(text: str) -> NmapHost:
    hosts: list[NmapHost] = []
    reader = NmapXml(host=hosts.append, progress=lambda _task, _percent: None)
    reader.feed(text.encode())
    assert reader.finished, reader.broken
    (found,) = hosts
    return found


def attributes(run: "Element[str]", path: str) -> dict[str, str]:
    (found,) = run.findall(path)
    return found.attrib


def test_what_was_seen_comes_back() -> None:
    found = read_back(document(observed(443, scripts={"http-title": "Welcome"}), observed(8443)))
    assert (found.up, found.address, found.mac, found.vendor) == (True, "10.0.0.1", "02:00:00:00:00:01", "Acme")
    assert set(found.names) >= {"a.example"}
    assert [(port.protocol, port.port, port.state) for port in found.ports] == [
        ("tcp", 443, "open"),
        ("tcp", 8443, "open"),
    ]
    assert found.ports[0].service == NGINX
    assert found.ports[0].scripts == {"http-title": "Welcome"}


def test_the_run_is_told_of_as_nmap_tells_it() -> None:
    run = fromstring(document(observed(1)))
    assert run.attrib["version"] == "7.93"
    assert attributes(run, "scaninfo") == {"type": "syn", "protocol": "tcp", "numservices": "2", "services": "22,80"}
    finished = attributes(run, "runstats/finished")
    assert (finished["exit"], finished["elapsed"]) == ("success", "60.00")
    partial = ENDED.model_copy(update={"status": ScanStatus.PARTIAL, "reason": "two chunks failed"})
    stats = fromstring("<nmaprun>" + "".join(nmap_document.end(partial, 0)))
    assert attributes(stats, "runstats/finished")["exit"] == "error"
    assert attributes(stats, "runstats/finished")["errormsg"] == "two chunks failed"


def test_an_address_of_version_six_and_an_open_port_that_may_be_filtered() -> None:
    told = HostLine(asset="fd00::1", address="fd00::1", up=True, at=AT)
    seen = observed(53, Service(), asset="fd00::1", address="fd00::1", protocol="udp", state="open|filtered", how="udp")
    run = fromstring(document(seen, told=told))
    assert attributes(run, "host/address") == {"addr": "fd00::1", "addrtype": "ipv6"}
    assert attributes(run, "host/ports/port/state")["state"] == "open|filtered"
    assert run.find("host/hostnames/hostname") is None


HOSTILE = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("<>&\"'\x00\x1b\x85\n\r\t]"), max_size=40)


@given(HOSTILE, HOSTILE)
def test_no_banner_breaks_out_of_its_attribute(product: str, output: str) -> None:
    run = fromstring(document(observed(1, Service(name="x", product=product, cpe=(product,)), scripts={"id": output})))
    assert [each.tag for each in run] == ["scaninfo", "verbose", "debugging", "host", "runstats"]
    (port,) = run.findall("host/ports/port")
    assert [each.tag for each in port] == ["state", "service", "script"]
