"""What a chunk spec says of itself."""

import pytest

from functions.core.chunk_spec import assets_of, cells_of, is_public, leaving_out, owns, summary_of, with_known
from functions.core.messages import KnownExposure
from functions.core.model import Protocol
from functions.core.targets import parse_exclusions
from tests.core.specs import pinned, spec


def known(asset: str, port: int = 80, protocol: Protocol = Protocol.TCP) -> KnownExposure:
    return KnownExposure(asset=asset, protocol=protocol, port=port)


def test_a_chunk_owns_the_cells_of_its_assets_and_ports() -> None:
    chunk = spec(("10.0.0.1", "10.0.0.9"))

    assert owns(chunk, known("10.0.0.1"))
    assert owns(chunk, known("10.0.0.9", 90))
    assert not owns(chunk, known("10.0.0.10"))
    assert not owns(chunk, known("10.0.0.1", 91))
    assert not owns(chunk, known("10.0.0.1", 80, Protocol.UDP))


def test_a_chunk_of_names_owns_the_names_and_not_their_addresses() -> None:
    chunk = spec(hosts=(pinned("a.example", "10.0.0.1"),))

    assert owns(chunk, known("a.example"))
    assert not owns(chunk, known("10.0.0.1"))
    assert assets_of(chunk).hostnames == ("a.example",)


def test_known_exposures_are_attached_once_and_in_order() -> None:
    chunk = with_known(
        spec(("10.0.0.1", "10.0.0.9")), [known("10.0.0.2"), known("10.0.0.1", 85), known("10.0.0.1"), known("10.0.0.2")]
    )

    assert chunk.known == (known("10.0.0.1"), known("10.0.0.1", 85), known("10.0.0.2"))


def test_what_is_excluded_is_left_out_with_names_pinned_to_it_and_what_was_known_there() -> None:
    hosts = (
        pinned("a.example", "192.0.2.1"),
        pinned("b.example", "192.0.2.2", "192.0.2.9"),
        pinned("c.example", "::9"),
    )
    chunk = spec(("10.0.0.1", "10.0.0.9"), ("fd00::", "fd00::f"), hosts=hosts)
    chunk = with_known(chunk, [known(each) for each in ("10.0.0.5", "10.0.0.6", "a.example", "b.example")])

    left = leaving_out(
        chunk, parse_exclusions(("10.0.0.5", "192.0.2.9", "c.example", "fd00::/120"), field="exclusions")
    )

    assert [(each.first, each.last) for each in left.addresses] == [("10.0.0.1", "10.0.0.4"), ("10.0.0.6", "10.0.0.9")]
    assert [host.name for host in left.hosts] == ["a.example"]
    assert [each.asset for each in left.known] == ["10.0.0.6", "a.example"]
    assert leaving_out(chunk, parse_exclusions(("203.0.113.1",), field="exclusions")) == chunk


@pytest.mark.parametrize(
    ("ranges", "public"),
    [
        ((("10.0.0.0", "10.255.255.255"), ("fd00::", "fd00::f"), ("100.64.0.1", "100.64.0.9")), False),
        ((("8.8.8.0", "8.8.8.9"),), True),
        ((("2600::", "2600::f"),), True),
        ((("172.31.255.0", "172.32.0.255"),), True),
        ((("10.0.0.0", "10.0.0.9"), ("8.8.8.8", "8.8.8.8")), True),
    ],
)
def test_what_may_go_to_the_internet_in_part_does(ranges: tuple[tuple[str, str], ...], public: bool) -> None:
    assert is_public(spec(*ranges)) is public


def test_what_goes_to_names_goes_to_the_internet() -> None:
    assert is_public(spec(hosts=(pinned("a.example", "10.0.0.1"),)))


def test_a_chunk_counts_its_cells() -> None:
    assert cells_of(spec(("10.0.0.1", "10.0.0.9"), ("fd00::", "fd00::f"))) == 25 * 12


def test_a_summary_is_short_and_readable() -> None:
    assert summary_of(spec(("10.0.0.1", "10.0.0.9"))) == "10.0.0.1-10.0.0.9 tcp 22,80-90"
    assert summary_of(spec(("10.0.0.1", "10.0.0.1"), ("10.0.0.5", "10.0.0.6"))) == "10.0.0.1 and 1 more tcp 22,80-90"
    assert summary_of(spec(hosts=(pinned("a.example", "10.0.0.1"),))) == "a.example tcp 22,80-90"
    assert (
        summary_of(spec(("10.0.0.1", "10.0.0.1"), ports=",".join(map(str, range(1, 99, 2))))) == "10.0.0.1 tcp 49 ports"
    )
    assert len(summary_of(spec(hosts=(pinned("a" * 253, "10.0.0.1"),)))) <= 256
