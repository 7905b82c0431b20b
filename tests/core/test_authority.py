"""What authorities cover together at a time, and which of them a scan leans on."""

import ipaddress
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.authority import (
    AUTHORITY_TABLE,
    Authority,
    AuthorityEvent,
    AuthorityKind,
    AuthorityStatus,
    Timeline,
    counts_at,
    cover_of,
    covered,
    end_of,
    lean_on,
    lost,
    proved,
    revoked,
    status_at,
)
from functions.core.cover import Cover
from functions.core.errors import IllegalTransition, OutOfScope
from functions.core.targets import TargetSet, parse_exclusions
from tests.core.authorities import NOW, authority

DAY = timedelta(days=1)
BASES = {4: int(ipaddress.ip_address("10.0.0.0")), 6: int(ipaddress.ip_address("fd00::"))}
UNIVERSE = [str(ipaddress.ip_address(base + each)) for base in BASES.values() for each in range(48)]


def spelled(version: int, first: int, last: int) -> str:
    return "-".join(str(ipaddress.ip_address(BASES[version] + each)) for each in sorted((first, last)))


SPANS = st.lists(
    st.builds(spelled, st.sampled_from([4, 6]), st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=4
)


@st.composite
def authorities(draw: st.DrawFn) -> list[Authority]:
    made = []
    for number in range(draw(st.integers(0, 4))):
        starts, length = draw(st.integers(-5, 5)), draw(st.integers(1, 10))
        left = draw(st.none() | st.integers(0, 8))
        made.append(
            authority(
                *draw(SPANS),
                name=str(number),
                starts=NOW + starts * DAY,
                until=NOW + (starts + length) * DAY,
                proved=NOW - draw(st.integers(0, 5)) * DAY,
                left=None if left is None else NOW + left * DAY,
            )
        )
    return made


TIMES = st.integers(-6, 16).map(lambda days: NOW + days * DAY)


def holders(all_of: list[Authority], address: str, at: datetime) -> list[Authority]:
    return [each for each in all_of if counts_at(each, at) and cover_of(each).addresses.contains(address)]


@given(authorities(), TIMES)
def test_an_address_is_covered_exactly_while_one_that_holds_it_counts(all_of: list[Authority], at: datetime) -> None:
    cover = covered(all_of, at=at, admit_loopback=False)
    for address in UNIVERSE:
        assert cover.addresses.contains(address) == bool(holders(all_of, address, at))


@given(authorities(), SPANS, TIMES)
def test_a_scan_leans_on_authorities_that_hold_all_of_it_or_is_refused(
    all_of: list[Authority], texts: list[str], at: datetime
) -> None:
    targets = parse_exclusions(texts, field="targets")
    asked = [each for each in UNIVERSE if targets.contains(each)]
    try:
        leaned = {each.id for each in lean_on(all_of, targets, at=at, admit_loopback=False)}
    except OutOfScope:
        assert any(not holders(all_of, address, at) for address in asked)
    else:
        for address in asked:
            assert leaned & {each.id for each in holders(all_of, address, at)}


@given(authorities(), SPANS, TIMES)
def test_until_the_earliest_end_all_of_the_targets_stay_covered_unless_somebody_ends_it_before(
    all_of: list[Authority], texts: list[str], at: datetime
) -> None:
    targets = parse_exclusions(texts, field="targets")
    lasting = [each.model_copy(update={"left": None}) for each in all_of]
    try:
        end = end_of(lean_on(lasting, targets, at=at, admit_loopback=False))
    except OutOfScope:
        return
    assert end is not None
    assert end > at
    assert not covered(lasting, at=end - timedelta(seconds=1), admit_loopback=False).without(targets)


@given(authorities(), SPANS, TIMES)
def test_what_is_covered_and_what_is_not_are_the_targets(
    all_of: list[Authority], texts: list[str], at: datetime
) -> None:
    targets = parse_exclusions(texts, field="targets")
    cover = covered(all_of, at=at, admit_loopback=False)
    inside, outside = cover.common(targets), cover.without(targets)
    assert not inside.common(outside)
    assert inside.count + outside.count == targets.count


@given(authorities(), st.lists(TIMES, max_size=6))
def test_a_timeline_tells_what_was_covered_at_each_time(all_of: list[Authority], times: list[datetime]) -> None:
    timeline = Timeline(all_of, admit_loopback=False)
    for at in (*times, *reversed(times)):
        assert timeline(at) == covered(all_of, at=at, admit_loopback=False)


def test_of_two_that_hold_the_same_the_one_that_ends_last_is_leaned_on() -> None:
    short = authority("10.0.0.0/24", name="short", until=NOW + DAY)
    long = authority("10.0.0.0/8", name="long", until=NOW + 2 * DAY)
    leaned = lean_on(
        (short, long), TargetSet(v4=parse_exclusions(("10.0.0.1",), field="x").v4), at=NOW, admit_loopback=False
    )
    assert [each.id for each in leaned] == [long.id]
    assert end_of(leaned) == NOW + 2 * DAY


def test_what_is_under_no_authority_is_named_with_the_command_that_mends_it() -> None:
    targets = parse_exclusions(("10.0.0.0/30", "192.0.2.9", "www.example.com"), field="targets")
    with pytest.raises(OutOfScope) as refused:
        lean_on([authority("10.0.0.0/31")], targets, at=NOW, admit_loopback=False)
    assert refused.value.field == "targets"
    assert "--range 10.0.0.2-10.0.0.3 --range 192.0.2.9 --domain www.example.com" in refused.value.message
    assert "`vedette authorities add" in refused.value.message


def test_loopback_needs_nobodys_leave_where_it_is_admitted_and_nowhere_else() -> None:
    targets = parse_exclusions(("127.0.0.0/8", "::1", "localhost"), field="targets")
    assert lean_on((), targets, at=NOW, admit_loopback=True) == ()
    with pytest.raises(OutOfScope):
        lean_on((), targets, at=NOW, admit_loopback=False)


def test_a_domain_covers_itself_and_the_names_below_it_and_no_neighbour() -> None:
    cover = Cover(domains=frozenset({"example.com"}))
    assert cover.covers_name("example.com")
    assert cover.covers_name("a.b.Example.com")
    for other in ("notexample.com", "example.com.evil.net", "com", "example.org"):
        assert not cover.covers_name(other)


def test_a_name_of_a_domain_may_be_probed_wherever_it_leads_and_localhost_at_loopback_alone() -> None:
    assert Cover(domains=frozenset({"example.com"})).admits("www.example.com", "192.0.2.1")
    local = Cover(loopback=True)
    assert local.admits("localhost", "127.0.0.1")
    assert not local.admits("localhost", "192.0.2.1")


def test_an_aws_account_covers_what_it_held_when_it_was_read() -> None:
    found = authority(
        kind=AuthorityKind.AWS, addresses=("192.0.2.1", "2001:db8::1"), names=("lb.eu-west-1.elb.amazonaws.com",)
    )
    cover = cover_of(found)
    assert not cover.without(parse_exclusions((*found.addresses, *found.names), field="x"))
    assert cover.without(parse_exclusions(("192.0.2.2",), field="x"))


def test_it_ends_by_its_time_without_anybody_writing_it() -> None:
    one = authority("10.0.0.0/8")
    assert status_at(one, one.until - timedelta(seconds=1)) is AuthorityStatus.ACTIVE
    assert status_at(one, one.until) is AuthorityStatus.ENDED
    assert not counts_at(one, one.until)


def test_evidence_that_is_lost_counts_no_more_and_does_again_once_it_is_back() -> None:
    one = authority("10.0.0.0/8")
    gone = one.model_copy(update=lost(one, now=NOW + DAY, why="no record"))
    assert (gone.status, gone.why) == (AuthorityStatus.PENDING, "no record")
    assert counts_at(gone, NOW)
    assert not counts_at(gone, NOW + DAY)
    back = gone.model_copy(update=proved(gone, now=NOW + 2 * DAY))
    assert not counts_at(back, NOW + DAY)
    assert counts_at(back, NOW + 2 * DAY)


def test_what_was_revoked_stays_so() -> None:
    one = authority("10.0.0.0/8")
    ended = one.model_copy(update=revoked(one, now=NOW + DAY, by="somebody", why="sold"))
    assert counts_at(ended, NOW)
    assert not counts_at(ended, NOW + DAY)
    assert status_at(ended, one.until) is AuthorityStatus.REVOKED
    for event in AuthorityEvent:
        with pytest.raises(IllegalTransition):
            AUTHORITY_TABLE.after(AuthorityStatus.REVOKED, event)


def test_one_that_was_never_proved_covers_nothing() -> None:
    pending = authority("10.0.0.0/8", status=AuthorityStatus.PENDING, proved=None)
    assert not covered([pending], at=NOW, admit_loopback=False).addresses
