"""Small shell scripts that stand where nmap, masscan and ip would: they crash, hang and break off to order."""

import json
from dataclasses import dataclass
from pathlib import Path

NMAP_HEAD = '<?xml version="1.0"?><!DOCTYPE nmaprun><nmaprun>'
NMAP_END = '<runstats><finished exit="success"/></runstats></nmaprun>'
PROBE = '<host><address addr="127.0.0.1" addrtype="ipv4"/><ports><port protocol="tcp" portid="1"><state state="closed" reason="reset"/></port></ports></host>'
DONE = r"printf 'rate:  1.00-kpps, 100.00%% done, waiting 0-secs, found=1       \r' >&2"
ACCOUNT = "echo 'vedette-pcap: received 9, dropped 0, unread 0, sent 99999999, unsent 0' >&2"

UNSENT = "echo 'sendto in send_ip_packet_sd: sendto(5, packet, 44, 0, 10.55.0.1, 16) => Operation not permitted' >&2"
"""What nmap says of a packet that the system does not let it send."""


def nmap_host(address: str, *, open_ports: str = "", closed: str = "", silent: str = "") -> str:
    """A finished host; ports as `1-3,5`, open ones as a list of single ports."""
    ports = "".join(
        f'<port protocol="tcp" portid="{port}"><state state="open" reason="syn-ack"/></port>'
        for port in open_ports.split(",")
        if port
    )
    for state, reason, numbers in (("closed", "reset", closed), ("filtered", "no-response", silent)):
        if numbers:
            ports += f'<extraports state="{state}"><extrareasons reason="{reason}" ports="{numbers}"/></extraports>'
    return (
        f'<host><status state="up" reason="user-set"/><address addr="{address}" addrtype="ipv4"/>'
        f"<ports>{ports}</ports></host>"
    )


def discovered(address: str, port: int) -> str:
    return f"echo 'Discovered open port {port}/tcp on {address}                '"


@dataclass
class FakeTools:
    """`directory` is first on the PATH and open to every user. Each body is shell; `raw` says whether the raw probe is answered."""

    directory: Path

    def install(self, *, nmap: str = "", masscan: str = "", ip: str = "", raw: bool = True) -> None:
        self._script("ip", ip or self._ip())
        probe = f"echo '{NMAP_HEAD}{PROBE if raw else ''}{NMAP_END}'; exit 0"
        self._script(
            "nmap",
            'case "$*" in\n'
            "  --version) echo 'Nmap version 7.93 ( https://nmap.org )'; exit 0;;\n"
            f"  *127.0.0.1) {probe};;\n"
            f"esac\ntouch {self.directory}/ran-nmap\n{nmap}",
        )
        self._script(
            "masscan",
            'case "$*" in *--version*) echo "Masscan version 1.3.2"; exit 0;; esac\n'
            f"touch {self.directory}/ran-masscan\n{masscan}",
        )

    def whole_nmap(self, *hosts: str) -> str:
        return f"cat <<'XML'\n{NMAP_HEAD}{''.join(hosts)}{NMAP_END}\nXML"

    def ran(self, tool: str) -> bool:
        return (self.directory / f"ran-{tool}").exists()

    def _ip(self) -> str:
        get = [{"dev": "eth0", "gateway": "10.9.0.1", "prefsrc": "10.9.0.2"}]
        link = [{"link_type": "ether"}]
        return (
            'case "$*" in\n'
            f"  *'route show'*) echo '{json.dumps([{'dst': 'default'}])}';;\n"
            f"  *'route get 10.66'*) echo unreachable >&2; exit 2;;\n"
            f"  *'route get 10.55'*) echo '{json.dumps([{'dev': 'lo', 'type': 'local'}])}';;\n"
            f"  *'route get'*) echo '{json.dumps(get)}';;\n"
            f"  *link*) echo '{json.dumps(link)}';;\n"
            "  *) echo '[]';;\nesac"
        )

    def _script(self, name: str, body: str) -> None:
        path = self.directory / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
