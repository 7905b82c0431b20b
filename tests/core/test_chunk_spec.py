"""What a chunk spec says of itself."""

from functions.core.chunk_spec import assets_of, cells_of, owns, summary_of, with_known
from functions.core.messages import KnownExposure
from functions.core.model import Protocol
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
