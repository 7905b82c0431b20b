"""One reading of one nmap document in a process of its own: prints its seconds, its memory at the most, and what it found.

python -m tests.bench.parsers ours|counting|libnmap FILE
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from functions.core.coverage import Answer, Method

_READ_BYTES = 1 << 16
"""As much as the worker reads at once from nmap's output."""

Found = dict[str, int]


Reader = Callable[[Path], Found]


def ours() -> Reader:
    """All that the worker keeps of it: hosts, names, systems, services, scripts, names in certificates, every cell's verdict."""
    from scanner_image.findings import OpenPort, SeenHost, certificate_names
    from scanner_image.nmap import address_of, verdict
    from scanner_image.nmap_host import NmapHost
    from scanner_image.nmap_xml import NmapXml

    class Taken:
        def __init__(self) -> None:
            self.ports = self.observations = self.cpe = self.scripts = self.certificates = self.silent = 0

        def __call__(self, host: NmapHost) -> None:
            address_of(host)
            at = datetime.now(UTC)
            SeenHost(at, host.up, host.reason, tuple(host.names), host.mac, host.vendor)
            opens = []
            for port in host.ports:
                if port.state != "open":
                    self.silent += verdict(port.state, port.reason, Method.SYN).answer is Answer.NO_ANSWER
                    continue
                opens.append(OpenPort(Method.SYN, at, port.service, port.scripts))
            self.cpe += sum([len(each.service.cpe) for each in opens])
            self.scripts += sum([len(each.scripts) for each in opens])
            self.certificates += len(certificate_names(opens))
            self.observations += len(opens)
            self.ports += len(host.ports)
            for rest in host.rest:
                self.silent += (
                    verdict(rest.state, rest.reason, Method.SYN).answer is Answer.NO_ANSWER and rest.ports.count
                )

    def read(path: Path) -> Found:
        taken = Taken()
        xml = NmapXml(host=taken, progress=lambda _task, _percent: None)
        with path.open("rb") as file:
            while data := file.read(_READ_BYTES):
                xml.feed(data)
        if not xml.finished:
            raise ValueError(f"{path} was not read to its end: {xml.broken}")
        return vars(taken)

    return read


def counting() -> Reader:
    """The least that a safe reading of all elements can be."""
    from defusedxml.ElementTree import iterparse

    def read(path: Path) -> Found:
        ports = 0
        for _, element in iterparse(str(path)):
            if element.tag == "port":
                ports += 1
            element.clear()
        return {"ports": ports}

    return read


def libnmap() -> Reader:
    """python-libnmap reads with defusedxml where that is installed, as it is here."""
    parser = import_module("libnmap.parser").NmapParser  # it has no types

    def read(path: Path) -> Found:
        report = parser.parse_fromfile(str(path))
        return {"ports": sum(len(host.services) for host in report.hosts)}

    return read


READERS: dict[str, Callable[[], Reader]] = {"ours": ours, "counting": counting, "libnmap": libnmap}
"""Each imports what it needs before its time is taken."""


def peak_mib() -> float:
    """Of this process since it was begun, whatever its parent holds."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (told,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return round(int(told.split()[1]) / 1024, 1)


def main(name: str, path: str) -> None:
    read = READERS[name]()
    begun = time.process_time()
    found = read(Path(path))
    seconds = time.process_time() - begun
    sys.stdout.write(json.dumps({"seconds": round(seconds, 2), "peak_mib": peak_mib(), "found": found}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
