"""What counts as in scope: frames made by hand, captured as tcpdump would have written them."""

import struct
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path

import pytest

from tests.wire.ground import Ground, Infrastructure, Leave, Verdict
from tests.wire.packets import Address, Packet, read, reverse_name
from tests.wire.pcap import Frame, NotACapture, frames
from tests.wire.tally import Act, Place, Side, Tally, failed

WORKER, WORKER6 = ip_address("10.78.0.2"), ip_address("fd78::2")
GATEWAY, GATEWAY6 = ip_address("10.78.0.1"), ip_address("fd78::1")
WEB, WEB6 = ip_address("10.77.0.10"), ip_address("fd77::a")
RESOLVER = ip_address("10.77.0.13")
EXCLUDED, EXCLUDED6 = ip_address("10.77.0.12"), ip_address("fd77::c")
SOLD = ip_address("10.77.0.19")
NETWORKS = IPv4Network("10.78.0.0/24"), IPv6Network("fd78::/48")
REVOKED = 1000.0

GROUND = Ground(
    Infrastructure(gateways=frozenset({GATEWAY, GATEWAY6}), resolver=RESOLVER, workers=frozenset({WORKER, WORKER6})),
    (Leave(frozenset({WEB, WEB6})), Leave(frozenset({SOLD}), since=500.0, until=REVOKED)),
)
INSIDE = Place("worker0", Side.WORKER)
ROUTER = Place("router", Side.ROUTER, worker_ports=frozenset({9}), segment=2)
HOST = Place("host", Side.HOST)
PORT_OF_HOST = 5


def ipv4(source: Address, destination: Address, rest: bytes, *, proto: int = 6, fragment: int = 0) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(rest), 1, fragment, 64, proto, 0)
    return head + source.packed + destination.packed + rest


def ipv6(source: Address, destination: Address, rest: bytes, *, proto: int = 6) -> bytes:
    return struct.pack(">IHBB", 6 << 28, len(rest), proto, 64) + source.packed + destination.packed + rest


def to_port(port: int, data: bytes = b"") -> bytes:
    return struct.pack(">HHHH", 40000, port, 8 + len(data), 0) + data


def query(*names: str) -> bytes:
    asked = b"".join(
        b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + struct.pack(">HH", 12, 1)
        for name in names
    )
    return struct.pack(">HHHHHH", 7, 0x100, len(names), 0, 0, 0) + asked


def who_has(address: Address, *, source: Address = WORKER) -> bytes:
    return struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + b"\2" * 6 + source.packed + b"\0" * 6 + address.packed


def solicitation(address: Address) -> bytes:
    group = ip_address(b"\xff\x02" + bytes(9) + b"\1\xff" + address.packed[-3:])
    return ipv6(WORKER6, group, bytes([135, 0, 0, 0, 0, 0, 0, 0]) + address.packed, proto=58)


def frame(body: bytes, *, at: float = 700.0, interface: int = 2, outgoing: bool = True, kind: int = 0) -> Frame:
    kinds = {4: 0x0800, 6: 0x86DD}
    return Frame(at, interface, outgoing, kind or kinds.get(body[0] >> 4, 0x0806), body)


def verdict(body: bytes, *, at: float = 700.0, kind: int = 0) -> Verdict:
    return GROUND.judge(read(frame(body, at=at, kind=kind)))


def capture(path: Path, captured: Sequence[Frame]) -> Path:
    """As tcpdump writes it."""
    records = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 320, 276)]
    for each in captured:
        way = 4 if each.outgoing else 0
        data = struct.pack(">HHIHBB8s", each.kind, 0, each.interface, 1, way, 6, b"\2" * 8) + each.body
        seconds = int(each.at)
        records.append(struct.pack("<IIII", seconds, round((each.at - seconds) * 1e6), len(data), len(data)) + data)
    path.write_bytes(b"".join(records))
    return path


def tally_of(place: Place, *captured: Frame) -> Tally:
    tally = Tally(GROUND, NETWORKS)
    tally.take(place, captured)
    return tally


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (ipv4(WORKER, WEB, to_port(80)), Verdict.IN_SCOPE),
        (ipv6(WORKER6, WEB6, to_port(80)), Verdict.IN_SCOPE),
        (ipv4(WORKER, EXCLUDED, to_port(80)), Verdict.OUT_OF_SCOPE),
        (ipv6(WORKER6, EXCLUDED6, to_port(80)), Verdict.OUT_OF_SCOPE),
        (ipv4(WORKER, EXCLUDED, b"\x08\0", proto=1), Verdict.OUT_OF_SCOPE),
        (ipv4(WORKER, EXCLUDED, b"more", proto=17, fragment=5), Verdict.OUT_OF_SCOPE),
        (ipv6(WORKER6, EXCLUDED6, bytes([6, 0] + [0] * 6) + to_port(80), proto=0), Verdict.OUT_OF_SCOPE),
        (ipv4(WORKER, ip_address("169.254.169.254"), to_port(80)), Verdict.OUT_OF_SCOPE),
        (ipv6(WORKER6, ip_address("::ffff:10.77.0.10"), to_port(80)), Verdict.OUT_OF_SCOPE),
        (ipv6(WORKER6, ip_address("fe80::1"), to_port(80)), Verdict.OUT_OF_SCOPE),
        (ipv4(WORKER, ip_address("224.0.0.251"), to_port(5353), proto=17), Verdict.OUT_OF_SCOPE),
        (ipv4(WORKER, ip_address("127.0.0.1"), to_port(80)), Verdict.OUT_OF_SCOPE),
        (ipv4(ip_address("127.0.0.1"), ip_address("127.0.0.1"), to_port(4566)), Verdict.INFRASTRUCTURE),
        (ipv4(ip_address("127.0.0.2"), ip_address("127.0.0.2"), to_port(4566)), Verdict.OUT_OF_SCOPE),
        (ipv6(WORKER6, GATEWAY6, to_port(9), proto=17), Verdict.INFRASTRUCTURE),
        (ipv6(WORKER6, ip_address("fe80::1"), bytes([136]) + bytes(23), proto=58), Verdict.INFRASTRUCTURE),
        (ipv6(WORKER6, ip_address("ff02::16"), bytes([58, 0] + [0] * 6) + b"\x8f", proto=0), Verdict.INFRASTRUCTURE),
    ],
)
def test_a_packet_may_go_to_what_is_authorised_and_to_the_labs_own_stations(body: bytes, wanted: Verdict) -> None:
    assert verdict(body) is wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (who_has(GATEWAY), Verdict.INFRASTRUCTURE),
        (who_has(WORKER), Verdict.INFRASTRUCTURE),
        (who_has(WEB), Verdict.IN_SCOPE),
        (who_has(EXCLUDED), Verdict.OUT_OF_SCOPE),
        (who_has(ip_address("169.254.169.254")), Verdict.OUT_OF_SCOPE),
        (solicitation(GATEWAY6), Verdict.INFRASTRUCTURE),
        (solicitation(ip_address("fe80::1")), Verdict.INFRASTRUCTURE),
        (solicitation(EXCLUDED6), Verdict.OUT_OF_SCOPE),
    ],
)
def test_asking_who_has_an_address_is_a_packet_to_it(body: bytes, wanted: Verdict) -> None:
    assert verdict(body) is wanted


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ([reverse_name(WEB)], Verdict.INFRASTRUCTURE),
        ([reverse_name(WEB6).upper()], Verdict.INFRASTRUCTURE),
        ([reverse_name(EXCLUDED)], Verdict.OUT_OF_SCOPE),
        ([reverse_name(WEB), reverse_name(EXCLUDED6)], Verdict.OUT_OF_SCOPE),
        (["good.wire.test"], Verdict.OUT_OF_SCOPE),
        ([], Verdict.OUT_OF_SCOPE),
    ],
)
def test_the_resolver_is_asked_for_the_names_of_what_is_scanned_alone(names: list[str], wanted: Verdict) -> None:
    assert verdict(ipv4(WORKER, RESOLVER, to_port(53, query(*names)), proto=17)) is wanted


def test_the_resolver_is_no_target() -> None:
    assert verdict(ipv4(WORKER, RESOLVER, to_port(53))) is Verdict.OUT_OF_SCOPE
    assert verdict(ipv4(WORKER, RESOLVER, b"\x08\0", proto=1)) is Verdict.OUT_OF_SCOPE
    assert verdict(ipv4(WORKER, RESOLVER, to_port(53, b"\xff" * 40), proto=17)) is Verdict.OUT_OF_SCOPE
    assert verdict(ipv4(WORKER, ip_address("9.9.9.9"), to_port(53, query("x.test")), proto=17)) is Verdict.OUT_OF_SCOPE


def test_a_leave_has_its_time() -> None:
    probe = ipv4(WORKER, SOLD, to_port(80))
    assert verdict(probe, at=REVOKED) is Verdict.IN_SCOPE
    assert verdict(probe, at=REVOKED + 0.1) is Verdict.OUT_OF_SCOPE
    assert verdict(probe, at=499.0) is Verdict.OUT_OF_SCOPE


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", 0x0800),
        (b"\x45\0", 0x0800),
        (ipv6(WORKER6, WEB6, b"")[:30], 0x86DD),
        (who_has(WEB)[:20], 0x0806),
        (b"?", 0x88CC),
    ],
)
def test_what_cannot_be_read_is_out_of_scope(body: bytes, kind: int) -> None:
    assert verdict(body, kind=kind) is Verdict.OUT_OF_SCOPE


def test_a_worker_answers_for_what_it_sends_and_not_for_what_it_gets() -> None:
    probe, answer = ipv4(WORKER, WEB, to_port(80)), ipv4(EXCLUDED, WORKER, to_port(40000))
    tally = tally_of(INSIDE, frame(probe), frame(answer, outgoing=False))
    assert tally.figures == {"packets_in_scope": 1, "out_of_scope": 0}


def test_what_a_worker_says_to_itself_is_heard_as_it_comes_in() -> None:
    ends = ip_address("127.0.0.1"), ip_address("127.0.0.7")
    own, stray = (frame(ipv4(ends[0], end, to_port(80)), interface=1, outgoing=False) for end in ends)
    assert tally_of(INSIDE, own).outside == []
    assert len(tally_of(INSIDE, stray).outside) == 1


def test_the_router_tells_what_came_out_of_workers_whatever_source_it_claims() -> None:
    forged = frame(ipv4(WEB, EXCLUDED, to_port(80)), interface=9, outgoing=False)
    assert tally_of(ROUTER, forged).figures["out_of_scope"] == 1


def test_a_packet_of_a_worker_is_found_wherever_it_passes() -> None:
    forged = frame(ipv4(WORKER, EXCLUDED, to_port(80)), interface=PORT_OF_HOST)
    assert tally_of(ROUTER, forged).figures["out_of_scope"] == 1
    assert tally_of(HOST, forged).figures["out_of_scope"] == 1


def test_hosts_talk_among_themselves_and_to_workers_as_they_like() -> None:
    among = frame(ipv4(WEB, EXCLUDED, to_port(80)), interface=PORT_OF_HOST)
    to_worker = frame(ipv4(EXCLUDED, WORKER, to_port(40000)))
    asking = frame(who_has(EXCLUDED, source=WEB), interface=PORT_OF_HOST)
    assert tally_of(ROUTER, among, to_worker, asking).outside == []
    assert tally_of(HOST, among, to_worker, asking).outside == []


def test_a_router_answers_a_worker_that_is_its_neighbour() -> None:
    advertisement = ipv6(GATEWAY6, WORKER6, bytes([136]) + bytes(23), proto=58)
    assert tally_of(ROUTER, frame(advertisement, interface=9)).outside == []
    forged = ipv6(GATEWAY6, EXCLUDED6, to_port(80))
    assert len(tally_of(ROUTER, frame(forged, interface=9, outgoing=False)).outside) == 1


def test_a_router_that_looks_for_a_host_tells_of_a_packet_to_it() -> None:
    seen = tally_of(
        ROUTER, *(frame(who_has(each, source=ip_address("10.77.0.1"))) for each in (WEB, EXCLUDED, RESOLVER))
    )
    assert len(seen.outside) == 1
    assert str(EXCLUDED) in seen.outside[0]


def test_one_forged_packet_in_a_capture_of_many_fails_the_proof(tmp_path: Path) -> None:
    fine = [frame(ipv4(WORKER, WEB, to_port(port)), at=700 + port / 1000) for port in range(1, 500)]
    forged = frame(ipv4(WORKER, EXCLUDED, to_port(80)), at=700.25)
    whole, forged_in = capture(tmp_path / "fine", fine), capture(tmp_path / "forged", [*fine, forged])

    clean, dirty = tally_of(INSIDE, *frames(whole.read_bytes())), tally_of(INSIDE, *frames(forged_in.read_bytes()))

    assert clean.figures == {"packets_in_scope": 499, "out_of_scope": 0}
    assert not failed(clean.figures, [])
    assert dirty.figures == {"packets_in_scope": 499, "out_of_scope": 1}
    assert failed(dirty.figures, [])
    assert dirty.outside == ["700.250 at worker0: 10.78.0.2 -> 10.77.0.12: protocol 6, port 80"]


def test_a_capture_that_captured_nothing_fails(tmp_path: Path) -> None:
    nothing = tally_of(INSIDE, *frames(capture(tmp_path / "empty", []).read_bytes()))
    assert failed(nothing.figures, [])


def test_a_side_that_saw_nothing_of_an_act_fails_it() -> None:
    act = Act("discovery", 650.0, 750.0)
    tally = Tally(GROUND, NETWORKS)
    probe = ipv4(WORKER, WEB, to_port(80))
    tally.take(INSIDE, [frame(probe)])
    tally.take(ROUTER, [frame(probe, interface=9, outgoing=False)])
    tally.take(HOST, [frame(probe, at=800.0, outgoing=False)])
    assert tally.blind([act]) == ["discovery: the host side saw no packet in scope"]
    assert failed(tally.figures, tally.blind([act]))
    assert tally.count(act) == 1


def test_a_file_of_another_kind_is_no_capture(tmp_path: Path) -> None:
    for data in (b"", b"\0" * 64, capture(tmp_path / "x", []).read_bytes()[:-4] + struct.pack("<I", 1)):
        with pytest.raises(NotACapture):
            list(frames(data))


def test_a_packet_is_told_in_one_line() -> None:
    told = str(read(frame(ipv4(WORKER, RESOLVER, to_port(53, query("a.test")), proto=17))))
    assert told == "10.78.0.2 -> 10.77.0.13: protocol 17, port 53, asks for a.test"
    assert str(Packet(0.0, WORKER, EXCLUDED, who_has=True)) == "10.78.0.2 -> 10.77.0.12: who-has"
