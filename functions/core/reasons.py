"""The sentences of an alert's why: what is wrong, by which rule and version, and the evidence that it rests on."""

from collections.abc import Iterator
from datetime import datetime

from functions.core.alert import AlertType, RuleRef
from functions.core.coverage import Method
from functions.core.coverage_map import Stamp
from functions.core.exposure import Change, Exposure, ExposureState
from functions.core.facts import Certificate, another_party
from functions.core.host import Host
from functions.core.policy import Decision, NamedCell, told
from functions.core.scan import Scan
from functions.core.service import Service

MAX_TEXT = 1024
_HOW = {
    Method.SYN: "a SYN probe",
    Method.CONNECT: "a full connection",
    Method.UDP: "a UDP probe",
    Method.NONE: "no probe",
}


def openness(kind: AlertType, exposure: Exposure, change: Change, decision: Decision) -> str:
    """Why an open port is wrong. `change`: the opening or reopening that it rests on."""
    ruled = {
        AlertType.BLOCKED: f", and {decision.text}",
        AlertType.NOT_ALLOWED: f": {decision.text}",
        AlertType.REOPENED: " again",
        AlertType.NEW_PORT: "",
    }[kind]
    return _joined(f"{_cell(exposure)} is open{ruled}. {_before(change)} {evidence(change)}", _repeats(exposure))


def closed(exposure: Exposure, change: Change, rule: RuleRef) -> str:
    found = f"{_cell(exposure)} is not open, and {told(rule)} expects it to be. {evidence(change)}"
    return _joined(found, _repeats(exposure))


def never_open(cell: NamedCell, stamp: Stamp) -> str:
    return (
        f"{cell.port}/{cell.protocol} on {cell.asset} was never open, and {told(cell.rule)} expects it to be. "
        f"Last covered by {_HOW[stamp.how]} at {_time(stamp.last)}, "
        f"scan {stamp.scan}, chunk {stamp.chunk}, attempt {stamp.attempt}."
    )


def service_changed(exposure: Exposure, before: Service) -> str:
    after = exposure.service
    now = f"{_cell(exposure)} answers as {_service(after)} where it answered as {_service(before)}."
    told = (now,) if _service(after) != _service(before) else ()
    return _joined(*(*told, *_proofs(exposure, before)) or (now,), evidence(exposure.change))


def _proofs(exposure: Exposure, before: Service) -> Iterator[str]:
    """What of its host keys and its certificate is another."""
    known = {key.type: key.sha256 for key in before.ssh}
    for key in exposure.service.ssh:
        if known.get(key.type, key.sha256) != key.sha256:
            yield f"{_cell(exposure)} has another {key.type} host key: SHA256:{key.sha256}, before SHA256:{known[key.type]}."
    after = exposure.service.tls
    if after and before.tls and another_party(before.tls, after):
        yield f"{_cell(exposure)} shows a certificate {_party(after)}, before one {_party(before.tls)}."


def _party(certificate: Certificate) -> str:
    return f"for {certificate.subject[:80]} by {(certificate.issuer_organisation or certificate.issuer)[:80]}"


def new_host(host: Host) -> str:
    names = f" ({', '.join(host.names[:3])})" if host.names else ""
    seen = f", scan {host.scan}" if host.scan else ""
    return f"{host.asset}{names} is up: its address was covered before and nothing was there. Seen at {_time(host.first_seen)}{seen}."


def answers_everything(host: Host, since: datetime) -> str:
    scan = f", scan {host.scan}" if host.scan else ""
    return (
        f"{host.asset} answers on so many ports without a service that its open ports say nothing: "
        f"their own alerts are held back. Since {_time(since)}{scan}."
    )


def scan_failed(scan: Scan) -> str:
    return f"Scan {scan.id} of {_time(scan.created)} failed: {scan.reason or 'nothing was covered'}."[:MAX_TEXT]


def evidence(change: Change) -> str:
    return (
        f"{_ANSWERS.get(change.kind, 'Answered')} {_HOW[change.how]} at {_time(change.at)}, "
        f"scan {change.scan}, chunk {change.chunk}, attempt {change.attempt}."
    )


_ANSWERS = {"closed": "Found so by", "settled": "Found so by", "missed": "Found so by"}


def _before(change: Change) -> str:
    if change.previous_covered is None:
        return "It had never been covered before."
    return f"It was covered at {_time(change.previous_covered)} and not open then."


def _repeats(exposure: Exposure) -> str:
    if exposure.state is ExposureState.FLAPPING:
        since = f" since {_time(exposure.flips[0])}" if exposure.flips else ""
        return f"It flaps: it opened and closed {len(exposure.flips)} times{since}."
    return f"It reopened {_times(exposure.reopened)} within the network's window." if exposure.reopened else ""


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _cell(exposure: Exposure) -> str:
    asset = exposure.asset if exposure.asset == exposure.address else f"{exposure.asset} ({exposure.address})"
    return f"{exposure.port}/{exposure.protocol} on {asset}"


def _service(service: Service) -> str:
    parts = (service.product[:80], service.name[:40], f"inside {service.tunnel}" if service.tunnel else "")
    return " ".join(part for part in parts if part) or "nothing known"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _joined(*sentences: str) -> str:
    return " ".join(each for each in sentences if each)[:MAX_TEXT]
