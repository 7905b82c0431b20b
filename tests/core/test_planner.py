"""Every cell of targets minus exclusions is in exactly one chunk, whatever the input."""

import ipaddress
import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.chunk_spec import cells_of
from functions.core.errors import InvalidInput, OutOfScope
from functions.core.host_discovery import HostDiscovery, Question
from functions.core.messages import ChunkSpec, KnownExposure, PinnedHost
from functions.core.model import Protocol
from functions.core.pace import SILENT_ASKED
from functions.core.planner import names_to_pin, plan, preview
from functions.core.ports import PortSet, parse_ports
from functions.core.scan import Known, Snapshot
from tests.core.specs import NETWORK, PROJECT, SCAN, means, pinned, planned, snapshot

Cell = tuple[str, Protocol, int]
BOTH = (Protocol.TCP, Protocol.UDP)
BASES = {4: int(ipaddress.ip_address("10.0.0.0")), 6: int(ipaddress.ip_address("fd00::"))}
NAMES = st.sampled_from(["a.example", "b.example", "c.example", "d.example"])


def spelled(version: int, first: int, last: int) -> str:
    ends = [ipaddress.ip_address(BASES[version] + each) for each in (min(first, last), max(first, last))]
    return f"{ends[0]}-{ends[1]}"


SPANS = st.builds(spelled, st.sampled_from([4, 6]), st.integers(0, 40), st.integers(0, 40))
TARGETS = st.lists(SPANS | NAMES, min_size=1, max_size=5)
ADDRESSES = st.builds(
    lambda version, offset: str(ipaddress.ip_address(BASES[version] + offset)),
    st.sampled_from([4, 6]),
    st.integers(0, 60),
)
PORTS = st.lists(
    st.builds(lambda first, size: f"{first}-{first + size}", st.integers(1, 300), st.integers(0, 40)),
    min_size=1,
    max_size=3,
).map(",".join)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    targets, exclusions = draw(TARGETS), draw(st.lists(SPANS | NAMES, max_size=3))
    names = {each for each in (*targets, *exclusions) if each.endswith(".example")}
    return snapshot(
        *targets,
        exclusions=tuple(exclusions),
        ports=draw(PORTS),
        protocols=draw(st.sampled_from([(Protocol.TCP,), (Protocol.UDP,), BOTH])),
        rate=draw(st.integers(10, 5000)),
        hosts=tuple(pinned(name, *draw(st.lists(ADDRESSES, min_size=1, max_size=3))) for name in sorted(names)),
        profile=draw(st.sampled_from(["standard", "discovery", "thorough"])),
    )


def addresses_of(text: str) -> set[str]:
    first, last = map(ipaddress.ip_address, text.split("-"))
    return {
        str(ipaddress.ip_address(number)) if first.version == 4 else str(ipaddress.IPv6Address(number))
        for number in range(int(first), int(last) + 1)
    }


def assets_wanted(of: Snapshot) -> set[str]:
    """Targets minus exclusions, by the book: an excluded name takes its addresses with it."""
    pins = {host.name: set(host.addresses) for host in of.hosts}
    banned: set[str] = set()
    for text in of.exclusions:
        banned |= {text} | pins[text] if text in pins else addresses_of(text)
    wanted: set[str] = set()
    for text in of.targets:
        wanted |= ({text} if pins[text] - banned else set()) if text in pins else addresses_of(text)
    return wanted - banned


def cells(spec: ChunkSpec) -> list[Cell]:
    assets = [asset for each in spec.addresses for asset in addresses_of(f"{each.first}-{each.last}")]
    assets += [host.name for host in spec.hosts]
    return [(asset, spec.protocol, port) for asset in assets for port in PortSet.from_canonical(spec.ports).numbers]


@given(snapshots(), st.integers(1, 12), st.integers(1, 120))
def test_chunks_are_an_exact_partition_of_the_cells(of: Snapshot, max_tasks: int, chunk_seconds: int) -> None:
    wanted = {
        (asset, protocol, port)
        for asset in assets_wanted(of)
        for protocol in of.protocols
        for port in parse_ports(of.ports, protocol=protocol, field="ports").numbers
    }
    if not wanted:
        with pytest.raises(OutOfScope, match="nothing is left"):
            planned(of)
        return

    made = planned(of, max_tasks=max_tasks, chunk_seconds=chunk_seconds)
    specs = list(made.chunks)
    found = [cell for each in specs for cell in cells(each)]

    assert len(found) == len(set(found)) == made.cells
    assert set(found) == wanted
    assert [each.chunk for each in specs] == [f"{index:05}" for index in range(made.count)]
    assert specs == list(made.chunks)
    assert specs == list(planned(of, max_tasks=max_tasks, chunk_seconds=chunk_seconds).chunks)


@given(snapshots(), st.integers(1, 12), st.integers(1, 120))
def test_shares_mixtures_and_exclusions_hold_in_every_chunk(of: Snapshot, max_tasks: int, chunk_seconds: int) -> None:
    if not assets_wanted(of):
        return
    made = planned(of, max_tasks=max_tasks, chunk_seconds=chunk_seconds)
    pins = {host.name: set(host.addresses) for host in of.hosts}
    banned = set().union(*(pins[each] if each in pins else addresses_of(each) for each in of.exclusions))

    assert 1 <= made.max_concurrency <= min(max_tasks, made.count)
    for each in made.chunks:
        probed = {text for span in each.addresses for text in addresses_of(f"{span.first}-{span.last}")}
        assert bool(probed) != bool(each.hosts)
        assert len({ipaddress.ip_address(text).version for text in probed}) <= 1
        assert 1 <= each.rate * made.max_concurrency <= of.rate
        pinned_addresses = {text for host in each.hosts for text in host.addresses}
        assert not (probed | pinned_addresses) & banned
        assert {text for span in each.exclusions for text in addresses_of(f"{span.first}-{span.last}")} == banned


def test_a_chunk_takes_about_chunk_seconds_at_its_share_of_the_rate() -> None:
    of = snapshot("10.0.0.0/22", ports="1-1000", rate=4000)
    made = planned(of, max_tasks=4, chunk_seconds=60)

    seconds = [cells_of(each) * (1 + of.profile.retries) / each.rate for each in made.chunks]
    assert max(seconds) <= 66
    assert min(seconds) >= 30


def test_a_chunk_asks_its_hosts_in_about_chunk_seconds_too() -> None:
    asking = HostDiscovery(by=(Question.ICMP, Question.TCP), tcp_ports=(22, 80, 443))
    of = snapshot("10.0.0.0/18", ports="443", rate=100, profile="discovery")
    made = planned(of.model_copy(update={"profile": of.profile.model_copy(update={"host_discovery": asking})}))

    seconds = [cells_of(each) * SILENT_ASKED * asking.probes / each.rate for each in made.chunks]
    assert max(seconds) <= 61
    assert min(seconds) >= 30


def test_a_short_discovery_makes_one_chunk_and_a_long_one_many_of_the_length_that_may_be_lost() -> None:
    assert (planned(snapshot("10.0.0.0/28")).count, planned(snapshot("10.0.0.0/28")).max_concurrency) == (1, 1)
    long = planned(snapshot("10.0.0.0/24", ports="1-1000", rate=2000), chunk_seconds=60)
    assert 4 * long.max_concurrency < long.count <= 5 * long.max_concurrency


def test_what_a_network_is_known_to_have_decides_how_it_is_cut() -> None:
    wide = snapshot("10.0.0.0/16", ports="1-1000", rate=50_000)
    few, many = (
        planned(wide.model_copy(update={"known": Known(hosts=hosts, open_ports=20 * hosts)}), max_tasks=40)
        for hosts in (100, 60_000)
    )
    assert many.max_concurrency > 4 * few.max_concurrency


def test_a_deadline_is_told_where_no_plan_meets_it() -> None:
    of = snapshot("10.0.0.0/24", ports="1-1000", rate=1000, deadline_minutes=2)
    assert "minutes at least" in planned(of).late
    with pytest.raises(InvalidInput, match="minutes at least") as refusal:
        preview(snapshot=of, means=means(max_tasks=4), admit_loopback=False)
    assert refusal.value.field == "deadline_minutes"


def test_tasks_never_exceed_what_is_allowed_or_what_the_rate_can_feed() -> None:
    busy = snapshot("10.0.0.0/16", ports="1-1000", rate=50_000, known=Known(hosts=60_000, open_ports=10**6))
    assert planned(busy, max_tasks=2).max_concurrency == 2
    slow = planned(snapshot("10.0.0.0/26", rate=60), chunk_seconds=30)
    assert slow.max_concurrency == 1
    assert {each.rate for each in slow.chunks} == {60}


def test_addresses_are_split_before_ports() -> None:
    made = list(planned(snapshot("10.0.0.0/24", ports="1-1000", rate=2000)).chunks)
    assert {each.ports for each in made} == {"1-1000"}

    one = list(planned(snapshot("10.0.0.1", ports="all", rate=1000)).chunks)
    assert len(one) > 1
    assert {each.addresses[0].first for each in one} == {"10.0.0.1"}


def test_udp_ports_of_a_host_are_paced_by_what_one_kernel_answers() -> None:
    made = planned(snapshot("10.0.0.1", ports="1-300", protocols=(Protocol.UDP,), rate=100_000), chunk_seconds=60)

    assert [PortSet.from_canonical(each.ports).count for each in made.chunks] == [60] * 5


def test_kinds_of_chunks_are_spread_over_the_whole_scan() -> None:
    of = snapshot("10.0.0.0/24", "fd00::/120", ports="1-500", protocols=BOTH, rate=2000)
    specs = list(planned(of, max_tasks=4).chunks)
    first_half = specs[: len(specs) // 2]

    for protocol, family in itertools.product(BOTH, (".", ":")):
        alike = [each for each in specs if each.protocol == protocol and family in each.addresses[0].first]
        early = [each for each in first_half if each in alike]
        assert abs(len(early) - len(alike) / 2) <= 1


def test_too_many_chunks_are_refused_with_the_mend() -> None:
    with pytest.raises(InvalidInput, match="raise the rate") as refusal:
        planned(snapshot("10.0.0.0/8", rate=100))
    assert refusal.value.field == "rate"


def test_tasks_give_way_where_more_of_them_would_need_too_many_chunks() -> None:
    of = snapshot("10.0.0.0/12", rate=500)
    alone = planned(of, max_tasks=1, chunk_seconds=60)
    many = planned(of, max_tasks=64, chunk_seconds=60)

    assert many.count <= 10_000
    assert 1 <= many.max_concurrency < 64
    assert many.cells == alone.cells


def test_a_wide_network_is_planned_in_flat_memory() -> None:
    made = planned(snapshot("10.0.0.0/8", exclusions=("10.1.0.0/16",), ports="top-100", rate=100_000))
    tracemalloc.start()
    try:
        taken = sum(1 for _ in itertools.islice(made.chunks, 300))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert taken == 300
    assert peak < 1_000_000
    assert made.cells == (2**24 - 2**16) * 100


def test_a_hostname_and_its_address_are_separate_cells() -> None:
    made = planned(snapshot("10.0.0.5", "a.example", ports="80", hosts=(pinned("a.example", "10.0.0.5"),)))

    assert sorted(cell for each in made.chunks for cell in cells(each)) == [
        ("10.0.0.5", "tcp", 80),
        ("a.example", "tcp", 80),
    ]


def test_names_of_targets_and_exclusions_are_to_be_pinned() -> None:
    of = snapshot("b.example", "10.0.0.1", exclusions=("a.example", "b.example"))

    assert names_to_pin(of, admit_loopback=False) == ("a.example", "b.example")


def test_an_excluded_name_takes_its_addresses_out_of_the_targets() -> None:
    of = snapshot("10.0.0.0/30", exclusions=("db.example",), hosts=(pinned("db.example", "10.0.0.2"),))

    assert {asset for each in planned(of).chunks for asset, _, _ in cells(each)} == {"10.0.0.0", "10.0.0.1", "10.0.0.3"}


def test_an_excluded_name_without_an_address_stops_the_plan() -> None:
    with pytest.raises(OutOfScope, match=r"db\.example has no address") as refusal:
        planned(snapshot("10.0.0.0/30", exclusions=("db.example",)))
    assert refusal.value.field == "exclusions"


def test_denied_and_excluded_addresses_of_a_name_are_left_out_and_told() -> None:
    of = snapshot(
        "a.example",
        "b.example",
        "c.example",
        exclusions=("10.0.0.9",),
        hosts=(
            pinned("a.example", "10.0.0.1", "169.254.169.254", "::ffff:10.0.0.3", "10.0.0.9", "10.0.0.1"),
            pinned("b.example", "127.0.0.1"),
        ),
    )
    made = planned(of)

    assert [host for each in made.chunks for host in each.hosts] == [pinned("a.example", "10.0.0.1")]
    assert [(each.asset, reason) for each in made.left_out for reason in ("metadata", "mapped", "excluded", "loopback", "no address") if reason in each.reason] == [
        ("a.example", "metadata"),
        ("a.example", "mapped"),
        ("a.example", "excluded"),
        ("b.example", "loopback"),
        ("c.example", "no address"),
    ]  # fmt: skip


def test_the_local_stage_scans_a_name_on_loopback() -> None:
    of = snapshot("localhost", hosts=(pinned("localhost", "127.0.0.1", "::1"),))

    assert next(planned(of, admit_loopback=True).chunks).hosts == (
        PinnedHost(name="localhost", addresses=("127.0.0.1", "::1")),
    )


@pytest.mark.parametrize("targets", [("127.0.0.1",), ("169.254.0.0/16",), ("10.0.0.0/8", "0.0.0.0")])
def test_denied_targets_are_never_planned(targets: tuple[str, ...]) -> None:
    with pytest.raises(OutOfScope):
        planned(snapshot(*targets))


def test_each_chunk_carries_the_known_exposures_of_its_own_cells_only() -> None:
    known = [
        KnownExposure(asset="10.0.0.1", protocol=Protocol.TCP, port=80),
        KnownExposure(asset="10.0.0.200", protocol=Protocol.TCP, port=443),
        KnownExposure(asset="a.example", protocol=Protocol.TCP, port=80),
        KnownExposure(asset="10.0.0.1", protocol=Protocol.UDP, port=80),
        KnownExposure(asset="10.0.0.1", protocol=Protocol.TCP, port=2000),
        KnownExposure(asset="10.9.9.9", protocol=Protocol.TCP, port=80),
    ]
    of = snapshot("10.0.0.0/24", "a.example", ports="1-1000", rate=2000, hosts=(pinned("a.example", "10.0.0.1"),))
    made = plan(
        project=PROJECT, network=NETWORK, scan=SCAN, snapshot=of, means=means(max_tasks=4), lease_s=960,
        admit_loopback=False, known=lambda _: [*known, *known],
    )  # fmt: skip
    specs = list(made.chunks)
    carried = [(each, exposure) for each in specs for exposure in each.known]

    assert len(specs) > 2
    assert sorted((exposure for _, exposure in carried), key=repr) == sorted(known[:3], key=repr)
    assert all((exposure.asset, exposure.protocol, exposure.port) in cells(each) for each, exposure in carried)


def test_a_preview_counts_what_the_plan_will_make() -> None:
    of = snapshot("10.0.0.0/24", "fd00::/120", exclusions=("10.0.0.0/26",), ports="top-100", protocols=BOTH, rate=500)
    made, seen = planned(of), preview(snapshot=of, means=means(), admit_loopback=False)

    assert (seen.addresses, seen.hostnames, seen.ports) == (192 + 256, 0, {Protocol.TCP: 100, Protocol.UDP: 100})
    assert (seen.cells, seen.chunks, seen.tasks) == (made.cells, made.count, made.max_concurrency)
    assert seen.seconds == 448 * 200 * 2 // 500 + 1


def test_a_preview_counts_a_hostname_without_resolving_it() -> None:
    seen = preview(
        snapshot=snapshot("a.example", "b.example", exclusions=("b.example",)),
        means=means(),
        admit_loopback=False,
    )
    assert (seen.addresses, seen.hostnames, seen.cells) == (0, 1, 100)


def test_a_preview_of_nothing_is_refused() -> None:
    with pytest.raises(OutOfScope, match="every target is excluded"):
        preview(
            snapshot=snapshot("10.0.0.1", exclusions=("10.0.0.0/8",)),
            means=means(),
            admit_loopback=False,
        )
