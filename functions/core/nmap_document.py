"""What a scan saw, as nmap's XML tells it (nmap.dtd, version 1.05), piece by piece."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from functions.core.coverage import Method
from functions.core.messages import HostLine, ObservationLine
from functions.core.model import Protocol
from functions.core.ports import parse_ports
from functions.core.scan import Scan, ScanStatus

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_MARKUP = re.compile('[&<>"\n\r\t]')
_SCAN_TYPES = {Protocol.TCP: "syn", Protocol.UDP: "udp"}
_REASONS = {
    Method.SYN: "syn-ack",
    Method.CONNECT: "syn-ack",
    Method.UDP: "udp-response",
    Method.NONE: "unknown-response",
}


def beginning(scan: Scan, tools: dict[str, str]) -> Iterator[str]:
    started = scan.started or scan.created
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n'
    yield _tag(
        "nmaprun",
        scanner="nmap",
        args=f"vedette scan {scan.id}: {' '.join(scan.snapshot.targets)}"[:4096],
        start=_seconds(started),
        startstr=_day_and_time(started),
        version=tools.get("nmap", "none"),
        xmloutputversion="1.05",
    )
    for protocol in scan.snapshot.protocols:
        ports = parse_ports(scan.snapshot.ports, protocol=protocol, field="ports")
        kind = _SCAN_TYPES[protocol]
        yield _tag("scaninfo/", type=kind, protocol=protocol, numservices=ports.count, services=ports.canonical())
    yield _tag("verbose/", level=0) + _tag("debugging/", level=0)


def host(told: HostLine, ports: Iterable[ObservationLine]) -> Iterator[str]:
    """One address that is up and its open ports in order."""
    yield _tag("host") + _tag("status/", state="up", reason=told.reason or "unknown-response", reason_ttl=0)
    yield _tag("address/", addr=told.address, addrtype="ipv6" if ":" in told.address else "ipv4")
    if told.mac:
        yield _tag("address/", addr=told.mac, addrtype="mac", vendor=told.vendor or None)
    yield _tag("hostnames")
    if told.asset != told.address:
        yield _tag("hostname/", name=told.asset, type="user")
    yield from (_tag("hostname/", name=name, type="PTR") for name in told.names)
    yield "</hostnames>\n" + _tag("ports")
    for seen in ports:
        yield from _port(seen)
    yield "</ports>\n"
    if told.os:
        yield _tag("os") + _tag("osmatch/", name=told.os, accuracy=100, line=0) + "</os>\n"
    yield "</host>\n"


def end(scan: Scan, hosts: int) -> Iterator[str]:
    ended, started = scan.ended or scan.created, scan.started or scan.created
    whole = scan.status is ScanStatus.COMPLETED
    yield _tag("runstats")
    yield _tag(
        "finished/",
        time=_seconds(ended),
        timestr=_day_and_time(ended),
        elapsed=f"{max((ended - started).total_seconds(), 0):.2f}",
        summary=f"Vedette scan {scan.status}; {hosts} hosts up",
        exit="success" if whole else "error",
        errormsg=None if whole else scan.reason or f"the scan is {scan.status}",
    )
    yield _tag("hosts/", up=hosts, down=0, total=hosts) + "</runstats>\n</nmaprun>\n"


def _port(seen: ObservationLine) -> Iterator[str]:
    service = seen.service
    yield _tag("port", protocol=seen.protocol, portid=seen.port)
    reason = _REASONS[seen.how] if seen.state == "open" else "no-response"
    yield _tag("state/", state=seen.state, reason=reason, reason_ttl=0)
    if service.name:
        yield _tag(
            "service",
            name=service.name,
            conf=service.confidence,
            method="probed" if service.confidence > 3 else "table",
            version=service.version or None,
            product=service.product or None,
            extrainfo=service.extra or None,
            tunnel="ssl" if service.tunnel == "ssl" else None,
        )
        yield from (f"<cpe>{_text(each)}</cpe>" for each in service.cpe)
        yield "</service>\n"
    yield from (_tag("script/", id=name, output=output) for name, output in sorted(seen.scripts.items()))
    yield "</port>\n"


def _tag(name: str, /, **attributes: object) -> str:
    """`name/` is an empty element; an attribute that is None is left out."""
    inner = "".join(f' {key}="{_text(value)}"' for key, value in attributes.items() if value is not None)
    return f"<{name.removesuffix('/')}{inner}{'/' if name.endswith('/') else ''}>\n"


def _text(value: object) -> str:
    r"""What XML cannot carry is spelled as nmap's scripts spell it, `\x1b`; markup becomes references."""
    spelled = _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", str(value))
    return _MARKUP.sub(lambda match: _ENTITIES[match[0]], spelled)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _day_and_time(at: datetime) -> str:
    return f"{at:%a %b %d %H:%M:%S %Y}"
