"""Whole attempts with the real tools, against hosts whose truth is known."""

import base64
import hashlib
import signal
import ssl
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from functions.core.coverage import Answer, Method
from functions.core.everything import FEWEST_SERVICES, is_evidence
from functions.core.host_discovery import HostDiscovery
from functions.core.messages import HostLine
from functions.core.model import Protocol
from functions.core.scripts import ScriptChoice
from scanner_image.checkpoint import Checkpoint
from tests.lab.lab import Lab
from tests.scanner_image.cells_of import answers, cells
from tests.scanner_image.lab_attempts import PATIENCE_S, Attempts, chunk_spec

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

HOSTS = "10.77.0.8-10.77.0.18"
HOSTS6 = "fd77::8-fd77::12"
PORTS = "1-9000,31337,40021,50000,65535"
LOST_BYTES = 200
"""More than the questions of one run of nmap to a port, fewer than those of two."""
_PEM, _PEM_END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


@pytest.mark.parametrize(
    ("hosts", "rate"),
    [
        (HOSTS, 20_000),
        (HOSTS6, 60_000),
        *(
            pytest.param(hosts, rate, marks=pytest.mark.long)
            for hosts, rate in [(HOSTS, 8_000), (HOSTS, 60_000), (HOSTS6, 8_000), (HOSTS6, 20_000)]
        ),
    ],
)
def test_masscan_finds_the_whole_truth_at_any_rate(attempts: Attempts, hosts: str, rate: int) -> None:
    spec = chunk_spec(hosts, ports=PORTS, rate=rate)

    document = attempts.run(spec)

    assert document.open == attempts.truth(spec)
    assert document.trailer.outcome == "complete"
    assert {Path(command.argv[0]).name for command in document.trailer.commands} == {"masscan"}
    assert {line.how for line in document.coverage} == {Method.SYN}
    cells(spec, document.coverage)


@pytest.mark.parametrize("host", ["10.77.0.10", "fd77::a"])
def test_masscan_leaves_a_refusal_unanswered(attempts: Attempts, host: str) -> None:
    spec = chunk_spec(host, ports="9000-9099", rate=1000)

    with attempts.lab.capture() as sent:
        document = attempts.run(spec)

    assert {Path(command.argv[0]).name for command in document.trailer.commands} == {"masscan"}
    packets = Counter(packet.port for packet in sent.packets if str(packet.destination) == host and packet.port)
    assert packets == dict.fromkeys(range(9000, 9100), 1 + spec.profile.retries)


@pytest.mark.long
def test_hosts_that_refuse_few_probes_a_second_are_covered(attempts: Attempts) -> None:
    hosts = [attempts.lab.host(name) for name in ("web", "ssh", "database")]
    spec = chunk_spec("10.77.0.10-10.77.0.12", ports="1-20000", rate=60_000)
    for host in hosts:
        host.refuse_at_most(50)
    try:
        document = attempts.run(spec)
    finally:
        for host in hosts:
            host.refuse_all()

    assert document.trailer.outcome == "complete"
    assert document.open == attempts.truth(spec)


def test_nmap_discovery_tells_refusal_from_silence(attempts: Attempts) -> None:
    spec = chunk_spec("10.77.0.10", "10.77.0.15-10.77.0.16", ports="21-23,80,8000,8443,9999", discovery="nmap")

    document = attempts.run(spec)

    covered = answers(spec, document.coverage)
    assert document.open == attempts.truth(spec)
    assert covered["10.77.0.10", 22] == Answer.REFUSED
    assert covered["10.77.0.15", 80] == Answer.NO_ANSWER
    assert covered["10.77.0.16", 80] == Answer.REFUSED


def test_services_are_named(attempts: Attempts) -> None:
    spec = chunk_spec("10.77.0.10-10.77.0.13", "10.77.0.18", ports=PORTS, rate=20_000, profile="standard")

    document = attempts.run(spec)

    truth = {
        (asset, port): service.name
        for asset, answering in attempts.lab.truth.items()
        for (protocol, port), service in answering.items()
        if protocol == "tcp"
    }
    named = {(line.asset, line.port): line.service.name for line in document.observations}
    assert named == {cell: truth[cell] for cell in attempts.truth(spec)}
    assert document.trailer.outcome == "complete"


def test_scripts_say_what_they_were_asked_and_services_prove_who_they_are(attempts: Attempts) -> None:
    wanted = ScriptChoice(categories=("default",), names=("banner",), arguments={"banner.timeout": 5})
    standard = chunk_spec("10.77.0.10-10.77.0.11", ports="22,80,443", rate=2000, profile="standard")
    spec = standard.model_copy(update={"profile": standard.profile.model_copy(update={"scripts": wanted})})

    document = attempts.run(spec)

    found = {line.port: line for line in document.observations}
    assert found[80].scripts["http-title"] == "Lab"
    assert found[22].scripts["banner"].startswith("SSH-2.0-OpenSSH")
    assert found[443].service.tls is not None
    assert found[443].service.tls.sha256 == shown_certificate(attempts.lab, "10.77.0.10:443")
    assert {(key.type, key.sha256) for key in found[22].service.ssh} == shown_keys(attempts.lab, "10.77.0.11")


def shown_certificate(lab: Lab, server: str) -> str:
    """As openssl sees it: its SHA-256."""
    pem = asked(lab, "openssl", "s_client", "-connect", server)
    return hashlib.sha256(
        ssl.PEM_cert_to_DER_cert(pem[pem.index(_PEM) : pem.index(_PEM_END) + len(_PEM_END)])
    ).hexdigest()


def shown_keys(lab: Lab, server: str) -> set[tuple[str, str]]:
    """As OpenSSH sees them: type, and SHA-256 as it writes it."""
    lines = [line.split() for line in asked(lab, "ssh-keyscan", server).splitlines() if not line.startswith("#")]
    digests = {kind: hashlib.sha256(base64.b64decode(blob)).digest() for _, kind, blob in lines}
    return {(kind, base64.b64encode(each).decode().rstrip("=")) for kind, each in digests.items()}


def asked(lab: Lab, *argv: str) -> str:
    return subprocess.run(
        lab.in_worker(argv), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=True
    ).stdout


def test_udp_states_are_kept_apart(attempts: Attempts) -> None:
    spec = chunk_spec("10.77.0.12-10.77.0.13", "10.77.0.15", ports="53,161", protocol=Protocol.UDP)

    document = attempts.run(spec)

    covered = answers(spec, document.coverage)
    assert document.open == {("10.77.0.13", 53)}
    assert covered["10.77.0.12", 53] == Answer.REFUSED
    assert covered["10.77.0.15", 53] == Answer.OPEN_FILTERED
    assert {line.how for line in document.coverage} == {Method.UDP}


def test_a_known_udp_port_whose_answers_got_lost_stays_open(attempts: Attempts) -> None:
    host = attempts.lab.host("dns")
    known = [{"asset": str(host.address), "protocol": "udp", "port": 53}]
    spec = chunk_spec(str(host.address), ports="53,161", protocol=Protocol.UDP, known=known)

    with host.deaf_to_the_first(LOST_BYTES, "udp", 53):
        document = attempts.run(spec)

    assert len(document.trailer.commands) == 2, "the first one heard nothing"
    assert document.open == {(str(host.address), 53)}


@pytest.mark.long
@pytest.mark.parametrize(("protocol", "ports"), [(Protocol.UDP, "53,161,500"), (Protocol.TCP, "3306,8000,8443")])
def test_a_port_that_a_firewall_forbids_is_told_from_a_silent_one(
    attempts: Attempts, protocol: Protocol, ports: str
) -> None:
    silence = {Protocol.UDP: Answer.OPEN_FILTERED, Protocol.TCP: Answer.NO_ANSWER}[protocol]
    spec = chunk_spec("10.77.0.15-10.77.0.16", ports=ports, protocol=protocol, discovery="nmap")

    document = attempts.run(spec)

    covered = answers(spec, document.coverage)
    assert document.open == attempts.truth(spec)
    assert document.trailer.outcome == "complete"
    shut = {cell: answer for cell, answer in covered.items() if cell not in document.open}
    dropping, rejecting = (
        {answer for (asset, _), answer in shut.items() if asset == each} for each in ("10.77.0.15", "10.77.0.16")
    )
    assert (dropping, rejecting) == ({silence}, {Answer.FILTERED})


@pytest.mark.long
@pytest.mark.parametrize(("by", "silent"), [("icmp", {"10.77.0.15", "10.77.0.60"}), ("tcp", {"10.77.0.60"})])
def test_the_ports_of_hosts_that_answer_no_question_are_not_asked(
    attempts: Attempts, by: str, silent: set[str]
) -> None:
    spec = chunk_spec("10.77.0.10-10.77.0.15", "10.77.0.60", ports="22,80,8443")
    asking = HostDiscovery.model_validate({"by": [by], "tcp_ports": [22]})
    profile = spec.profile.model_copy(update={"host_discovery": asking})
    spec = spec.model_copy(update={"profile": profile})

    document = attempts.run(spec)

    covered = answers(spec, document.coverage)
    assert {asset for (asset, _), answer in covered.items() if answer == Answer.NOT_COVERED} == silent
    assert document.open == {cell for cell in attempts.truth(spec) if cell[0] not in silent}
    told = {line.reason for line in document.coverage if line.answer == Answer.NOT_COVERED}
    assert told == {f"no answer to host discovery ({by})"}


def test_known_exposures_are_told_apart(attempts: Attempts) -> None:
    """Still open, stopped, dropped and gone: masscan sees three of them alike."""
    lab = attempts.lab
    known = [
        {"asset": str(lab.host(host).address), "protocol": "tcp", "port": port}
        for host, port in (("web", 80), ("mail", 25), ("ssh", 22), ("database", 6379))
    ]
    lab.host("mail").stop("smtp")
    lab.drop("ssh", "tcp", 22)
    lab.host("database").vanish()
    try:
        spec = chunk_spec("10.77.0.10-10.77.0.18", ports="22,25,80,6379", known=known)
        covered = answers(spec, attempts.run(spec).coverage)
    finally:
        lab.host("database").come_back()
        lab.undrop("ssh", "tcp", 22)
        lab.host("mail").start("smtp")

    assert covered[str(lab.host("web").address), 80] == Answer.OPEN
    assert covered[str(lab.host("mail").address), 25] == Answer.REFUSED
    assert covered[str(lab.host("ssh").address), 22] == Answer.NO_ANSWER
    assert covered[str(lab.host("database").address), 6379] in {Answer.HOST_DOWN, Answer.NO_ANSWER}


def test_sigterm_saves_within_seconds_and_stops_sending(attempts: Attempts) -> None:
    spec = chunk_spec("10.77.0.0-10.77.0.255", ports="1-65535", rate=5_000)
    process = attempts.start(spec)
    wait_for(lambda: bool(attempts.left and attempts.left.open), seconds=120)
    began = time.monotonic()

    process.send_signal(signal.SIGTERM)

    assert process.wait(90) == 0
    assert time.monotonic() - began < 45
    document = attempts.document()
    assert document.trailer.outcome == "partial"
    assert document.observations
    assert not running_in(attempts.lab.worker_namespaces[0])


def test_a_killed_worker_leaves_no_scanner_behind(attempts: Attempts) -> None:
    process = attempts.start(chunk_spec("10.77.0.0-10.77.0.255", ports="1-65535", rate=5_000))
    namespace = attempts.lab.worker_namespaces[0]
    wait_for(lambda: any("masscan" in line for line in running_in(namespace)))

    process.kill()
    process.wait()

    wait_for(lambda: not running_in(namespace))


def test_a_killed_attempt_is_gone_on_with(attempts: Attempts) -> None:
    spec = chunk_spec(HOSTS, ports=PORTS, rate=8_000)
    process = attempts.start(spec)
    wait_for(lambda: is_amid_a_run(attempts.left), seconds=PATIENCE_S)
    process.kill()
    process.wait()

    assert attempts.start(spec, earlier=1).wait(PATIENCE_S) == 0

    document = attempts.document(attempt=2)
    assert document.open == attempts.truth(spec)
    assert document.trailer.outcome == "complete"
    assert any("--resume-index" in command.argv for command in document.trailer.commands)
    cells(spec, document.coverage)


def test_nothing_listens_while_it_scans(attempts: Attempts) -> None:
    process = attempts.start(chunk_spec("10.77.0.0-10.77.0.255", ports="1-65535", rate=5_000))
    namespace = attempts.lab.worker_namespaces[0]
    try:
        wait_for(lambda: any("masscan" in line for line in running_in(namespace)))
        listening = subprocess.run(
            attempts.lab.in_worker(["ss", "-H", "-l", "-n", "-t", "-u"]), capture_output=True, check=True, text=True
        )
    finally:
        process.kill()
        process.wait()

    assert not listening.stdout.strip()


def is_amid_a_run(left: Checkpoint | None) -> bool:
    """Whether a run of masscan has come some way, and not to its end."""
    runs = [run for sweep in left.sweeps for run in sweep.runs] if left else []
    return any(not run.ended and run.reached >= run.shard[1] for run in runs)


def running_in(namespace: str) -> list[str]:
    """The command lines of the scanners in a namespace."""
    pids = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, check=True, text=True).stdout.split()
    lines = [_command_line(pid) for pid in pids]
    return [line for line in lines if "masscan" in line or "nmap" in line]


def _command_line(pid: str) -> str:
    try:
        return (Path("/proc") / pid / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.2)


def test_a_host_that_answers_on_everything_holds_up_nobody(attempts: Attempts) -> None:
    web, everything = (str(attempts.lab.host(name).address) for name in ("web", "everything"))
    plain = chunk_spec(web, everything, ports="80,443,1001-1300", rate=20_000, profile="standard")
    spec = plain.model_copy(update={"profile": plain.profile.model_copy(update={"os_detection": True})})

    document = attempts.run(spec, name_servers=str(attempts.lab.host("dns").address))

    named = {line.port: line.service for line in document.observations if line.asset == web}
    assert (named[443].product, named[443].tunnel) == ("nginx", "ssl")
    answering = [line for line in document.observations if line.asset == everything]
    assert len(answering) == 302
    assert sum(is_evidence(line.service) for line in answering) < FEWEST_SERVICES
    hosts = {line.asset: line for line in document.lines if isinstance(line, HostLine)}
    assert hosts[web].certificate_names == ("web.lab.test",)
    assert hosts[web].names == (f"at-{web.replace('.', '-')}.lab.test",)
    assert "Linux" in hosts[web].os
    asked = [command for command in document.trailer.commands if "-sV" in command.argv]
    assert 2 <= len(asked) <= 3
    assert sum(command.seconds for command in asked) < 300
