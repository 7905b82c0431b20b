"""Scope is checked when a scan is asked for, when a chunk starts, and when its result is ingested."""

import pytest

from functions.core.errors import OutOfScope
from functions.core.scope import check_scope
from functions.core.targets import TargetSet, parse_exclusions, parse_targets
from tests.core.specs import pinned, planned, snapshot, spec

NONE = TargetSet()


def targets(*texts: str) -> TargetSet:
    return parse_targets(texts, field="targets", admit_loopback=True)


def exclusions(*texts: str) -> TargetSet:
    return parse_exclusions(texts, field="exclusions")


def test_a_part_of_the_network_may_be_asked_for() -> None:
    check_scope(
        targets("10.0.0.9", "a.example"), NONE, admit_loopback=False, targets=targets("10.0.0.0/24", "a.example")
    )


@pytest.mark.parametrize("text", ["10.0.1.0", "10.0.0.0/23", "fd00::1", "b.example"])
def test_what_is_not_in_the_network_may_not(text: str) -> None:
    with pytest.raises(OutOfScope, match="not among the network's targets"):
        check_scope(targets(text), NONE, admit_loopback=False, targets=targets("10.0.0.0/24", "a.example"))


def test_targets_may_reach_into_exclusions_while_something_is_left() -> None:
    check_scope(targets("10.0.0.0/24"), exclusions("10.0.0.0/25"), admit_loopback=False)

    with pytest.raises(OutOfScope, match="is excluded: nothing is left") as refusal:
        check_scope(targets("10.0.0.9"), exclusions("10.0.0.0/25"), admit_loopback=False)
    assert refusal.value.field == "targets"


def test_loopback_needs_the_local_stage() -> None:
    check_scope(targets("127.0.0.1"), NONE, admit_loopback=True)
    check_scope(spec(("127.0.0.1", "127.0.0.1")), NONE, admit_loopback=True)
    for subject in (targets("127.0.0.1"), spec(("127.0.0.1", "127.0.0.1"))):
        with pytest.raises(OutOfScope, match="loopback"):
            check_scope(subject, NONE, admit_loopback=False)


def test_every_chunk_of_a_plan_is_in_scope() -> None:
    of = snapshot(
        "10.0.0.0/24",
        "fd00::/120",
        "a.example",
        exclusions=("10.0.0.7",),
        hosts=(pinned("a.example", "10.0.9.9", "10.0.0.7"),),
    )
    for chunk in planned(of).chunks:
        check_scope(
            chunk,
            exclusions("10.0.0.7"),
            admit_loopback=False,
            targets=targets("10.0.0.0/24", "fd00::/120", "a.example"),
        )


@pytest.mark.parametrize("excluded", ["10.0.0.5", "10.0.0.0/8", "10.0.0.9-10.0.0.20"])
def test_a_chunk_that_touches_an_exclusion_of_today_is_refused(excluded: str) -> None:
    with pytest.raises(OutOfScope, match="is excluded") as refusal:
        check_scope(spec(("10.0.0.1", "10.0.0.9")), exclusions(excluded), admit_loopback=False)
    assert refusal.value.field == "exclusions"


def test_a_chunk_that_touches_its_own_exclusions_is_refused() -> None:
    with pytest.raises(OutOfScope, match=r"10\.0\.0\.5 is excluded"):
        check_scope(spec(("10.0.0.1", "10.0.0.9"), exclusions=(("10.0.0.5", "10.0.0.5"),)), NONE, admit_loopback=False)


@pytest.mark.parametrize(("excluded"), ["a.example", "10.0.0.5", "fd00::5"])
def test_a_name_is_excluded_by_name_and_by_each_of_its_addresses(excluded: str) -> None:
    with pytest.raises(OutOfScope, match="is excluded"):
        check_scope(
            spec(hosts=(pinned("a.example", "10.0.0.5", "fd00::5"),)), exclusions(excluded), admit_loopback=False
        )


@pytest.mark.parametrize("address", ["169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00:ec2::254", "224.0.0.1"])
def test_a_name_pinned_to_denied_space_is_refused(address: str) -> None:
    with pytest.raises(OutOfScope, match="may not be scanned"):
        check_scope(spec(hosts=(pinned("a.example", "10.0.0.5", address),)), NONE, admit_loopback=False)


def test_a_chunk_that_reaches_into_denied_space_is_refused() -> None:
    with pytest.raises(OutOfScope, match=r"169\.254\.0\.0-169\.254\.0\.1"):
        check_scope(spec(("169.253.255.255", "169.254.0.1")), NONE, admit_loopback=False)


def test_a_chunk_outside_the_snapshot_is_refused() -> None:
    with pytest.raises(OutOfScope, match=r"10\.0\.0\.9 is not among"):
        check_scope(spec(("10.0.0.1", "10.0.0.9")), NONE, admit_loopback=False, targets=targets("10.0.0.1-8"))
    with pytest.raises(OutOfScope, match=r"a\.example is not among"):
        check_scope(
            spec(hosts=(pinned("a.example", "10.0.0.1"),)), NONE, admit_loopback=False, targets=targets("10.0.0.1")
        )
