"""A confirmation probes its cells and nothing else, each once."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.chunk_spec import assets_of
from functions.core.confirm_plan import lost_cells, pace_of, plan_confirmation
from functions.core.errors import OutOfScope
from functions.core.messages import ChunkSpec, PinnedHost
from functions.core.model import Protocol
from functions.core.planner import Plan
from functions.core.ports import PortSet
from functions.core.profile import CONFIRM, PROFILES, Discovery
from functions.core.scan import CellRef, Snapshot
from tests.core.specs import NETWORK, PROJECT, SCAN, means, pinned

Cell = tuple[str, str, int]


def confirmation(
    *cells: Cell, exclusions: tuple[str, ...] = (), hosts: tuple[PinnedHost, ...] = (), rate: int = 1000
) -> Snapshot:
    return Snapshot(
        targets=tuple(dict.fromkeys(asset for asset, _, _ in cells)),
        exclusions=exclusions,
        ports="1-65535",
        protocols=(Protocol.TCP,),
        profile=CONFIRM,
        rate=rate,
        hosts=hosts,
        cells=tuple(CellRef(asset=asset, protocol=Protocol(protocol), port=port) for asset, protocol, port in cells),
    )


def planned(snapshot: Snapshot, *, max_tasks: int = 8, chunk_seconds: int = 300, admit_loopback: bool = False) -> Plan:
    return plan_confirmation(
        project=PROJECT,
        network=NETWORK,
        scan=SCAN,
        snapshot=snapshot,
        means=means(max_tasks=max_tasks, chunk_seconds=chunk_seconds),
        lease_s=960,
        admit_loopback=admit_loopback,
    )


def cells_of(spec: ChunkSpec) -> list[Cell]:
    assets = assets_of(spec)
    names = [str(ipaddress.IPv4Address(each)) for each in assets.v4]
    names += [str(ipaddress.IPv6Address(each)) for each in assets.v6]
    ports = PortSet.from_canonical(spec.ports).numbers
    return [(asset, spec.protocol.value, port) for asset in (*names, *assets.hostnames) for port in ports]


def owned(plan: Plan) -> list[Cell]:
    return [cell for spec in plan.chunks for cell in cells_of(spec)]


ADDRESSES = st.sampled_from(
    [f"10.0.{block}.{host}" for block in range(2) for host in range(6)] + ["fd00::1", "fd00::2"]
)


@given(
    st.sets(st.tuples(ADDRESSES, st.sampled_from(["tcp", "udp"]), st.integers(1, 12)), min_size=1, max_size=60),
    st.integers(10, 2000),
    st.integers(1, 400),
)
def test_every_cell_is_in_exactly_one_chunk_and_no_other_cell_in_any(
    cells: set[Cell], rate: int, chunk_seconds: int
) -> None:
    plan = planned(confirmation(*cells, rate=rate), chunk_seconds=chunk_seconds)
    probed = owned(plan)
    assert len(probed) == len(set(probed)) == plan.cells
    assert set(probed) == cells
    assert [spec.chunk for spec in plan.chunks] == [f"{index:05}" for index in range(plan.count)]
    assert sum(spec.rate for spec in list(plan.chunks)[: plan.max_concurrency]) <= pace_of(rate)


def test_hosts_with_the_same_ports_share_a_chunk() -> None:
    plan = planned(confirmation(*[(f"10.0.0.{host}", "tcp", port) for host in (1, 2, 9) for port in (22, 443)]))
    (spec,) = plan.chunks
    assert spec.ports == "22,443"
    assert [(each.first, each.last) for each in spec.addresses] == [("10.0.0.1", "10.0.0.2"), ("10.0.0.9", "10.0.0.9")]


def test_one_port_more_on_each_of_many_hosts_makes_few_chunks() -> None:
    cells = [
        (f"10.0.0.{host}", "tcp", port) for host in range(1, 101) for port in (80, 8000 + host % 7, 9000 + host % 3)
    ]
    plan = planned(confirmation(*cells))
    assert plan.count <= 11, "by ports, where sets of ports differ from host to host"
    assert set(owned(plan)) == set(cells)


def test_chunks_probe_slowly_by_connections_and_know_nothing_beforehand() -> None:
    (spec,) = planned(confirmation(("10.0.0.1", "tcp", 22))).chunks
    assert spec.profile.discovery is Discovery.PROBE
    assert not spec.profile.service_detection
    assert spec.rate == 50
    assert spec.known == ()
    (slow,) = planned(confirmation(("10.0.0.1", "tcp", 22), rate=120)).chunks
    assert slow.rate == 12


def test_what_is_excluded_by_now_is_not_probed() -> None:
    snapshot = confirmation(("10.0.0.1", "tcp", 22), ("10.0.0.2", "tcp", 22), exclusions=("10.0.0.2",))
    assert owned(planned(snapshot)) == [("10.0.0.1", "tcp", 22)]
    with pytest.raises(OutOfScope, match="nothing is left to confirm"):
        planned(confirmation(("10.0.0.2", "tcp", 22), exclusions=("10.0.0.0/24",)))


def test_loopback_is_refused_where_the_stage_does_not_admit_it() -> None:
    with pytest.raises(OutOfScope):
        planned(confirmation(("127.0.0.1", "tcp", 22)))
    assert owned(planned(confirmation(("127.0.0.1", "tcp", 22)), admit_loopback=True))


def test_hostnames_are_probed_at_the_addresses_that_they_have_now() -> None:
    snapshot = confirmation(
        ("web.example", "tcp", 443),
        ("gone.example", "tcp", 80),
        ("gone.example", "tcp", 443),
        ("10.0.0.1", "tcp", 443),
        hosts=(pinned("web.example", "192.0.2.1", "2001:db8::1"),),
    )
    plan = planned(snapshot)
    assert set(owned(plan)) == {("web.example", "tcp", 443), ("10.0.0.1", "tcp", 443)}
    (named,) = [spec for spec in plan.chunks if spec.hosts]
    assert named.hosts[0].addresses == ("192.0.2.1", "2001:db8::1")
    assert lost_cells(snapshot, plan.left_out) == 2


def test_nobody_can_choose_the_profile_of_confirmations() -> None:
    assert CONFIRM.name not in PROFILES
