"""The lab is what it says it is."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree

from tests.lab import namespaces
from tests.lab.host import Host
from tests.lab.hosts import Port, Service, many
from tests.lab.lab import Lab
from tests.lab.truth import listening

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

CLOSED_OR_HIDDEN = {2, 1000, 2000, 3306, 65534}
REPOSITORY = Path(__file__).parents[2]


def nmap(lab: Lab, *arguments: str, worker: int = 0) -> Element:
    done = subprocess.run(
        lab.in_worker(["nmap", "-n", "-Pn", "-oX", "-", *arguments], worker=worker),
        capture_output=True,
        check=True,
        timeout=400,
    )
    document: Element = ElementTree.fromstring(done.stdout)
    return document


def open_services(document: Element) -> dict[str, dict[Port, Service]]:
    found: dict[str, dict[Port, Service]] = {}
    for host in document.iter("host"):
        address = host.find("address")
        assert address is not None
        for port in host.iter("port"):
            state, service = port.find("state"), port.find("service")
            if state is not None and state.get("state") == "open":
                cell: Port = ("udp" if port.get("protocol") == "udp" else "tcp", int(port.attrib["portid"]))
                told = {} if service is None else service.attrib
                found.setdefault(address.attrib["addr"], {})[cell] = Service(
                    told.get("name", ""), told.get("product"), told.get("version"), tls=told.get("tunnel") == "ssl"
                )
    return found


def without_unknown_versions(
    found: dict[str, dict[Port, Service]], truth: dict[str, dict[Port, Service]]
) -> dict[str, dict[Port, Service]]:
    """What was found, with the versions left out that the truth does not tell."""
    return {
        address: {
            cell: service
            if truth.get(address, {}).get(cell, service).version
            else Service(service.name, service.product, tls=service.tls)
            for cell, service in services.items()
        }
        for address, services in found.items()
    }


def state_of(lab: Lab, host: Host, port: int) -> tuple[str, str]:
    """What nmap says of one TCP port, and why."""
    document = nmap(lab, "-sS", "--max-retries", "1", "-p", str(port), str(host.address))
    state = next(document.iter("state"))
    return state.attrib["state"], state.attrib["reason"]


def test_nmap_sees_exactly_the_truth_over_ipv4_and_ipv6(lab: Lab) -> None:
    ports = CLOSED_OR_HIDDEN | {
        port for host in lab.hosts if host.name != "everything" for proto, port in host.truth if proto == "tcp"
    }
    truth = {
        address: {cell: service for cell, service in services.items() if cell[0] == "tcp" and cell[1] in ports}
        for address, services in lab.truth.items()
    }
    common = ["-sS", "-sV", "-p", ",".join(map(str, sorted(ports)))]

    with ThreadPoolExecutor() as side_by_side:
        over_ipv4 = side_by_side.submit(nmap, lab, *common, *(str(host.address) for host in lab.hosts))
        over_ipv6 = side_by_side.submit(nmap, lab, "-6", *common, *(str(host.address6) for host in lab.hosts), worker=1)
    found = open_services(over_ipv4.result()) | open_services(over_ipv6.result())

    assert without_unknown_versions(found, truth) == truth


def test_dns_answers_over_udp(lab: Lab) -> None:
    dns, web = lab.host("dns"), lab.host("web")

    found = open_services(nmap(lab, "-sU", "-sV", "-p", "53", str(dns.address), str(web.address)))

    assert {address: set(services) for address, services in found.items()} == {str(dns.address): {("udp", 53)}}
    assert found[str(dns.address)]["udp", 53].product == "dnsmasq"


@pytest.mark.parametrize(
    ("host", "port", "answer"),
    [
        ("web", 81, ("closed", "reset")),
        ("silent", 22, ("closed", "reset")),
        ("dropping", 3306, ("filtered", "no-response")),
        ("rejecting", 81, ("closed", "reset")),
        ("rejecting", 3306, ("filtered", "admin-prohibited")),
        ("everything", 12345, ("open", "syn-ack")),
    ],
)
def test_each_sort_of_host_answers_in_its_way(lab: Lab, host: str, port: int, answer: tuple[str, str]) -> None:
    assert state_of(lab, lab.host(host), port) == answer


def test_a_service_listens_behind_each_firewall_that_hides_it(lab: Lab) -> None:
    for name in ("dropping", "rejecting"):
        host = lab.host(name)
        over_ipv4, over_ipv6 = listening(host.namespace)
        assert ("tcp", 3306) in over_ipv4 & over_ipv6
        assert ("tcp", 3306) not in lab.truth[str(host.address)]


def test_dark_addresses_give_no_answer(lab: Lab) -> None:
    states = list(nmap(lab, "-sS", "--max-retries", "0", "-p", "80", str(lab.dark)).iter("state"))

    assert {(state.get("state"), state.get("reason")) for state in states} == {("filtered", "no-response")}


def test_masscan_reaches_hosts_through_the_router(lab: Lab) -> None:
    web = lab.host("web")
    argv = ["masscan", str(web.address), "-p80", "--rate", "100", "--wait", "3", "--retries", "3", "-oD", "-"]
    # stdbuf, because masscan holds its lines back; the lines are read as they come, because it may never end.
    process = subprocess.Popen(
        lab.in_worker(["timeout", "120", "stdbuf", "-oL", *argv]), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        process.kill()

    assert (line["ip"], line["port"], line["rec_type"]) == (str(web.address), 80, "status")


@pytest.fixture
def web(lab: Lab) -> Iterator[Host]:
    host = lab.host("web")
    before = host.truth
    yield host
    assert host.truth == before, "the test did not put its host back"


def test_a_stopped_service_is_refused_until_it_starts_again(lab: Lab, web: Host) -> None:
    web.stop("http")
    assert ("tcp", 80) not in lab.truth[str(web.address)]
    assert state_of(lab, web, 80) == ("closed", "reset")

    web.start("http")
    assert ("tcp", 80) in lab.truth[str(web.address)]
    assert state_of(lab, web, 80) == ("open", "syn-ack")


def test_a_stopped_daemon_is_refused_until_it_starts_again(lab: Lab) -> None:
    database = lab.host("database")

    database.stop("redis")
    assert state_of(lab, database, 6379) == ("closed", "reset")

    database.start("redis")
    assert state_of(lab, database, 6379) == ("open", "syn-ack")


def test_a_service_can_come_back_in_another_version(lab: Lab, web: Host) -> None:
    web.stop("http")
    web.start("http", version="1.25.3")
    found = open_services(nmap(lab, "-sS", "-sV", "-p", "80", str(web.address)))
    told = lab.truth[str(web.address)]["tcp", 80]
    web.stop("http")
    web.start("http")

    assert found[str(web.address)]["tcp", 80] == told == Service("http", "nginx", "1.25.3")


def test_a_vanished_host_gives_no_answer_until_it_comes_back(lab: Lab, web: Host) -> None:
    web.vanish()
    assert str(web.address) not in lab.truth
    assert state_of(lab, web, 80) == ("filtered", "no-response")

    web.come_back()
    assert state_of(lab, web, 80) == ("open", "syn-ack")
    assert next(nmap(lab, "-6", "-sS", "-p", "80", str(web.address6)).iter("state")).get("state") == "open"


def test_a_dropped_port_gives_no_answer_until_undropped(lab: Lab, web: Host) -> None:
    lab.drop("web", "tcp", 80)
    assert ("tcp", 80) not in lab.truth[str(web.address)]
    assert state_of(lab, web, 80) == ("filtered", "no-response")
    assert state_of(lab, web, 8080) == ("open", "syn-ack")

    lab.undrop("web", "tcp", 80)
    assert state_of(lab, web, 80) == ("open", "syn-ack")


def test_a_redirected_port_can_be_dropped(lab: Lab) -> None:
    everything = lab.host("everything")

    lab.drop("everything", "tcp", 4000)
    dropped = state_of(lab, everything, 4000)
    lab.undrop("everything", "tcp", 4000)

    assert dropped == ("filtered", "no-response")


def test_a_capture_holds_what_the_workers_sent(lab: Lab) -> None:
    web, ssh = lab.host("web"), lab.host("ssh")

    with lab.capture() as sent:
        nmap(lab, "-sS", "-p", "80,81", str(web.address), worker=1)
        nmap(lab, "-6", "-sS", "-p", "22", str(ssh.address6), worker=2)

    assert sent.lost == 0
    assert {(packet.destination, packet.port) for packet in sent.packets if packet.proto == 6} == {
        (web.address, 80),
        (web.address, 81),
        (ssh.address6, 22),
    }
    assert {packet.source for packet in sent.packets} == {lab.workers[1].address, lab.workers[2].address6}


def links(argv_in: Sequence[str] = ()) -> set[str]:
    return {link["ifname"] for link in json.loads(namespaces.run([*argv_in, "ip", "-j", "link"]))}


def test_the_lab_has_no_way_out(lab: Lab) -> None:
    for namespace in lab.namespaces:
        inside = namespaces.in_namespace(namespace, [])
        planned = (
            {"hosts", *(place.router_port for place in (*lab.workers, *(host.place for host in lab.hosts)))}
            if namespace == lab.router_namespace
            else {"eth0"}
        )
        assert links(inside) == {"lo", *planned}
    for destination in ("192.0.2.1", "2001:db8::1"):
        with pytest.raises(namespaces.LabError, match="unreachable"):
            namespaces.run(namespaces.in_namespace(lab.router_namespace, ["ip", "route", "get", destination]))


def test_workers_stand_on_other_segments_than_their_targets(lab: Lab) -> None:
    assert len(set(lab.worker_namespaces)) >= 3
    assert all(worker.address not in lab.network and worker.address6 not in lab.network6 for worker in lab.workers)


def test_closing_leaves_nothing_behind_and_spares_other_labs(lab: Lab) -> None:
    before = links()
    other = Lab.start(many(3, seed=1))
    left_running = subprocess.Popen(
        other.in_worker(["sh", "-c", "echo inside; exec sleep 1000"]), stdout=subprocess.PIPE, text=True
    )
    assert left_running.stdout is not None
    with left_running.stdout as said:
        assert said.readline() == "inside\n"
    servers = namespaces.processes(other.namespaces)
    assert servers == [left_running.pid]
    assert namespaces.existing(f"vlab-{other.lab_id}-") == sorted(other.namespaces)

    other.close()

    assert left_running.wait(timeout=60) == -signal.SIGKILL
    assert namespaces.existing(f"vlab-{other.lab_id}-") == []
    assert links() == before
    assert state_of(lab, lab.host("web"), 80) == ("open", "syn-ack")


def test_a_lab_that_cannot_be_built_leaves_nothing_behind() -> None:
    twice = many(1, seed=1) * 2

    with pytest.raises(namespaces.LabError, match="File exists") as failure:
        Lab.start(twice)

    prefix = re.search("vlab-[0-9a-f]+-", str(failure.value))
    assert prefix is not None
    assert namespaces.existing(prefix[0]) == []


def test_a_killed_lab_is_swept_away_by_the_next(lab: Lab) -> None:
    die = "import os, signal; from tests.lab.lab import Lab; print(Lab.start().lab_id, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    killed = subprocess.run(
        [sys.executable, "-c", die], cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    prefix = f"vlab-{killed.stdout.strip()}-"
    leftover = namespaces.existing(prefix)
    assert leftover

    with Lab.start(many(1, seed=1)):
        assert namespaces.existing(prefix) == []
        assert namespaces.existing(f"vlab-{lab.lab_id}-") == sorted(lab.namespaces)


def test_a_larger_lab_tells_the_truth() -> None:
    with Lab.start(many(16, seed=7)) as large, ThreadPoolExecutor(2) as side_by_side:
        addresses = [str(host.address) for host in large.hosts]
        ports = ",".join(sorted({str(port) for host in large.hosts for _, port in host.truth}))
        halves = list(
            side_by_side.map(
                lambda part: nmap(large, "-sS", "-p", ports, *addresses[part::2], worker=part),
                range(2),
            )
        )
        found = {address: set(cells) for half in halves for address, cells in open_services(half).items()}

        assert found == {address: set(large.truth[address]) for address in addresses}
