"""Which alerts are called for by what is more or less than an exposure: a host, a network, a cell that was never open."""

import ipaddress
from datetime import datetime

from functions.core import reasons
from functions.core.alert import Alert, AlertType, Why
from functions.core.coverage_map import Stamp
from functions.core.derive import Call, Ground, group_of
from functions.core.host import Host
from functions.core.ids import derived_id
from functions.core.network import Network
from functions.core.policy import NamedCell
from functions.core.scan import Scan
from functions.core.severity import rated


def of_host(host: Host, ground: Ground) -> tuple[Call, ...]:
    calls = []
    if not host.baseline:
        calls.append(_of_host(AlertType.NEW_HOST, host, ground, host.first_seen, reasons.new_host(host)))
    if host.answers_everything:
        text = reasons.answers_everything(host, host.answers_everything)
        calls.append(_of_host(AlertType.ANSWERS_EVERYTHING, host, ground, host.answers_everything, text))
    return tuple(call for call in calls if call.alert.type not in ground.settings.silent)


def host_identifier(kind: AlertType, host: Host, since: datetime) -> str:
    return derived_id(since, kind, host.project, host.network, host.asset)


def of_named_cell(cell: NamedCell, stamp: Stamp, ground: Ground, *, at: datetime) -> Alert:
    """EXPECTED_CLOSED of a cell that was covered and never open, so that no exposure tells of it."""
    kind = AlertType.EXPECTED_CLOSED
    severity = rated(kind, ground.settings, protocol=cell.protocol, port=cell.port)
    return Alert(
        id=never_open_identifier(ground.network, cell),
        project=ground.network.project,
        network=ground.network.id,
        type=kind,
        severity=severity,
        rated=severity,
        asset=cell.asset,
        address=_address(cell.asset),
        protocol=cell.protocol,
        port=cell.port,
        group=group_of(kind, stamp.scan, protocol=cell.protocol, port=cell.port, rule=cell.rule),
        why=Why(text=reasons.never_open(cell, stamp), scan=stamp.scan, rule=cell.rule),
        raised=at,
        updated=at,
    )


def never_open_identifier(network: Network, cell: NamedCell) -> str:
    """No opening dates it: it goes by the network's creation, as the episode before the first."""
    parts = (network.project, network.id, cell.asset, cell.protocol.value, str(cell.port))
    return derived_id(network.created, AlertType.EXPECTED_CLOSED, *parts, "0")


def failure_of(scan: Scan) -> Why:
    return Why(text=reasons.scan_failed(scan), scan=scan.id)


def of_network(kind: AlertType, ground: Ground, why: Why, *, since: datetime, episode: int) -> Alert:
    """What concerns a whole network; `episode` counts how often it has come about."""
    severity = rated(kind, ground.settings)
    identifier = derived_id(since, kind, ground.network.project, ground.network.id, str(episode))
    return Alert(
        id=identifier,
        project=ground.network.project,
        network=ground.network.id,
        type=kind,
        severity=severity,
        rated=severity,
        episode=episode,
        group=group_of(kind, why.scan) if why.scan else identifier,
        why=why,
        raised=since,
        updated=since,
    )


def _of_host(kind: AlertType, host: Host, ground: Ground, since: datetime, text: str) -> Call:
    severity = rated(kind, ground.settings)
    identifier = host_identifier(kind, host, since)
    alert = Alert(
        id=identifier,
        project=host.project,
        network=host.network,
        type=kind,
        severity=severity,
        rated=severity,
        asset=host.asset,
        address=next(iter(host.addresses), ""),
        group=group_of(kind, host.scan) if host.scan else identifier,
        why=Why(text=text[: reasons.MAX_TEXT], scan=host.scan),
        raised=since,
        updated=since,
    )
    return Call(alert)


def _address(asset: str) -> str:
    """Empty for a hostname, which has no address before it has answered."""
    try:
        return str(ipaddress.ip_address(asset))
    except ValueError:
        return ""
