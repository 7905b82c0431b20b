"""`vedette why HOST:PORT`: when a cell was last probed, how, what it answered, by which scan."""

from typing import Any

from cli.errors import UsageError
from cli.session import ago
from cli.terminal import proven_text, safe

Json = dict[str, Any]

ANSWERS = {
    "open": "answered: open",
    "refused": "refused the connection: closed",
    "no_answer": "gave no answer",
    "open_filtered": "gave no answer: open or filtered, UDP does not tell",
    "filtered": "is filtered: something on the way said that it may not be reached",
    "host_down": "was not probed further: the host was down",
    "not_open": "gave no open answer (discovery does not tell a refusal from silence)",
    "excluded": "was excluded",
    "not_covered": "was not covered",
}


def answer_word(answer: str) -> str:
    return "open|filtered" if answer == "open_filtered" else answer.replace("_", " ")


def split_cell(text: str) -> tuple[str, int, str]:
    """(host, port, protocol) of `10.0.0.1:443`, `[fd00::1]:53/udp` or `www.example.org:443/tcp`."""
    cell, _, protocol = text.partition("/")
    host, _, port = cell.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise UsageError(f"HOST:PORT: write an IPv6 address in brackets: [{host}]:{port}")
    if not host or not port.isdigit() or protocol not in {"", "tcp", "udp"}:
        raise UsageError("HOST:PORT: give a host and a port, e.g. 10.0.0.1:443 or [fd00::1]:53/udp")
    return host, int(port), protocol or "tcp"


def lines(answer: Json) -> list[str]:
    """What the API knows of a cell, as sentences."""
    told = [line for network in answer.get("networks", []) for line in _network_lines(network)]
    return told or ["No network of this project has ever covered this cell."]


def _missed(rate: float | None) -> str:
    if rate is None:
        return "samples of its chunk had no answers to tell by how likely an open port there was missed"
    return f"by samples of its chunk, an open port there was missed with a probability of {rate:.2%}"


def _network_lines(network: Json) -> list[str]:
    told = [f"In network {safe(network['name'])}:"]
    probe = network.get("last_probe")
    if probe:
        answer = ANSWERS.get(probe["answer"], "answered what is no longer kept")
        told.append(f"  last probed {ago(probe['at'])} ({probe['at']}) by {probe['how']}; it {answer}")
        if probe.get("sampled"):
            told.append(f"  {_missed(probe['miss_rate'])}")
        told.append(f"  scan {probe['scan']}, chunk {probe['chunk']}, attempt {probe['attempt']}")
    else:
        told.append("  never probed")
    exposure = network.get("exposure")
    if exposure:
        change = exposure["change"]
        showed = f": {answer_word(change['answer'])}" if change.get("answer") not in {None, "open"} else ""
        service = proven_text(exposure.get("service"))
        told.append(
            f"  {exposure['state']}{f' ({service})' if service else ''}, first seen {ago(exposure['first_seen'])},"
            f" last changed {ago(exposure['last_changed'])} ({change['kind']}{showed})"
        )
    return told
