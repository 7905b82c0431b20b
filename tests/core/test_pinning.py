"""What excluded names take with them, and what of a name may be scanned: see test_planner for the whole."""

from functions.core.messages import PinnedHost
from functions.core.pinning import pin, with_addresses
from functions.core.targets import TargetSet, parse_exclusions


def test_an_exclusion_holds_for_every_address_of_its_name() -> None:
    exclusions = with_addresses(
        parse_exclusions(["db.example", "10.0.0.1"], field="exclusions"),
        [
            PinnedHost(name="db.example", addresses=("10.0.0.2", "fd00::2")),
            PinnedHost(name="web.example", addresses=("10.0.0.3",)),
        ],
    )

    assert all(exclusions.contains(asset) for asset in ("10.0.0.1", "10.0.0.2", "fd00::2", "db.example"))
    assert not exclusions.contains("10.0.0.3")


def test_an_excluded_name_is_neither_pinned_nor_missed() -> None:
    hosts, left_out = pin(
        TargetSet(hostnames=("db.example",)),
        TargetSet(hostnames=("db.example",)),
        [PinnedHost(name="db.example", addresses=("10.0.0.2",))],
        admit_loopback=False,
    )

    assert (hosts, left_out) == ((), ())
