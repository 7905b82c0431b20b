"""How long the parts of a chunk take, and what they ask of AWS: measured, and the one place to change when they are cut."""

from dataclasses import dataclass
from math import ceil

from functions.core.engine import is_sampled
from functions.core.model import Protocol
from functions.core.profile import Discovery

HOST_PACE = {Protocol.TCP: 500, Protocol.UDP: 1}
"""Ports per second that one silent host allows: nmap's own slowing down, and kernels that send one ICMP error a second."""
PACKET_BYTES = 44
"""Of nmap's SYN over IPv4, IP's header included; and what bounds hold for a packet."""
MASSCAN_BYTES = 40
"""Of masscan's, which has no option."""
SERVICE_BYTES, MOST_SERVICE_BYTES = 5_000, 8_000
"""That `nmap -sV` sends to a port, as it mostly is, and at most."""
MOST_PPS = 60_000
"""That one task gets onto the wire, whatever its rate allows."""

PASS_S, LOOK_S = 5.3, 1.6
"""Of a pass of masscan beside its packets, in which it waits for late answers for four seconds; and of a look at a sample or a
pass of a small chunk that is not its last, which wait for one."""
SAMPLE, SAMPLE_SHARE = 16_384, 8
"""Cells of a sample, and the part of the chunk that it is, at most."""
TRIED_S = 30
"""A pass that takes longer is begun at a rate that one more look has tried."""
FEWEST_KNOWN, FEWEST_PORTS = 3_000, 100
"""Answers of the sample, and ports of a host, from which on one pass is enough where none is lost."""
REFUSING = 0.75
"""Of the hosts that are up: the others say nothing where nothing is open."""
OVERLAP_FROM, DISCOVERY_SHARE = 200, 7 / 8
"""Where ports are identified meanwhile: from which rate on, and what of it discovery has left."""

SILENT_ASKED = 2
"""Times that nmap puts each question of host discovery to a host that is silent: 516 packets to 256 of them, 8,193 to 4,096."""
MOST_PROBES = 32
"""Packets for each cell, at most, that the worker's own limits lead to whatever it hears: passes that are made again at lower
rates, looks with the resets that their answers get, what nmap repeats, and one more look at what was known."""
MOST_ASKED = 6
"""Times that nmap puts a question of host discovery, at most."""
NMAP_S = 1.5
"""Of a discovery by nmap beside its probes: its start, and the last time-outs."""
AT_ONCE = {Protocol.TCP: 0, Protocol.UDP: 8}
"""Ports that a silent host lets pass before it slows nmap down: kernels send a few ICMP errors in a row."""
UDP_S, QUICK_S, PATIENT_S = 0.5, 3.0, 13.0
"""A round of `nmap -sV`: on UDP ports, with a short patience for greetings, and with its own, for what that did not name."""
HOSTS_A_ROUND = 128
"""Four runs side by side, of 32 hosts each."""
SERVICE_RUNS = 13
"""Of `nmap -sV` in a chunk with many open ports: while more is found, the next is begun with what there is."""
PORT_S = 0.05
"""More for each open port: probes that nmap tries one after the other."""
WORKER_S = 1.7
"""Of an attempt: finding its tools at the beginning, packing and saving at the end."""
CHECKPOINT_S, CHECKPOINT_SHARE, LONGEST_CHECKPOINT_S = 5.0, 30, 20.0
"""A checkpoint is left after so many seconds, then after a part of the attempt's length so far, and after the last number at the latest."""
SCAN_STEPS = 2
"""Planning a scan and its end take so many times what the steps of a chunk do."""
LAMBDA_GB, INGEST_GB = 0.5, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one chunk has to do; hosts and ports are what is expected to be there."""

    protocol: Protocol
    addresses: float
    ports: float
    retries: int
    rate: int
    hosts: float
    open_ports: float
    unnamed: float
    """The share of the open ports that nmap is asked about a second time."""
    services: bool
    discovery: Discovery = Discovery.AUTO
    host_probes: float = 0.0
    """Packets that ask which hosts are there, where `addresses` are only those that are; none where each cell is asked."""

    @property
    def cells(self) -> float:
        return self.addresses * self.ports

    @property
    def by_masscan(self) -> bool:
        return self.protocol == Protocol.TCP and self.discovery == Discovery.AUTO

    @property
    def answering(self) -> float:
        """The share of the cells of which a refusal is heard, or an open port."""
        return min(1.0, REFUSING * self.hosts / self.addresses)

    @property
    def sampled(self) -> float:
        """Cells of the sample; none of chunks by another tool, and of small ones."""
        if not self.by_masscan or not is_sampled(int(self.cells)):
            return 0.0
        return min(SAMPLE, self.cells / SAMPLE_SHARE)

    @property
    def passes(self) -> int:
        """How many times masscan asks each cell, each in a run of its own."""
        enough = self.sampled * self.answering >= FEWEST_KNOWN and self.ports >= FEWEST_PORTS
        return 1 if enough else 1 + self.retries

    @property
    def looks(self) -> int:
        """At the sample: one before the first pass, one after each, and one at a rate that a long pass is to have."""
        return 1 + self.passes + (self.cells / self.discovery_rate > TRIED_S) if self.sampled else 0

    @property
    def probes(self) -> float:
        """nmap asks again only where it hears nothing."""
        if not self.by_masscan:
            return self.cells * (1 + self.retries * (1 - self.answering))
        return self.cells * self.passes + self.looks * self.sampled

    @property
    def overlaps(self) -> bool:
        """Whether ports are identified while others are looked for."""
        return self.services and self.protocol == Protocol.TCP and self.rate >= OVERLAP_FROM

    @property
    def discovery_rate(self) -> float:
        return min(MOST_PPS, self.rate * (DISCOVERY_SHARE if self.overlaps else 1))


def discovery_seconds(work: Work) -> float:
    first = _host_seconds(work)
    if not work.by_masscan:
        held_up = max(0.0, work.ports - AT_ONCE[work.protocol]) / HOST_PACE[work.protocol]
        return first + max(work.probes / work.discovery_rate, held_up) + NMAP_S
    return first + _sending_seconds(work) + _idle_seconds(work)


def _host_seconds(work: Work) -> float:
    return work.host_probes / work.discovery_rate + NMAP_S if work.host_probes else 0.0


def _sending_seconds(work: Work) -> float:
    """Until the last cell was asked for the last time."""
    passes = work.passes * work.cells / work.discovery_rate
    if not work.sampled:
        return passes + (work.passes - 1) * LOOK_S
    return passes + (work.passes - 1) * PASS_S + (work.looks - 1) * _look_seconds(work)


def _idle_seconds(work: Work) -> float:
    """From then to the end of discovery: nothing more is found."""
    return PASS_S + (_look_seconds(work) if work.sampled else 0)


def _look_seconds(work: Work) -> float:
    """masscan answers a refusal, which looks listen for, with a reset of its own, which takes of its rate."""
    return work.sampled * (1 + work.answering) / work.discovery_rate + LOOK_S


def service_seconds(work: Work) -> float:
    """From the end of discovery; nothing where nothing is open. Meanwhile, what is found last is asked last."""
    if not work.services or work.open_ports < 0.5:
        return 0.0
    rounds, unnamed = ceil(work.hosts / HOSTS_A_ROUND), work.unnamed * work.open_ports
    last = QUICK_S + PATIENT_S * min(1.0, unnamed)
    whole = last * rounds + PORT_S * work.open_ports
    if not work.overlaps or not work.by_masscan:
        return whole if work.protocol == Protocol.TCP else UDP_S * rounds + PORT_S * work.open_ports
    before = _idle_seconds(work) + _sending_seconds(work) / (1 + unnamed)
    return max(0.0, last - before, whole - discovery_seconds(work))


def added_seconds(protocol: Protocol, *, hosts: float, open_ports: float) -> float:
    """What so much more to identify adds to a chunk that has much of it already."""
    a_round = QUICK_S + PATIENT_S if protocol == Protocol.TCP else UDP_S
    return a_round * hosts / HOSTS_A_ROUND + PORT_S * open_ports


def scan_seconds(work: Work) -> float:
    """Of a worker, from its claim to its save."""
    return WORKER_S + discovery_seconds(work) + service_seconds(work)


def most_packets(cells: int, *, host_probes: int, rate: int, seconds: float) -> float:
    """That a task of so many seconds sends to look for ports in so many cells, at most: by its rate, and by what it may do.

    `host_probes`: packets to each host that ask whether it is there, without retries.
    """
    return min(rate * seconds, cells * (MOST_PROBES + MOST_ASKED * host_probes))


def bytes_sent(work: Work, packets: float) -> float:
    """To look for ports by so many packets, and to identify those that are open."""
    services = work.open_ports * SERVICE_BYTES if work.services else 0.0
    return packets * (MASSCAN_BYTES if work.by_masscan else PACKET_BYTES) + services


def most_bytes(packets: float, open_ports: float) -> float:
    """The same, at most."""
    return packets * PACKET_BYTES + open_ports * MOST_SERVICE_BYTES


def runs(work: Work) -> float:
    """Of tools, each of whose output is kept as an object."""
    discovery = work.passes + work.looks if work.by_masscan else 1
    return discovery + (min(work.open_ports, SERVICE_RUNS) if work.services else 0)


def checkpoints(seconds: float) -> int:
    """That an attempt of such a length leaves on its way: objects that are written."""
    left, at = 0, CHECKPOINT_S
    while at < seconds:
        left += 1
        at += max(CHECKPOINT_S, min(LONGEST_CHECKPOINT_S, at / CHECKPOINT_SHARE))
    return left
