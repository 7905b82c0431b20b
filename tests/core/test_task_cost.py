"""What a task may cost is held, what it has cost is spent: no less than what is charged."""

from datetime import timedelta
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.chunk import Chunk
from functions.core.host_discovery import HostDiscovery, Question
from functions.core.messages import Progress
from functions.core.metering import attempt_ended, sent_by, used
from functions.core.outlook import Case, usage_of
from functions.core.pace import MOST_ASKED, MOST_PROBES, MOST_SERVICE_BYTES, PACKET_BYTES, most_bytes, most_packets
from functions.core.planner import shape_of
from functions.core.prices import PORT_USD, Usage, bill, micros_of, price_list
from functions.core.scan import Snapshot
from functions.core.task_cost import PORTS_HELD, micros_spent, most_micros
from tests.core.specs import AT, MACHINE, PROJECT, SCAN, means, pinned, snapshot

OUTSIDE = snapshot("8.8.8.0/24")
TASK_S = 2700


def a_chunk(*, cells: int = 1_000_000, public: bool = True) -> Chunk:
    return Chunk(project=PROJECT, scan=SCAN, chunk="00000", cells=cells, public=public)


def told(chunk: Chunk, *, probes: int, open_ports: int, bytes_sent: int | None = None) -> Chunk:
    """Let go and claimed at once."""
    progress = Progress(phase="saving", fraction=1, open_ports=open_ports, probes=probes, bytes_sent=bytes_sent)
    return chunk.model_copy(update={"admitted": AT, "attempt": 1, "progress": progress})


def held(chunk: Chunk, of: Snapshot = OUTSIDE, *, rate: int = 60_000, seconds: float = TASK_S) -> int:
    return most_micros(chunk, of, MACHINE, rate=rate, seconds=seconds)


def spent(chunk: Chunk, *, after: float) -> int:
    return micros_spent(chunk, MACHINE, now=AT + timedelta(seconds=after))


ATTEMPTS = st.lists(
    st.tuples(
        st.floats(0, 4000),
        st.integers(0, 2_000_000_000),
        st.integers(0, 100_000),
        st.none() | st.integers(0, 10**12),
        st.booleans(),
        st.booleans(),
    ),
    max_size=5,
)


@given(attempts=ATTEMPTS, public=st.booleans())
def test_what_is_spent_is_no_less_than_what_tasks_and_data_out_are_charged(
    attempts: list[tuple[float, int, int, int | None, bool, bool]], public: bool
) -> None:
    chunk, now, micros = a_chunk(public=public), AT, 0
    for seconds, probes, open_ports, sent, spot, claims in attempts:
        chunk = chunk.model_copy(update={"admitted": now, "admitted_after": chunk.attempt, "on_spot": spot})
        if claims:
            progress = Progress(phase="saving", fraction=1, open_ports=open_ports, probes=probes, bytes_sent=sent)
            chunk = chunk.model_copy(update={"attempt": chunk.attempt + 1, "progress": progress})
        now += timedelta(seconds=seconds)
        micros += micros_spent(chunk, MACHINE, now=now)
        chunk = chunk.model_copy(update=attempt_ended(chunk, now=now))
        now += timedelta(seconds=1)
    asked = bill(used([chunk], {}), MACHINE)
    assert micros >= (asked.fargate + asked.public_ipv4 + asked.data_out) * 1_000_000


@given(
    cells=st.integers(1, 10_000_000),
    rate=st.integers(1, 1_000_000),
    seconds=st.floats(0, TASK_S),
    share=st.floats(0, 1),
    open_ports=st.integers(0, PORTS_HELD),
    public=st.booleans(),
    counts=st.booleans(),
)
def test_what_is_held_is_no_less_than_what_any_task_within_it_spends(
    *, cells: int, rate: int, seconds: float, share: float, open_ports: int, public: bool, counts: bool
) -> None:
    """Whether its interfaces count what it sends, or its packets tell."""
    chunk = a_chunk(cells=cells, public=public)
    probes = int(share * most_packets(cells, host_probes=0, rate=rate, seconds=TASK_S))
    ports = min(cells, open_ports)
    counted = int(most_bytes(probes, ports)) if counts else None
    ended = told(chunk, probes=probes, open_ports=ports, bytes_sent=counted)
    assert spent(ended, after=seconds) <= held(chunk, rate=rate)


def test_for_targets_of_ones_own_no_data_is_held_for() -> None:
    assert held(a_chunk(public=False)) == micros_of(MACHINE, TASK_S, open_ports=PORTS_HELD)


def asking_hosts() -> Snapshot:
    """Three packets to each."""
    by = HostDiscovery(by=(Question.ICMP, Question.TCP), tcp_ports=(22, 80))
    return OUTSIDE.model_copy(update={"profile": OUTSIDE.profile.model_copy(update={"host_discovery": by})})


NAMES = snapshot("a.example", hosts=(pinned("a.example", "8.8.8.8", "8.8.4.4"),))


@pytest.mark.parametrize(
    ("cells", "of", "packets", "open_ports"),
    [
        (10_000_000, OUTSIDE, 60_000 * TASK_S, PORTS_HELD),
        (100, OUTSIDE, 100 * MOST_PROBES, 100),
        (100, NAMES, 200 * MOST_PROBES, 200),
        (100, asking_hosts(), 100 * (MOST_PROBES + 3 * MOST_ASKED), 100),
    ],
    ids=["as its rate allows", "as its cells lead to", "names of two addresses", "hosts are asked first"],
)
def test_for_public_targets_all_is_held_for_that_a_task_may_send(
    cells: int, of: Snapshot, packets: int, open_ports: int
) -> None:
    sent = packets * PACKET_BYTES + open_ports * MOST_SERVICE_BYTES
    assert held(a_chunk(cells=cells), of) == micros_of(MACHINE, TASK_S, open_ports=open_ports, bytes_out=sent)


def test_five_gigabytes_to_the_internet_cost_what_the_list_says() -> None:
    probes = 60_000 * 1800
    outside, inside = (told(a_chunk(public=public), probes=probes, open_ports=0) for public in (True, False))
    usd = bill(Usage(bytes_out=probes * PACKET_BYTES), MACHINE).data_out
    assert usd > 0.4
    assert spent(outside, after=1800) - spent(inside, after=1800) == pytest.approx(usd * 1_000_000, abs=2)


def test_bytes_that_were_counted_are_spent_and_no_guess_for_services_on_top() -> None:
    counted, guessed = (told(a_chunk(), probes=1_000, open_ports=100, bytes_sent=sent) for sent in (10**9, None))
    assert spent(counted, after=600) == micros_of(MACHINE, 600, open_ports=100, bytes_out=10**9)
    sent = 1_000 * PACKET_BYTES + 100 * MOST_SERVICE_BYTES
    assert spent(guessed, after=600) == micros_of(MACHINE, 600, open_ports=100, bytes_out=sent)


def test_what_a_superseded_attempt_sent_is_spent_with_the_task_of_the_next() -> None:
    before = told(a_chunk(), probes=1_000, open_ports=0, bytes_sent=10**9)
    taken_over = before.model_copy(update={**sent_by(before), "attempt": 2, "progress": None})
    assert spent(taken_over, after=600) == micros_of(MACHINE, 600, bytes_out=10**9)
    gone = taken_over.model_copy(update=attempt_ended(taken_over, now=AT + timedelta(seconds=600)))
    again = gone.model_copy(update={"admitted": AT + timedelta(seconds=600), "admitted_after": 2})
    assert spent(again, after=700) == micros_of(MACHINE, 60), "once"


def test_a_chunk_with_more_open_ports_than_are_held_for_passes_by_the_cost_of_these_alone() -> None:
    chunk, more = a_chunk(), 1_000_000
    most = most_packets(chunk.cells, host_probes=0, rate=60_000, seconds=TASK_S)
    ended = told(chunk, probes=int(most), open_ports=PORTS_HELD + more)
    gb = price_list().of(MACHINE.region).data_out_gb
    beyond = more * (PORT_USD + MOST_SERVICE_BYTES / 1e9 * gb)
    assert spent(ended, after=TASK_S) - held(chunk) == pytest.approx(beyond * 1_000_000, abs=2)
    assert beyond < 5


def test_a_task_that_never_claimed_spends_a_minute_and_nothing_of_the_attempt_before() -> None:
    before = told(a_chunk(), probes=1_000_000, open_ports=50)
    later = before.model_copy(update={"admitted": AT + timedelta(hours=1), "admitted_after": 1})
    assert spent(later, after=3700) == micros_of(MACHINE, 60)


@pytest.mark.parametrize(
    ("of", "hosts", "open_ports"),
    [
        (snapshot("10.0.0.1", ports="1-65535", rate=100), 1, 20),
        (snapshot("10.0.0.0/24", ports="top-1000"), 50, 200),
        (snapshot("10.0.0.0/16", ports="22", rate=10_000), 30_000, 30_000),
        (snapshot("8.8.0.0/16", ports="top-1000", rate=50_000), 3_000, 12_000),
    ],
)
@pytest.mark.parametrize("chunk_seconds", [60, 1500])
def test_what_is_spent_of_tasks_is_no_less_than_the_whole_bill_that_is_expected(
    of: Snapshot, hosts: int, open_ports: int, chunk_seconds: int
) -> None:
    stage = means(chunk_seconds=chunk_seconds, deadline_s=1800)
    shape = shape_of(snapshot=of, means=stage, admit_loopback=False)
    case = Case(hosts=hosts, open_ports=open_ports, unnamed=0.15, start_s=40, steps_s=3)
    asked = usage_of(shape.errand, shape.layout, case)
    a_task = micros_of(
        MACHINE,
        asked.task_seconds / asked.tasks,
        bytes_out=asked.bytes_out / asked.tasks,
        open_ports=ceil(open_ports / asked.tasks),
    )
    assert asked.tasks * a_task / 1_000_000 >= bill(asked, MACHINE).total
