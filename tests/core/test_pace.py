"""The pace of the worker, as an estimate takes it."""

from dataclasses import replace

import pytest

from functions.core import pace
from functions.core.messages import ChunkSpec
from functions.core.model import Protocol
from functions.core.pace import Work, checkpoints, discovery_seconds, most_packets, scan_seconds, service_seconds
from functions.core.profile import Discovery, Profile
from scanner_image import batches, nmap, remembering, sampling, sweep
from scanner_image.rates import Rates
from tests.scanner_image.fakes import chunk_spec

FULL = Work(
    protocol=Protocol.TCP,
    addresses=16,
    ports=65_535,
    retries=1,
    rate=8000,
    hosts=16,
    open_ports=64,
    unnamed=0.15,
    services=False,
)


def spec(rate: int) -> ChunkSpec:
    return chunk_spec("10.0.0.1", ports="1-100", profile="standard", rate=rate)


def test_it_looks_at_samples_as_the_worker_does() -> None:
    assert (pace.FEWEST_KNOWN, pace.FEWEST_PORTS) == (sampling.FEWEST_KNOWN, sampling.FEWEST_PORTS)


def test_no_cell_and_no_host_is_asked_more_often_than_is_held_for() -> None:
    retries = 5
    with pytest.raises(ValueError, match="less than or equal to 5"):
        Profile(name="eager", retries=retries + 1)
    passes = 2 * sampling.MOST_PASSES
    looks = (1 + sweep._MOST_LOOKS) * (1 + passes)
    adaptive = passes + 2 * looks / sampling._SAMPLE_SHARE
    by_nmap = 1 + max(retries, nmap._FEWEST_RETRIES)
    assert max(adaptive, 1 + retries + sweep._MOST_TRIES, by_nmap) + 1 <= pace.MOST_PROBES, "and one more look"
    assert by_nmap <= pace.MOST_ASKED


def test_a_task_sends_no_more_than_its_rate_and_its_cells_lead_to() -> None:
    assert most_packets(10_000_000, host_probes=0, rate=60_000, seconds=1800) == 60_000 * 1800
    assert most_packets(100, host_probes=0, rate=60_000, seconds=1800) == 100 * pace.MOST_PROBES
    assert most_packets(100, host_probes=5, rate=60_000, seconds=1800) == 100 * (pace.MOST_PROBES + 5 * pace.MOST_ASKED)


def test_it_identifies_as_many_side_by_side_as_the_worker_does() -> None:
    assert pace.HOSTS_A_ROUND == batches.SIDE_BY_SIDE * batches.MOST_HOSTS


@pytest.mark.parametrize("rate", [100, 199, 200, 8000])
def test_it_shares_the_rate_as_the_worker_does(rate: int) -> None:
    theirs = Rates.of(spec(rate))
    ours = replace(FULL, services=True, rate=rate)
    assert ours.overlaps is theirs.overlap
    assert ours.discovery_rate == pytest.approx(theirs.discovery, rel=0.01)


def test_it_leaves_checkpoints_as_the_worker_does() -> None:
    assert pace.CHECKPOINT_S == remembering.EVERY_S
    assert [checkpoints(seconds) for seconds in (4, 6, 61)] == [0, 1, 12]
    assert checkpoints(1800) < 1800 / pace.CHECKPOINT_S / 2, "the longer it works, the longer the pauses"


def test_many_answers_show_that_one_pass_is_enough() -> None:
    assert FULL.passes == 1
    assert FULL.probes == FULL.cells + 3 * pace.SAMPLE, "with looks before, at the rate, and after"


@pytest.mark.parametrize(
    "work",
    [
        replace(FULL, hosts=1),
        replace(FULL, ports=50, addresses=20_000, hosts=20_000),
        replace(FULL, ports=100),
    ],
)
def test_what_shows_too_little_is_asked_as_often_as_the_profile_says(work: Work) -> None:
    assert work.passes == 2


def test_nmap_asks_again_only_where_it_hears_nothing() -> None:
    silent, talking = replace(FULL, discovery=Discovery.CONNECT, hosts=0), replace(FULL, discovery=Discovery.CONNECT)
    assert silent.probes == 2 * silent.cells
    assert talking.cells < talking.probes < silent.probes


def test_refusals_that_looks_listen_for_take_of_the_rate() -> None:
    large, small = replace(FULL, retries=0, ports=10_000), replace(FULL, ports=1000)
    assert discovery_seconds(large) > discovery_seconds(replace(large, hosts=0))
    assert discovery_seconds(small) == discovery_seconds(replace(small, hosts=0)), "nobody looks"


def test_services_are_asked_while_ports_are_looked_for() -> None:
    named = replace(FULL, services=True, open_ports=400)
    assert service_seconds(named) < service_seconds(replace(named, rate=100)), "one after the other"
    assert service_seconds(replace(named, ports=100)) > service_seconds(named), (
        "a short discovery leaves much for afterwards"
    )
    assert service_seconds(replace(named, open_ports=0)) == 0
    assert service_seconds(replace(named, unnamed=0)) < service_seconds(named), "nobody is asked twice"
    assert scan_seconds(named) >= discovery_seconds(named) + service_seconds(named)
