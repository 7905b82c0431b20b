"""Which alerts are called for by what is more or less than an exposure: a host, a network, a cell that was never open."""

import ipaddress
from datetime import datetime

from functions.core import reasons
from functions.core.acceptance import answers_everything, is_new
from functions.core.alert import Alert, AlertType, Why
from functions.core.coverage_map import Stamp
from functions.core.derive import Call, Ground, group_of
from functions.core.host import Host
from functions.core.ids import derived_id, time_of
from functions.core.network import Network
from functions.core.policy import NamedCell
from functions.core.scan import Scan
from functions.core.severity import rated

OF_HOSTS = (AlertType.NEW_HOST, AlertType.ANSWERS_EVERYTHING)


def is_of_interest(host: Host) -> bool:
    """Whether it may call for an alert, as long as it is there."""
    return is_new(host) or answers_everything(host) is not None


def of_host(host: Host, ground: Ground) -> tuple[Call, ...]:
    """Of one that is there: what is gone calls for nothing."""
    calls = []
    if is_new(host):
        calls.append(_of_host(AlertType.NEW_HOST, host, ground, reasons.new_host(host)))
    if since := answers_everything(host):
        calls.append(_of_host(AlertType.ANSWERS_EVERYTHING, host, ground, reasons.answers_everything(host, since)))
    return tuple(call for call in calls if call.alert.type not in ground.settings.silent)


def host_identifiers(host: Host) -> dict[AlertType, str]:
    """Of every alert that the host may have raised, as it stands."""
    times = {AlertType.NEW_HOST: _noticed(host), AlertType.ANSWERS_EVERYTHING: host.answers_everything}
    return {kind: _host_identifier(kind, host, since) for kind, since in times.items() if since is not None}


def _noticed(host: Host) -> datetime:
    return host.noticed or host.first_seen


def _host_identifier(kind: AlertType, host: Host, since: datetime) -> str:
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


def _of_host(kind: AlertType, host: Host, ground: Ground, text: str) -> Call:
    severity = rated(kind, ground.settings)
    identifier = host_identifiers(host)[kind]
    since = time_of(identifier)
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
