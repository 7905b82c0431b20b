"""What a user may name as a target, and what is refused before anything runs."""

import pytest

from functions.core.errors import InvalidInput, OutOfScope
from functions.core.targets import MAX_ADDRESSES, TargetSet, parse_exclusions, parse_targets


def parsed(*texts: str, admit_loopback: bool = False) -> TargetSet:
    return parse_targets(texts, field="targets", admit_loopback=admit_loopback)


def spans(targets: TargetSet) -> list[str]:
    return [f"{each.first}-{each.last}" for each in targets.ranges()]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("10.0.0.0/24", "10.0.0.0-10.0.0.255"),
        ("10.0.0.7/32", "10.0.0.7-10.0.0.7"),
        ("10.0.0.7", "10.0.0.7-10.0.0.7"),
        ("10.0.0.1-20", "10.0.0.1-10.0.0.20"),
        ("10.0.0.1-1", "10.0.0.1-10.0.0.1"),
        ("10.0.0.250-10.0.1.5", "10.0.0.250-10.0.1.5"),
        ("fd00::1-fd00::ff", "fd00::1-fd00::ff"),
        ("fd00::/112", "fd00::-fd00::ffff"),
        ("FD00:0::A", "fd00::a-fd00::a"),
    ],
)
def test_every_spelling_of_addresses(text: str, span: str) -> None:
    assert spans(parsed(text)) == [span]


def test_hostnames_are_assets_of_their_own() -> None:
    targets = parsed("B.example", "10.0.0.1", "a.example", "b.example", "web-1.example")

    assert targets.hostnames == ("a.example", "b.example", "web-1.example")
    assert targets.count == 4
    assert targets.contains("A.example")
    assert not targets.contains("c.example")


def test_overlapping_targets_count_once() -> None:
    assert parsed("10.0.0.0/24", "10.0.0.128/25", "10.0.1.0/24").count == 512


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("10.0.0.5/24", "did you mean 10.0.0.0/24"),
        ("fd00::5/120", "did you mean fd00::/120"),
        ("10.0.0.0/33", "prefix length from 0 to 32"),
        ("10.0.0.0/024", "prefix length"),
        ("10.0.0.0/-1", "prefix length"),
        ("10.0.0.0/255.255.255.0", "prefix length"),
        ("10.0.0.0/", "prefix length"),
        ("10.0.0.20-10", "write 10.0.0.10-10.0.0.20"),
        ("10.0.0.1-fd00::1", "not an IP address"),
        ("fd00::1-10.0.0.1", "mixes IPv4 and IPv6"),
        ("10.0.0.1-256", "not an IP address"),
        ("10.0.0.1-020", "not an IP address"),
        ("10.0.0-5.1", "not an IP address"),
        ("10.0.0.1-", "not a"),
        ("127.1", "four decimal numbers"),
        ("0x7f000001", "four decimal numbers"),
        ("2130706433", "four decimal numbers"),
        ("fe80::1%eth0", "zone"),
        ("fe80::1%eth0/64", "zone"),
        ("10.0.0.1 10.0.0.2", "one target per item"),
        ("10.0.0.1\n10.0.0.2", "one target per item"),
        ("10.0.0.1,10.0.0.2", "not a hostname"),
        ("-iL", "starts with a hyphen"),
        ("--script=x", "starts with a hyphen"),
        ("-10.0.0.1", "starts with a hyphen"),
        ("", "1 to 300 characters"),
        ("a" * 301, "1 to 300 characters"),
        ("http://example.com/", "not an IP address"),
        ("fd00::/64", "at most 65,536 addresses"),
        ("fd00::/111", "at most 65,536 addresses"),
        ("fd00::-fd00::1:0", "at most 65,536 addresses"),
    ],
)
def test_a_bad_target_is_refused_by_position_and_with_a_mend(text: str, mend: str) -> None:
    with pytest.raises(InvalidInput, match=mend) as refusal:
        parsed("10.0.0.1", text)

    assert refusal.value.field == "targets.1"
    assert refusal.value.message.isprintable()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("127.0.0.1", "127.0.0.1 may not be scanned .*loopback"),
        ("126.0.0.0/7", r"127.0.0.0-127.255.255.255 may not"),
        ("169.254.169.254", "metadata"),
        ("169.0.0.0/8", r"169.254.0.0-169.254.255.255 may not"),
        ("10.0.0.255-255.255.255.255", "127.0.0.0-127.255.255.255"),
        ("0.0.0.0/0", "0.0.0.0"),
        ("::1", "loopback"),
        ("fe80::/112", "link-local"),
        ("fd00:ec2::200-fd00:ec2::300", "metadata"),
        ("::ffff:127.0.0.1", "mapped"),
        ("::ffff:10.0.0.0/120", "mapped"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("2001:db8::-2002::1", "6to4"),
    ],
)
def test_a_target_that_touches_denied_space_is_refused_naming_the_part(text: str, part: str) -> None:
    with pytest.raises(OutOfScope, match=part) as refusal:
        parsed(text)

    assert refusal.value.field == "targets.0"


def test_a_range_that_runs_into_an_embedded_form_without_naming_it_is_refused() -> None:
    with pytest.raises(OutOfScope, match="Teredo"):
        parsed("2000:ffff:ffff:ffff:ffff:ffff:ffff:ff00-2001::")


def test_the_local_stage_admits_loopback_and_nothing_else() -> None:
    assert spans(parsed("127.0.0.0/8", admit_loopback=True)) == ["127.0.0.0-127.255.255.255"]
    assert spans(parsed("::1", admit_loopback=True)) == ["::1-::1"]
    for text in ("169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0", "2002:7f00:1::"):
        with pytest.raises(OutOfScope):
            parsed(text, admit_loopback=True)


def test_there_is_a_bound_on_all_addresses_together() -> None:
    assert parsed("10.0.0.0/8").count == MAX_ADDRESSES
    with pytest.raises(InvalidInput, match="more than 16,777,216 addresses") as refusal:
        parsed("10.0.0.0/8", "11.0.0.1")
    assert refusal.value.field == "targets"


def test_exclusions_may_be_wide_and_may_name_denied_space() -> None:
    exclusions = parse_exclusions(["127.0.0.0/8", "fd00::/8", "0.0.0.0/1", "db.example"], field="exclusions")

    left = parsed("10.0.0.1", "200.0.0.1", "fd00::1", "db.example", "web.example").without(exclusions)

    assert (spans(left), left.hostnames) == (["200.0.0.1-200.0.0.1"], ("web.example",))


def test_a_bad_exclusion_is_refused_and_never_dropped() -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_exclusions(["10.0.0.1", "10.0.0.5/24"], field="exclusions")
    assert refusal.value.field == "exclusions.1"


def test_sets_know_what_they_share() -> None:
    common = parsed("10.0.0.0/24", "fd00::1-fd00::9", "a.example").common(parsed("10.0.0.9", "fd00::9", "b.example"))

    assert spans(common) == ["10.0.0.9-10.0.0.9", "fd00::9-fd00::9"]
    assert not common.hostnames


@pytest.mark.parametrize(
    ("asset", "inside"),
    [("10.0.0.0", True), ("10.0.0.3", True), ("10.0.0.4", False), ("fd00::1", True), ("::a00:1", False)],
)
def test_a_set_knows_its_addresses(asset: str, inside: bool) -> None:
    assert parsed("10.0.0.0/30", "fd00::1").contains(asset) is inside
